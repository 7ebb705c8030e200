"""What other processes are told while Redis does not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio
import pytest

from forerun.app.serving.event_log import EventLog
from forerun.app.serving.relaying import Relaying
from forerun.errors import Unavailable
from forerun.ports import Told
from tests.api.service import until

pytestmark = pytest.mark.anyio


@dataclass
class Silent:
    """A relay that nobody answers."""

    asked: int = 0

    async def tell(self, news: Sequence[Told]) -> Sequence[str]:
        self.asked += 1
        raise Unavailable("Redis does not answer.")

    async def is_followed(self, stream: str) -> bool:
        raise Unavailable("Redis does not answer.")

    async def hear_cancels(self, on_cancel: Callable[[str], None]) -> None:
        await anyio.sleep_forever()

    async def aclose(self) -> None:
        pass


async def test_events_of_ended_questions_are_held_back_for_so_many_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The oldest go; of those under way nothing is lost."""
    monkeypatch.setattr("forerun.app.serving.relaying.MOST_UNTOLD", 2)
    monkeypatch.setattr("forerun.app.serving.relaying.PAUSE_S", 0.01)
    silent = Silent()
    relaying = Relaying(silent, 1)  # type: ignore[arg-type]
    async with anyio.create_task_group() as group:
        relaying.start(group)
        for name in ("under way", "a", "b", "c", "d"):
            told = EventLog()
            relaying.pass_on(name, told, lambda: None)
            told.append("accepted", {})
            if name != "under way":
                told.end()
        await until(lambda: len(relaying._passed) == 3)
        assert list(relaying._passed) == ["under way", "c", "d"]
        assert silent.asked
        group.cancel_scope.cancel()


async def test_a_question_is_not_given_up_while_nobody_can_be_asked_who_follows_it() -> None:
    """Its own deadline ends it."""
    assert await Relaying(Silent(), 1).is_followed("question")  # type: ignore[arg-type]
