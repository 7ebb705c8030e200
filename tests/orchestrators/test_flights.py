"""Within one question the same is asked once, and nobody ever gets somebody else's error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.domain import Kind, Limits, ResultColumn, Role, Rows, Statement, Usage
from forerun.errors import ModelBusy
from forerun.events import branch
from forerun.lab.overhead.standing import StandInDatabase
from forerun.orchestrators.flights import Flights, SharedDatabase, SharedModel
from forerun.orchestrators.passing import PassingDatabase
from forerun.ports import Prompt
from forerun.testing import ScriptedModel
from forerun.testing.virtual_clock import run_virtually

pytestmark = pytest.mark.anyio

ASKED = Prompt("writer@1", Role.WRITER, "system", "user")
ROWS = Rows((ResultColumn("n", "BIGINT", Kind.INTEGER),), ((1,),))


@dataclass
class Line:
    """Something that is called, and may fail the first so many times."""

    failures: int = 0
    seconds: float = 1.0
    calls: int = 0

    async def call(self) -> str:
        self.calls += 1
        number = self.calls
        await anyio.sleep(self.seconds)
        if number <= self.failures:
            raise ModelBusy(f"call {number}")
        return f"value {number}"


def test_the_same_at_once_is_called_once() -> None:
    """Five ask while the first call is under way, one after it: one call, one value for all."""
    line = Line()
    given: list[tuple[str, bool]] = []

    async def ask(flights: Flights, after_s: float) -> None:
        await anyio.sleep(after_s)
        given.append(await flights.fly("key", line.call))

    async def all_of_them() -> None:
        flights = Flights()
        async with anyio.create_task_group() as group:
            for after_s in (0.0, 0.1, 0.2, 0.3, 0.4, 5.0):
                group.start_soon(ask, flights, after_s)

    run_virtually(all_of_them)
    assert line.calls == 1
    assert given == [("value 1", False)] + [("value 1", True)] * 5


def test_other_keys_are_other_calls() -> None:
    """What is not the same is not shared."""

    async def both() -> list[tuple[str, bool]]:
        flights, line = Flights(), Line()
        return [await flights.fly(key, line.call) for key in ("a", "b")]

    assert run_virtually(both) == [("value 1", False), ("value 2", False)]


def test_who_waited_for_a_failed_call_makes_it() -> None:
    """The leader alone gets its error; of two who waited one calls again, the other shares it."""
    line = Line(failures=1)
    given: list[object] = []

    async def ask(flights: Flights, after_s: float) -> None:
        await anyio.sleep(after_s)
        try:
            given.append(await flights.fly("key", line.call))
        except ModelBusy as error:
            given.append(error.message)

    async def all_of_them() -> None:
        flights = Flights()
        async with anyio.create_task_group() as group:
            for after_s in (0.0, 0.1, 0.2):
                group.start_soon(ask, flights, after_s)

    run_virtually(all_of_them)
    assert given == ["call 1", ("value 2", False), ("value 2", True)]


def test_who_waited_for_a_cancelled_call_makes_it() -> None:
    """The first asker leaves on the way; who waited gets a value of a call of its own."""

    async def left() -> tuple[tuple[str, bool], float, int]:
        flights, line = Flights(), Line()

        async def leave() -> None:
            with anyio.move_on_after(0.5):
                await flights.fly("key", line.call)

        async with anyio.create_task_group() as group:
            group.start_soon(leave)
            await anyio.sleep(0.1)
            given = await flights.fly("key", line.call)
        return given, anyio.current_time(), line.calls

    given_, seconds, calls = run_virtually(left)
    assert (given_, calls) == (("value 2", False), 2)
    assert seconds == pytest.approx(1.5)


def test_what_another_branch_found_done_is_counted() -> None:
    """Saved is what was done by the time it was asked for; nothing where nobody else asked."""

    async def saved() -> list[float | None]:
        flights, line = Flights(), Line(seconds=2.0)
        await anyio.sleep(1)

        async def ahead(key: str) -> None:
            with branch("ahead"):
                await flights.fly(key, line.call)

        async with anyio.create_task_group() as group:
            group.start_soon(ahead, "half done")
            group.start_soon(ahead, "nobody's")
            await anyio.sleep(0.75)
            before = flights.saved_s("ahead")
            await flights.fly("half done", line.call)
        half = flights.saved_s("ahead")
        await ahead("nobody's")  # its own branch does not count
        unasked = flights.saved_s("ahead")
        await anyio.sleep(10)
        await flights.fly("nobody's", line.call)
        return [before, half, unasked, flights.saved_s("ahead"), flights.saved_s("main")]

    assert run_virtually(saved) == [None, 0.75, 0.75, 2.75, None]


def test_what_another_guess_found_done_is_not_counted() -> None:
    """That two guess alike makes neither right; what the writer's query finds done is saved."""

    async def saved() -> list[float | None]:
        flights, line = Flights(), Line(seconds=2.0)
        with branch("draft-ahead"):
            await flights.fly("key", line.call)
        with branch("second-look"):
            await flights.fly("key", line.call)
        guessed = flights.saved_s("draft-ahead")
        with branch("sql-first/review"):
            await flights.fly("key", line.call)
        return [guessed, flights.saved_s("draft-ahead")]

    assert run_virtually(saved) == [None, 2.0]


