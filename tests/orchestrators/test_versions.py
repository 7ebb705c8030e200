"""Versions that are read once for all who ask at about the same time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.errors import DatabaseUnreachable
from forerun.lab.overhead.standing import StandInDatabase
from forerun.orchestrators.passing import PassingDatabase
from forerun.orchestrators.versions import ReusedVersions
from forerun.ports import Version
from forerun.testing.virtual_clock import run_virtually

TTL_S = 1.0
Given: TypeAlias = list[tuple[float, str | None]]
"""When each was answered, and with what."""


@dataclass
class Log:
    began: list[float] = field(default_factory=list)
    failures: int = 0
    """So many of the first readings fail."""
    seconds: float = 0.5


@dataclass(frozen=True)
class Dated(PassingDatabase):
    """Its version is the second at which it was read, and takes a while."""

    log: Log

    async def version(self) -> Version:
        began = anyio.current_time()
        self.log.began.append(began)
        number = len(self.log.began)
        await anyio.sleep(self.log.seconds)
        if number <= self.log.failures:
            raise DatabaseUnreachable(f"reading {number}")
        return Version(f"{began:g}")


async def answers(log: Log, at: Sequence[float], ttl_s: float = TTL_S) -> Given:
    """What those get who ask at those seconds."""
    database = ReusedVersions(Dated(StandInDatabase(), log), ttl_s)
    given: Given = []

    async def ask(second: float) -> None:
        await anyio.sleep(second)
        try:
            data = (await database.version()).data
        except DatabaseUnreachable as error:
            data = error.message
        given.append((anyio.current_time(), data))

    async with anyio.create_task_group() as group:
        for second in at:
            group.start_soon(ask, second)
    return given


def virtually(work: Callable[[], Awaitable[Given]]) -> Given:
    return run_virtually(work)


def test_a_version_is_reused_until_it_is_too_old() -> None:
    """It is as old as the beginning of its reading, and who comes later reads anew."""
    log = Log()
    given = virtually(lambda: answers(log, [0, 0.7, 1.0, 1.1]))
    assert given == [(0.5, "0"), (0.7, "0"), (1.0, "0"), (1.6, "1.1")]
    assert log.began == [0, 1.1]


def test_who_asks_at_once_shares_one_reading() -> None:
    """A hundred callers make one reading, and all are answered when it ends."""
    log = Log()
    assert virtually(lambda: answers(log, [0.25] * 100)) == [(0.75, "0.25")] * 100
    assert log.began == [0.25]


def test_a_reading_that_began_too_early_is_not_waited_for() -> None:
    """One that hangs since before holds nothing of what was committed in between."""
    log = Log(seconds=5)
    given = virtually(lambda: answers(log, [0, 2]))
    assert given == [(5, "0"), (7, "2")]


def test_without_a_time_nothing_is_reused() -> None:
    """Every call is passed on, also those at once."""
    log = Log()
    assert virtually(lambda: answers(log, [0, 0, 0.2], ttl_s=0)) == [
        (0.5, "0"),
        (0.5, "0"),
        (0.7, "0.2"),
    ]


def test_an_error_goes_to_those_who_waited_and_to_nobody_else() -> None:
    """Nobody waits for one failure after another, and the next one to ask reads again."""
    log = Log(failures=1)
    given = virtually(lambda: answers(log, [0, 0.2, 0.6]))
    assert given == [(0.5, "reading 1"), (0.5, "reading 1"), (1.1, "0.6")]


def test_who_leaves_takes_nobody_with_him() -> None:
    """The first asker goes away; of those who wait one reads again, for all of them."""
    log = Log()

    async def left() -> Given:
        database = ReusedVersions(Dated(StandInDatabase(), log), TTL_S)
        given: Given = []

        async def leave() -> None:
            with anyio.move_on_after(0.25):
                await database.version()

        async def stay() -> None:
            await anyio.sleep(0.125)
            version = await database.version()
            given.append((anyio.current_time(), version.data))

        async with anyio.create_task_group() as group:
            group.start_soon(leave)
            for _ in range(3):
                group.start_soon(stay)
        return given

    assert virtually(left) == [(0.75, "0.25")] * 3
    assert log.began == [0, 0.25]


callers = st.lists(
    st.tuples(st.integers(0, 12), st.none() | st.integers(0, 4)), min_size=1, max_size=12
)


@given(callers, st.integers(0, 4), st.integers(0, 6), st.integers(0, 3))
@settings(deadline=None, max_examples=200)
def test_nobody_gets_what_began_too_early(
    found: list[tuple[int, int | None]], ttl: int, seconds: int, failures: int
) -> None:
    """Whoever comes, leaves and fails: what one gets began at most `ttl_s` before one asked."""
    log = Log(failures=failures, seconds=float(seconds))
    ended: list[bool] = []

    async def run() -> None:
        database = ReusedVersions(Dated(StandInDatabase(), log), float(ttl))

        async def ask(comes: int, leaves: int | None) -> None:
            await anyio.sleep(comes)
            with anyio.CancelScope() as scope:
                if leaves is not None:
                    scope.deadline = anyio.current_time() + leaves
                try:
                    version = await database.version()
                except DatabaseUnreachable:
                    ended.append(True)
                else:
                    ended.append(float(version.data or "nan") >= comes - ttl)
            if scope.cancelled_caught:
                ended.append(leaves is not None)

        async with anyio.create_task_group() as group:
            for comes, leaves in found:
                group.start_soon(ask, comes, leaves)

    run_virtually(run)
    assert ended == [True] * len(found)


@pytest.mark.anyio
async def test_everything_else_is_passed_on() -> None:
    """Only the version is its business."""
    database = ReusedVersions(StandInDatabase(), TTL_S)
    assert (database.name, database.dialect) == ("stand-in", "duckdb")
    assert (await database.read_structure()).database == "idle"
