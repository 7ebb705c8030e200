"""What an answer waited for, and what it would have waited for one step after another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import Rung, Stage, StageSpan, Trace
from forerun.domain.branches import is_within, leaf, parent, rung_of
from forerun.domain.critical import critical_path, sequential_ms


def span(
    stage: Stage,
    start: float,
    end: float,
    branch: str = "main",
    outcome: str = "ok",
    wasted: bool = False,
) -> StageSpan:
    return StageSpan(stage, branch, start, end, outcome, wasted=wasted)


def trace(*spans: StageSpan) -> Trace:
    return Trace(spans, max((each.end_ms for each in spans), default=0.0))


def path(*spans: StageSpan) -> list[tuple[str, str]]:
    return [(each.branch, each.stage.value) for each in critical_path(trace(*spans))]


SEQUENTIAL = (
    span(Stage.LINK, 0, 10),
    span(Stage.ANALYSE, 10, 10, outcome="skipped"),
    span(Stage.DRAFT, 10, 500),
    span(Stage.RUN, 500.4, 600),
)


@pytest.mark.parametrize(
    ("branch", "above", "own", "rung"),
    [
        ("main", None, "main", None),
        ("review#2", "main", "review#2", Rung.REVIEW),
        ("write-ahead/sql-first", "write-ahead", "sql-first", Rung.SQL_FIRST),
    ],
)
def test_names_of_branches(branch: str, above: str | None, own: str, rung: Rung | None) -> None:
    """A branch's name says what it grew from and what it was launched for."""
    assert (parent(branch), leaf(branch), rung_of(branch)) == (above, own, rung)


def test_waiting_for_a_call_under_way_is_no_work() -> None:
    """The one ran for 400 ms and another waited for its rows for 150 of them: 400, not 550."""
    ahead, found = span(Stage.RUN, 100, 500, "write-ahead"), span(Stage.RUN, 350, 500)
    assert sequential_ms(trace(span(Stage.DRAFT, 0, 100), ahead, found)) == 500


def test_what_grew_from_a_branch_is_within_it() -> None:
    """The branch itself and its own are within it; one that merely begins alike is not."""
    assert is_within("review", "review")
    assert is_within("write-ahead/review", "write-ahead")
    assert is_within("write-ahead", "main")
    assert not is_within("review#2", "review")
    assert not is_within("main", "review")


def test_everything_sequential_is_critical() -> None:
    """One step after another, each is waited for, and sequential takes the sum of them."""
    assert path(*SEQUENTIAL) == [("main", "link"), ("main", "draft"), ("main", "run")]
    assert sequential_ms(trace(*SEQUENTIAL)) == 599.6


def test_nothing_done_has_no_path() -> None:
    """Without spans, or with skipped ones only, there is nothing to wait for."""
    assert path() == path(span(Stage.LINK, 0, 0, outcome="skipped")) == []
    assert sequential_ms(Trace()) == 0


def test_of_two_that_overlap_the_longer_is_critical() -> None:
    """Writing ahead outlasts the analyst: the writer is waited for; sequential pays for both."""
    spans = (
        span(Stage.LINK, 0, 100),
        span(Stage.ANALYSE, 100, 1_100),
        span(Stage.DRAFT, 100, 1_600, "write-ahead"),
        span(Stage.CHECK, 1_600, 1_650, "write-ahead"),
    )
    assert path(*spans) == [
        ("main", "link"),
        ("write-ahead", "draft"),
        ("write-ahead", "check"),
    ]
    assert sequential_ms(trace(*spans)) == 2_650


def test_what_was_wasted_counts_nowhere() -> None:
    """A wasted branch is on no path, though it ended last, and in no sum."""
    spans = (
        span(Stage.ANALYSE, 0, 500),
        span(Stage.DRAFT, 0, 5_000, "write-ahead", wasted=True),
        span(Stage.DRAFT, 500, 1_000),
    )
    assert path(*spans) == [("main", "analyse"), ("main", "draft")]
    assert sequential_ms(trace(*spans)) == 1_000