def test_a_call_that_ended_at_second_0_saved_nothing() -> None:
    """Begun and ended at second 0 of the clock, asked for at second 5: it saved nothing."""

    async def saved() -> float | None:
        flights, line = Flights(), Line(seconds=0.0)
        with branch("ahead"):
            await flights.fly("key", line.call)
        await anyio.sleep(5)
        await flights.fly("key", line.call)
        return flights.saved_s("ahead")

    assert run_virtually(saved) == 0.0


async def test_a_shared_reply_costs_nothing_and_is_heard() -> None:
    """The second asker of a prompt hears the whole text and pays for no call."""
    model = ScriptedModel(["one two three"])
    shared = SharedModel(model, Flights())
    heard: list[str] = []

    async def hear(text: str) -> None:
        heard.append(text)

    first = await shared.complete(ASKED)
    second = await shared.complete(ASKED, hear)
    assert (first.text, second.text, heard) == ("one two three",) * 2 + (["one two three"],)
    assert first.usage.model_calls == 1
    assert second.usage == Usage()
    assert len(model.prompts) == 1


async def test_a_reply_that_says_nothing_is_not_kept() -> None:
    """Who asks next asks anew; a reply that says something is kept."""
    model = ScriptedModel(["", "words"])
    shared = SharedModel(model, Flights(), lambda prompt, said: bool(said.text))
    texts = [(await shared.complete(ASKED)).text for _ in range(3)]
    assert texts == ["", "words", "words"]


async def test_another_sample_is_another_call() -> None:
    """Several writers of one prompt are not one writer."""
    model = ScriptedModel(["one", "two"])
    shared = SharedModel(model, Flights())
    other = Prompt(ASKED.name, ASKED.role, ASKED.system, ASKED.user, sample=1)
    assert (await shared.complete(ASKED)).text == "one"
    assert (await shared.complete(other)).text == "two"


@dataclass(frozen=True)
class Counting(PassingDatabase):
    """Gives the same row to whatever is run."""

    ran: list[str] = field(default_factory=list)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        self.ran.append(statement.sql)
        return ROWS


async def run_shared(statements: Sequence[Statement], limits: Sequence[Limits]) -> list[str]:
    database = Counting(StandInDatabase())
    shared = SharedDatabase(database, Flights(), lambda statement: statement.sql.lower())
    for statement in statements:
        for limit in limits:
            assert await shared.run(statement, limit) == ROWS
    return database.ran


async def test_equal_statements_run_once() -> None:
    """However they are written; with room for other rows they are other calls."""
    same = [Statement("SELECT 1", "duckdb"), Statement("select 1", "duckdb")]
    assert await run_shared(same, [Limits(10, timeout_s=1.0), Limits(10)]) == ["SELECT 1"]
    assert len(await run_shared(same, [Limits(10), Limits(20)])) == 2


async def test_volatile_statements_are_never_shared() -> None:
    """What gives other rows each time is run each time."""
    volatile = Statement("SELECT random()", "duckdb", volatile=True)
    assert len(await run_shared([volatile] * 3, [Limits()])) == 3


@dataclass(frozen=True)
class Asker:
    """One call for a key: when it comes, how long it takes, how it ends, when its asker leaves."""

    key: str
    comes_s: int
    takes_s: int
    fails: bool
    leaves_s: int | None


askers = st.lists(
    st.builds(
        Asker,
        st.sampled_from("ab"),
        st.integers(0, 6),
        st.integers(0, 4),
        st.booleans(),
        st.none() | st.integers(0, 8),
    ),
    max_size=9,
)


class Own(Exception):
    """Of one asker."""


@dataclass
class Sky:
    """All calls of one run, checked while they happen."""

    ended: dict[int, object] = field(default_factory=dict)
    in_the_air: dict[str, int] = field(default_factory=dict)
    most: int = 0
    values: dict[str, list[int]] = field(default_factory=dict)

    async def ask(self, flights: Flights, number: int, asker: Asker) -> None:
        async def call() -> tuple[str, int]:
            air = self.in_the_air
            air[asker.key] = air.get(asker.key, 0) + 1
            self.most = max(self.most, air[asker.key])
            try:
                await anyio.sleep(asker.takes_s)
                if asker.fails:
                    raise Own(number)
                self.values.setdefault(asker.key, []).append(number)
                return asker.key, number
            finally:
                air[asker.key] -= 1

        await anyio.sleep(asker.comes_s)
        with anyio.CancelScope() as scope:
            if asker.leaves_s is not None:
                scope.deadline = anyio.current_time() + asker.leaves_s
            try:
                self.ended[number] = await flights.fly(asker.key, call)
            except Own as error:
                self.ended[number] = error
        if scope.cancelled_caught:
            self.ended[number] = None


@given(askers)
@settings(deadline=None, max_examples=150)
def test_a_value_or_ones_own_end(found: list[Asker]) -> None:
    """Every asker gets a value of its key, its own error, or left; one call a key in the air."""

    async def run() -> Sky:
        flights, sky = Flights(), Sky()
        async with anyio.create_task_group() as group:
            for number, asker in enumerate(found):
                group.start_soon(sky.ask, flights, number, asker)
        return sky

    sky = run_virtually(run)
    assert sky.ended.keys() == set(range(len(found)))
    assert sky.most <= 1
    for number, end in sky.ended.items():
        asker = found[number]
        match end:
            case None:
                assert asker.leaves_s is not None
            case Own(args=args):
                assert asker.fails
                assert args == (number,)
            case ((key, author), shared):
                assert key == asker.key
                assert shared == (author != number)
            case _:
                raise AssertionError(end)
    for authors in sky.values.values():
        assert len(authors) == 1  # what succeeded is never called again
