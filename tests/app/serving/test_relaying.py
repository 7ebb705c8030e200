"""What other processes are told while Redis does not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio
import pytest

from forerun.adapters.relays import open_relay
from forerun.app.serving.event_log import EventLog
from forerun.app.serving.relaying import Relaying
from forerun.errors import Unavailable
from forerun.ports import Heard, Told
from tests.api.service import until
from tests.services import redis_server

pytestmark = pytest.mark.anyio


@dataclass
class Silent:
    """A relay that nobody answers."""

    asked: int = 0

    async def tell(self, news: Sequence[Told]) -> Sequence[Heard]:
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
            relaying.pass_on(name, "run", told, lambda: None)
            told.append("accepted", {})
            if name != "under way":
                told.end()
        await until(lambda: len(relaying._passed) == 3)
        assert set(relaying._passed) == {"under way", "c", "d"}
        assert silent.asked
        group.cancel_scope.cancel()


async def test_a_question_is_not_given_up_while_nobody_can_be_asked_who_follows_it() -> None:
    """Its own deadline ends it."""
    assert await Relaying(Silent(), 1).is_followed("question")  # type: ignore[arg-type]


async def test_events_that_cannot_be_passed_on_hold_up_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One event is longer than Redis takes: other questions are passed on to their ends, before
    it and after, and the one with the long event still counts as alive."""
    monkeypatch.setattr("forerun.app.serving.relaying.PAUSE_S", 0.02)
    with redis_server("--proto-max-bulk-len", "1mb") as redis:
        relay = open_relay(redis.url, 60)
        relaying = Relaying(relay, 1)
        async with anyio.create_task_group() as group:
            relaying.start(group)
            logs = {name: EventLog() for name in ("early", "long", "late")}
            for name, told in logs.items():
                relaying.pass_on(name, "run", told, lambda: None)
            logs["long"].append("text", {"text": "x" * 2_000_000})
            logs["early"].append("answer", {})
            logs["early"].end()
            await until(lambda: "early" not in relaying._passed)
            for number in range(300):  # in pieces, where they are many
                logs["late"].append("text", {"text": "y" * 10_000, "number": number})
            logs["late"].end()
            await until(lambda: "late" not in relaying._passed)
            assert [each async for some in relay.follow("late", 0) for each in some] == logs[
                "late"
            ].frames
            assert await relay.is_known("long")
            assert relaying._passed["long"].events == 0
            group.cancel_scope.cancel()
        await relaying.aclose()


async def test_last_words_are_said_to_their_end() -> None:
    """However long they are: an answer of several pieces is told whole when the process stops."""
    with redis_server() as redis:
        relaying = Relaying(open_relay(redis.url, 60), 1)
        told = EventLog()
        relaying.pass_on("question", "run", told, lambda: None)
        for number in range(40):
            told.append("text", {"text": "y" * 100_000, "number": number})
        told.append("answer", {"text": "x" * 2_000_000})
        told.end()
        await relaying.aclose()
        other = open_relay(redis.url, 60)
        with anyio.fail_after(5):
            heard = [each async for some in other.follow("question", 0) for each in some]
        await other.aclose()
    assert heard == told.frames


@pytest.mark.parametrize("ended", [True, False])
async def test_last_words_that_nobody_takes_hold_up_nobody(
    monkeypatch: pytest.MonkeyPatch, ended: bool
) -> None:
    """They are tried a few times, not for ever."""
    monkeypatch.setattr("forerun.app.serving.relaying.LAST_WORDS_S", 0.3)
    monkeypatch.setattr("forerun.app.serving.relaying.PAUSE_S", 0.05)
    silent, told = Silent(), EventLog()
    relaying = Relaying(silent, 1)  # type: ignore[arg-type]
    relaying.pass_on("question", "run", told, lambda: None)
    told.append("accepted", {})
    if ended:
        told.end()
    with anyio.fail_after(2):
        await relaying.aclose()
    assert 1 < silent.asked < 20
