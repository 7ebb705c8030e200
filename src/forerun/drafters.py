"""Who drafts cheaply: a small model with the writer's prompt, or the built-in parser alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from forerun import drafting, parsing
from forerun.domain import Context, Draft, Slice
from forerun.ports import Model

Drafter: TypeAlias = Callable[[Slice, Context], Awaitable[Draft | None]]
"""Drafts cheaply, or not at all, for others to work ahead on. Nobody is ever shown its draft."""


def drafting_with(model: Model) -> Drafter:
    """A drafter that is a small model with the writer's prompt."""

    async def drafter(slice_: Slice, context: Context) -> Draft | None:
        drafted = await drafting.write(model, slice_, context)
        return drafted if isinstance(drafted, Draft) else None

    return drafter


def drafting_alone(threshold: float) -> Drafter:
    """A drafter that is the built-in parser, where it is at least so sure."""

    async def drafter(slice_: Slice, context: Context) -> Draft | None:
        parsed = await parsing.aside(parsing.parse_in, context, slice_.catalog)
        best = parsed.drafts[:1]
        return best[0] if best and best[0].confidence >= threshold else None

    return drafter
