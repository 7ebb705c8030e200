"""Several writers: two that agree settle it, else the first that found something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.domain import (
    Draft,
    Fate,
    Kind,
    Origin,
    Reason,
    ReasonCode,
    ResultColumn,
    Rows,
    Rung,
    Stage,
    Statement,
)
from forerun.errors import ModelBusy
from forerun.orchestrators.ahead import launching
from forerun.orchestrators.attempt import Attempt
from forerun.orchestrators.candidates import Candidate, first_agreement
from forerun.running import same_rows
from forerun.testing.virtual_clock import run_virtually
from tests.orchestrators.test_ahead import NO_BET, Ledger

COLUMNS = (ResultColumn("n", "BIGINT", Kind.INTEGER),)


@dataclass(frozen=True)
class Writer:
    """When its rows come and which (None: refused), when it has ended, whether it fails."""

    rows_s: float
    rows: tuple[int, ...] | None
    then_s: float = 1.0
    fails: bool = False
    ordered: bool = False


@dataclass
class Outcome:
    """Who won, when, and what became of each."""

    winner: int | None
    seconds: float
    fates: list[tuple[Rung, Fate]]
    cancelled: set[int] = field(default_factory=set)
    error: str | None = None


async def write(number: int, writer: Writer, attempt: Attempt, cancelled: set[int]) -> Attempt:
    try:
        await anyio.sleep(writer.rows_s)
        sql = f"SELECT {number}"
        attempt.draft = Draft(sql, Origin.MODEL, 0.9)
        attempt.statement = Statement(sql, "duckdb", ordered=writer.ordered)
        attempt.reviewed = True
        if writer.fails:
            raise ModelBusy(f"writer {number}")
        if writer.rows is None:
            attempt.refuse((Reason(ReasonCode.NOT_A_QUERY, "No."),), Stage.CHECK)
        else:
            attempt.found_rows(Rows(COLUMNS, tuple((value,) for value in writer.rows)))
        await anyio.sleep(writer.then_s)
        return attempt
    except anyio.get_cancelled_exc_class():
        cancelled.add(number)
        raise


async def compete(writers: Sequence[Writer]) -> Outcome:
    ledger, cancelled = Ledger(), set[int]()
    attempts = [Attempt() for _ in writers]
    winner = error = None
    async with launching(ledger) as launcher:
        candidates = []
        for number, writer in enumerate(writers):
            attempt = attempts[number]

            async def work(
                number: int = number, writer: Writer = writer, attempt: Attempt = attempt
            ) -> Attempt:
                return await write(number, writer, attempt, cancelled)

            ahead = launcher.ahead(Rung.CANDIDATES, NO_BET, work)
            assert ahead is not None
            candidates.append(Candidate(attempt, ahead))
        try:
            chosen = await first_agreement(candidates)
            winner = next(n for n, attempt in enumerate(attempts) if attempt is chosen)
        except ModelBusy as busy:
            error = busy.message
        seconds = anyio.current_time()
    assert ledger.running == 0
    return Outcome(winner, seconds, ledger.fates, cancelled, error)


def test_the_first_two_that_agree_win() -> None:
    """The slow third is cancelled, and nobody waits for it."""
    outcome = run_virtually(compete, [Writer(1, (7,)), Writer(60, (8,)), Writer(3, (7,), then_s=5)])
    assert (outcome.winner, outcome.seconds, outcome.cancelled) == (0, 3.0, {1, 2})
    assert sorted(outcome.fates) == [
        (Rung.CANDIDATES, Fate.USED),
        (Rung.CANDIDATES, Fate.WASTED),
        (Rung.CANDIDATES, Fate.WASTED),
    ]


def test_rows_of_one_that_is_still_at_work_are_enough_to_agree() -> None:
    """The winner is complete; that the other one's narrator still speaks is no matter."""
    outcome = run_virtually(compete, [Writer(2, (7,), then_s=100), Writer(4, (7,))])
    assert (outcome.winner, outcome.seconds, outcome.cancelled) == (1, 5.0, {0})


def test_a_first_that_stands_alone_is_outvoted() -> None:
    """It was first and complete, but two others came to the same rows."""
    outcome = run_virtually(compete, [Writer(1, (1,)), Writer(2, (7,)), Writer(3, (7,))])
    assert (outcome.winner, outcome.seconds) == (1, 3.0)


def test_where_no_two_agree_the_first_that_found_something_wins() -> None:
    """Not the quickest: the order decides, once all have ended."""
    outcome = run_virtually(compete, [Writer(1, None), Writer(9, (2,)), Writer(3, (3,))])
    assert (outcome.winner, outcome.seconds) == (1, 10.0)


def test_where_nobody_found_anything_the_first_is_given() -> None:
    """Its reasons are what a repair is told."""
    outcome = run_virtually(compete, [Writer(2, None), Writer(1, None)])
    assert (outcome.winner, outcome.seconds) == (0, 3.0)


def test_what_the_first_fails_with_comes_out_only_then() -> None:
    """A failed first is no matter while another found something."""
    failing = Writer(1, (1,), fails=True)
    alone = run_virtually(compete, [failing, Writer(1, None)])
    assert (alone.winner, alone.error) == (None, "writer 0")
    helped = run_virtually(compete, [failing, Writer(5, (2,))])
    assert (helped.winner, helped.error) == (1, None)


def test_refused_rows_agree_with_nobody() -> None:
    """Two refusals are no agreement, and none with rows either."""
    outcome = run_virtually(compete, [Writer(1, None), Writer(1, None), Writer(4, (7,))])
    assert (outcome.winner, outcome.seconds) == (2, 5.0)


@pytest.mark.parametrize(("ordered", "winner"), [(True, 1), (False, 0)])
def test_the_order_of_rows_counts_where_the_query_gives_one(ordered: bool, winner: int) -> None:
    """Without ORDER BY the same rows in another order are the same rows."""
    outcome = run_virtually(
        compete,
        [
            Writer(1, (1, 2), ordered=ordered),
            Writer(2, (2, 1), ordered=ordered),
            Writer(9, (2, 1), then_s=0.5, ordered=ordered),
        ],
    )
    assert outcome.winner == winner


writers = st.lists(
    st.builds(
        Writer,
        st.integers(0, 5),
        st.none() | st.sampled_from([(1,), (2,)]),
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(writers)
@settings(deadline=None, max_examples=150)
def test_the_winner_is_agreed_on_or_the_first(found: list[Writer]) -> None:
    """Whoever wins found rows if anybody did; and agreement, where there is some, decides."""
    outcome = run_virtually(compete, found)
    good = [n for n, each in enumerate(found) if each.rows is not None and not each.fails]
    if not good:
        assert outcome.winner in (0, None)
        assert (outcome.winner is None) == found[0].fails
        return
    assert outcome.winner in good
    rows = Rows(COLUMNS, tuple((n,) for n in found[outcome.winner].rows or ()))
    agreeing = [
        n
        for n in good
        if n != outcome.winner
        and same_rows(rows, Rows(COLUMNS, tuple((v,) for v in found[n].rows or ())), ordered=False)
    ]
    pairs = len({found[n].rows for n in good}) < len(good)
    assert bool(agreeing) is pairs
    if not pairs:
        assert outcome.winner == good[0]
    assert sum(fate is Fate.USED for _, fate in outcome.fates) == 1
