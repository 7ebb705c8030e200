"""Figures over a window: exactly what the outcomes say."""

from __future__ import annotations

import json
import math
import random
from statistics import median

import pytest

from forerun.app.telemetry import compared as intervals
from forerun.domain import Strategy
from forerun.telemetry.deriving import Deriving
from forerun.telemetry.finished import Finished
from forerun.telemetry.outcomes import Outcome
from forerun.telemetry.performance import Ratio, compared, report
from forerun.telemetry.sampling import Sampler
from forerun.telemetry.shapes import performance_to_json
from tests.telemetry.samples import PARALLEL, SEQUENTIAL, cached, failed, fell_back, finished, took


def outcomes(*questions: Finished) -> list[Outcome]:
    derived = Deriving(Sampler(1.0), content=False, metrics=None, log=None).of(questions)
    return [each.written.outcome for each in derived]


def no_intervals(sequential: object, parallel: object) -> tuple[Ratio, ...]:
    return ()


def test_one_question_in_figures() -> None:
    """Where its time went adds up: what is neither the models' nor the database's is ours."""
    [o] = outcomes(finished(queued_ms=4.0))
    assert o.model_ms == (398 - 12) + (598 - 398) + (899 - 601)
    assert o.database_ms == 90 + 90
    assert o.own_ms == 1000 - (598 - 12) - (899 - 601)
    assert o.first_rows_ms == 700
    assert o.overlap == pytest.approx((10 + 390 + 588 + 100 + 300 + 98 + 300) / 1000)
    assert 0 < o.critical_share <= 1
    assert (o.used, o.wasted, o.drawn, o.queued_ms) == (1, 1, 1, 4.0)


def test_what_a_cache_answered_has_rows_at_once_and_no_arm() -> None:
    [o] = outcomes(cached())
    assert (o.assigned, o.served, o.cache, o.first_rows_ms) == ("none", "none", "hit", 0.4)


def test_arms_as_assigned_and_as_served() -> None:
    """A fallback counts in the arm that was assigned, and is served by the other."""
    seen = outcomes(finished(), fell_back(), took(2.0, decision=SEQUENTIAL), failed(), cached())
    [ask] = report(seen, 0.0, 60.0, None, 100).operations
    assert {arm.arm: arm.figures.count for arm in ask.assigned} == {
        "none": 1, "parallel": 3, "sequential": 1,
    }  # fmt: skip
    assert {arm.arm: arm.figures.count for arm in ask.served} == {
        "none": 1, "parallel": 2, "sequential": 2,
    }  # fmt: skip
    parallel = next(arm for arm in ask.assigned if arm.arm == "parallel")
    assert parallel.figures.success_rate == pytest.approx(2 / 3)
    assert parallel.fallback_rate == pytest.approx(1 / 3)
    assert ask.whole.cache_hit_rate == pytest.approx(1 / 5)


def test_quantiles_are_those_of_the_values() -> None:
    chance = random.Random(5)
    times = [chance.lognormvariate(0, 1) for _ in range(501)]
    [ask] = report(outcomes(*(took(t) for t in times)), 0.0, 60.0, None, 1_000).operations
    assert ask.whole.figures.p50_s == pytest.approx(median(times))
    assert ask.whole.figures.p99_s == pytest.approx(sorted(times)[495])


def test_the_slowest_come_first_and_a_full_window_says_so() -> None:
    seen = outcomes(*(took(float(n + 1), number=n) for n in range(30)))
    found = report(seen, 0.0, 60.0, None, 30)
    assert [o.ms for o in found.slowest] == [1000.0 * n for n in range(30, 20, -1)]
    assert not found.is_whole
    assert report(seen, 0.0, 60.0, None, 31).is_whole


def test_an_empty_window_has_no_figures() -> None:
    found = report([], 0.0, 60.0, intervals, 10)
    assert (found.questions, found.operations, found.slowest) == (0, (), ())


def arms(ratio: float, each: int, *, drawn: bool) -> list[Outcome]:
    chance = random.Random(11)
    questions = []
    for decision, factor in ((SEQUENTIAL, 1.0), (PARALLEL, ratio)):
        for _ in range(each):
            seconds = 8.0 * factor * chance.lognormvariate(0, 0.3)
            as_drawn = decision if drawn else None
            questions.append(took(seconds, decision=as_drawn or _plain(decision.strategy)))
    return outcomes(*questions)


def _plain(strategy: Strategy):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(PARALLEL, strategy=strategy, assignment=None, exposed=False)


@pytest.mark.parametrize(
    ("ratio", "each", "verdict"),
    [(0.5, 400, "faster"), (2.0, 400, "slower"), (1.0, 400, "not decidable yet"),
     (0.5, 20, "not decidable yet")],
)  # fmt: skip
def test_parallel_against_sequential(ratio: float, each: int, verdict: str) -> None:
    """With an interval that holds the truth; nothing is claimed of few questions."""
    found = compared(arms(ratio, each, drawn=True), intervals)
    assert found.verdict == verdict
    assert found.basis == "drawn"
    assert found.note is None
    assert (found.sequential, found.parallel) == (each, each)
    assert [r.metric for r in found.ratios] == ["mean_time", "p50_time", "p95_time"]
    assert all(r.low <= ratio <= r.high for r in found.ratios)


def test_arms_that_nobody_drew_are_compared_with_a_caution() -> None:
    """The slow questions go parallel: that is no experiment."""
    found = compared(arms(0.5, 200, drawn=False), intervals)
    assert found.basis == "as they came"
    assert "experiment" in str(found.note)


def test_without_statistics_there_is_no_interval() -> None:
    found = compared(arms(0.5, 5, drawn=True), None)
    assert (found.ratios, found.verdict) == ((), "not decidable yet")
    assert "forerun[rollout]" in str(found.note)


def test_one_arm_alone_is_compared_with_nothing() -> None:
    found = compared(outcomes(took(1.0)), intervals)
    assert (found.ratios, found.verdict) == ((), "not decidable yet")
    assert "Both arms" in str(found.note)


def test_figures_are_strict_json() -> None:
    """Without NaN and infinity, however little there is to say."""
    seen = arms(0.5, 5, drawn=True)
    text = json.dumps(performance_to_json(report(seen, 0.0, 60.0, intervals, 10)), allow_nan=False)
    assert json.loads(text)["operations"][0]["comparison"]["ratios"][0]["high"] is None
    assert math.isfinite(json.loads(text)["operations"][0]["whole"]["p50_s"])
