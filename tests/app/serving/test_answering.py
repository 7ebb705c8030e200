"""The life of one question: who has a turn before its own work begins."""

from __future__ import annotations

from typing import Any, cast

import anyio
import pytest

from forerun.access import LOOPBACK
from forerun.app.conversation import InItsLight
from forerun.app.forerun import Forerun
from forerun.app.sections import LimitsSection
from forerun.app.serving.admission import Admission
from forerun.app.serving.answering import Answering
from forerun.app.serving.asked import Asked, Owner
from forerun.app.serving.keeping import Keeper
from forerun.app.serving.running import Ask
from forerun.errors import NotFound

pytestmark = pytest.mark.anyio

COUNT = "How many customers are there?"


class Begun:
    """Writes down that it was asked, and has no answer."""

    def __init__(self, happened: list[str]) -> None:
        self.happened = happened

    async def ask(self, *_: object, **__: object) -> Any:
        self.happened.append("the question's own work")
        raise NotFound("There is none.")


async def test_who_has_just_come_is_received_before_a_question_begins() -> None:
    """Its own work, which may keep the event loop for milliseconds, begins a turn later; and what
    it fails with is what its asker is told."""
    happened: list[str] = []
    told: list[Ask] = []
    admission = Admission(LimitsSection())
    ask = Ask("1", Owner("acme", "ann"), "shop", Asked(COUNT), InItsLight(COUNT, ()), "ask")
    answering = Answering(admission, cast(Keeper, None), lambda ask, *_: told.append(ask))

    async def receive() -> None:
        happened.append("another is received")

    await admission.admit("shop", 60)
    async with anyio.create_task_group() as group:
        group.start_soon(answering.run, ask, cast(Forerun, Begun(happened)), LOOPBACK)
        group.start_soon(receive)
    assert happened == ["another is received", "the question's own work"]
    assert told == [ask]
    with pytest.raises(NotFound, match="There is none"):
        await ask.result()