def test_what_begins_at_the_fence_waited_for_the_writer() -> None:
    """By rung sql-first the check begins while the writer is still at its prose."""
    spans = (
        span(Stage.LINK, 0, 100),
        span(Stage.DRAFT, 100, 1_500),
        span(Stage.CHECK, 1_000, 1_010, "sql-first"),
        span(Stage.REVIEW, 1_010, 2_000, "sql-first"),
        span(Stage.RUN, 1_010, 1_900, "sql-first/review"),
    )
    assert path(*spans) == [
        ("main", "link"),
        ("main", "draft"),
        ("sql-first", "check"),
        ("sql-first", "review"),
    ]
    assert sequential_ms(trace(*spans)) == 100 + 1_400 + 10 + 990 + 890


def test_a_guess_that_held_is_paid_for_once() -> None:
    """Sequential would not draft cheaply; it would run and narrate once, at full length."""
    spans = (
        span(Stage.DRAFT, 0, 50, "draft-ahead"),
        span(Stage.DRAFT, 0, 1_000),
        span(Stage.CHECK, 50, 60, "draft-ahead"),
        span(Stage.RUN, 60, 360, "draft-ahead"),
        span(Stage.NARRATE, 360, 1_260, "draft-ahead"),
        span(Stage.CHECK, 1_000, 1_020),
        span(Stage.RUN, 1_020, 1_021),
        span(Stage.NARRATE, 1_021, 1_260),
    )
    assert sequential_ms(trace(*spans)) == 1_000 + 20 + 300 + 900


def test_what_was_reviewed_ahead_is_paid_for_at_full_length() -> None:
    """The writer's query found its review half done; one that was stopped counts for nothing."""
    spans = (
        span(Stage.REVIEW, 0, 500, "draft-ahead", "cancelled"),
        span(Stage.DRAFT, 500, 800),
        span(Stage.REVIEW, 500, 900, "second-look"),
        span(Stage.REVIEW, 800, 900),
    )
    assert sequential_ms(trace(*spans)) == 300 + 400


def test_what_one_guess_found_done_by_another_is_paid_for_once() -> None:
    """Two guesses waited for the same summary, and so did the writer's query."""
    spans = (
        span(Stage.NARRATE, 0, 900, "draft-ahead"),
        span(Stage.NARRATE, 500, 900, "second-look"),
        span(Stage.NARRATE, 800, 900),
    )
    assert sequential_ms(trace(*spans)) == 900


def test_a_guess_that_was_answered_with_counts_as_it_is() -> None:
    """Where nobody else wrote, the guess's own stages are all there is to count."""
    spans = (span(Stage.DRAFT, 0, 50, "draft-ahead"), span(Stage.RUN, 50, 80, "draft-ahead"))
    assert sequential_ms(trace(*spans)) == 80


def test_what_another_path_did_again_counts_once() -> None:
    """After a fallback the failed attempt is not part of what sequential would have taken."""
    spans = (
        span(Stage.DRAFT, 0, 700, outcome="failed"),
        span(Stage.DRAFT, 700, 1_700),
        span(Stage.RUN, 1_700, 1_800),
    )
    assert sequential_ms(trace(*spans)) == 1_100
    assert path(*spans)[0] == ("main", "draft")


_SPANS = st.builds(
    span,
    st.sampled_from(Stage),
    st.floats(0, 5_000),
    st.just(0.0),
    st.sampled_from(["main", "review", "draft-ahead", "write-ahead", "write-ahead/sql-first"]),
    st.sampled_from(["ok", "refused", "failed", "cancelled", "skipped"]),
    st.booleans(),
)


@given(st.lists(st.tuples(_SPANS, st.floats(0, 3_000)), max_size=12))
def test_the_path_goes_forward_and_ends_with_the_last(
    drawn: list[tuple[StageSpan, float]],
) -> None:
    """Whatever the times: in order, nothing wasted or skipped, and the last end is its end."""
    spans = [
        StageSpan(
            each.stage,
            each.branch,
            each.start_ms,
            each.start_ms + length,
            each.outcome,
            wasted=each.wasted,
        )
        for each, length in drawn
    ]
    counted = [each for each in spans if not each.wasted and each.outcome != "skipped"]
    found = critical_path(trace(*spans))
    assert bool(found) == bool(counted)
    assert all(each in counted for each in found)
    assert [each.start_ms for each in found] == sorted(each.start_ms for each in found)
    if found:
        assert found[-1].end_ms == max(each.end_ms for each in counted)
    whole = sum(each.end_ms - each.start_ms for each in counted)
    assert 0 <= sequential_ms(trace(*spans)) <= whole + 0.001
