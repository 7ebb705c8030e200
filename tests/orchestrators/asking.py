"""Asks the hybrid of a small world whose models are right, on the virtual clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import anyio

from forerun.app import Settings
from forerun.domain import (
    Answer,
    Context,
    Draft,
    Mode,
    Origin,
    Question,
    Slice,
    Strategy,
)
from forerun.drafters import Drafter
from forerun.ports import Database
from forerun.stages import Models
from forerun.testing import Playbook, ScriptedModel
from forerun.testing.virtual_clock import run_virtually
from tests.orchestrators.world import EAGER, EARLIER, NOW, QUERIES, World, world_of

T = TypeVar("T")
ASKED = "How many customers are there per city?"
UNCLEAR = "How many are there?"
RIGHT, OTHER = QUERIES[0], QUERIES[2]
NO_DRAFT, OTHER_DRAFT = None, Draft(OTHER, Origin.MEMORY, 0.9)
PLAIN = Settings(state="memory")


def scripted(delay_s: float = 1.0) -> ScriptedModel:
    playbook = Playbook(queries={ASKED: RIGHT}, unclear={UNCLEAR: ("of orders", "of customers")})
    return ScriptedModel(playbook, delay_s=delay_s, token_delay_s=0.01)


def drafting(draft: Draft | None) -> Drafter:
    async def drafter(slice_: Slice, context: Context) -> Draft | None:
        return draft

    return drafter


async def world(
    shop: str | Database,
    settings: Settings = EAGER,
    *,
    models: Models | None = None,
    draft: Draft | None = NO_DRAFT,
) -> World:
    """One whose models are right, unless told otherwise."""
    if models is None:
        model = scripted()
        models = Models(model, model, model, model)
    roles = (models.analyst, models.writer, models.reviewer, models.narrator)
    made = await world_of(7, shop, settings=settings, roles=roles)
    resources = replace(made.resources, drafter=drafting(draft))
    hybrid = made.wired.hybrid
    hybrid = replace(
        hybrid, resources=resources, ahead=replace(hybrid.ahead, drafter=drafting(draft))
    )
    return World(resources, replace(made.wired, hybrid=hybrid), made.model)


def question(text: str = ASKED, *, within_s: float | None = None) -> Question:
    deadline = None if within_s is None else anyio.current_time() + within_s
    return Question(text, NOW, EARLIER, deadline=deadline)


def in_world(made: Callable[[], Awaitable[World]], story: Callable[[World], Awaitable[T]]) -> T:
    """The story on the virtual clock; the world is closed after it."""

    async def play() -> T:
        there = await made()
        try:
            return await story(there)
        finally:
            await there.aclose()

    return run_virtually(play)


def asked(
    shop: str | Database,
    settings: Settings = EAGER,
    mode: Mode = Mode.HYBRID,
    text: str = ASKED,
    *,
    within_s: float | None = None,
    models: Models | None = None,
    draft: Draft | None = NO_DRAFT,
) -> Answer:
    return in_world(
        lambda: world(shop, settings, models=models, draft=draft),
        lambda made: made.ask(question(text, within_s=within_s), mode),
    )


def decided(answer: Answer) -> tuple[Strategy, str, str]:
    assert answer.decision is not None
    return answer.decision.strategy, answer.decision.flag_source, answer.decision.reason


def calls(answer: Answer) -> int:
    return answer.usage.model_calls
