"""Language models, as narrow as we can make them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from forerun.domain import Role, Usage


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt. `system` and the head of `user` are stable, so providers cache them."""

    name: str
    """Name and content hash of the prompt file, `writer@1f3a…`."""
    role: Role
    system: str
    user: str
    shape: Mapping[str, Any] | None = None
    """JSON schema of the reply, for models that can be held to one; others are asked in words."""
    max_output_tokens: int = 2_000
    sample: int = 0
    """Which of several draws this is. Above 0 the model answers with warmth: draws differ."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's whole reply. `text` is the raw text (JSON text when a shape was held to)."""

    text: str
    usage: Usage
    model: str
    cut_short: bool = False
    """True when the model stopped at its token limit."""


@dataclass(frozen=True, slots=True)
class ModelAbilities:
    """What a model, by its provider, can do."""

    streams: bool = True
    """Text is handed out as it is written, not all at the end."""
    structured: bool = False
    """Replies can be held to a JSON schema."""
    cancels: bool = True
    """A call that is broken off ends at the provider too, as far as can be told from here."""
    varies: bool = True
    """Asked for another sample, it answers with warmth."""


OnText: TypeAlias = Callable[[str], Awaitable[None]]
"""Called with each piece of text as it arrives."""


class Model(Protocol):
    """One language model. Errors: the `Model…` errors, after retries of its own."""

    @property
    def name(self) -> str:
        """`provider:model`, to show and to log."""

    @property
    def abilities(self) -> ModelAbilities:
        """What may be asked of it."""

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        """Ask once. With `on_text` the reply is streamed. Cancellation closes the request."""

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        """What a call that was broken off after `said` has probably cost."""

    async def aclose(self) -> None:
        """Close every connection. Safe to call twice."""
