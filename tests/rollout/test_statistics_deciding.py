"""The decision rule: what promotes, what rolls back, and all that must never promote."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from forerun.rollout.experiments import Arm, Verdict
from forerun.rollout.experiments import Metric as Planned
from forerun.rollout.experiments.store import Seen
from forerun.rollout.statistics.actions import Action
from forerun.rollout.statistics.claims import Standing
from forerun.rollout.statistics.decide import EARLY, Decision, decide
from forerun.rollout.statistics.metrics import Metric
from forerun.rollout.statistics.mismatch import Exposed
from forerun.rollout.statistics.rule import Limit, Rule
from forerun.rollout.statistics.samples import Outcome, Outcomes, sample_of
from tests.rollout.simulated import logs

N = 2_000


def rows_of(
    arm: str, *, n: int = N, ratio: float = 1.0, success: float = 0.99, stratum: str = "simple"
) -> list[Outcome]:
    """Questions of one arm; of those not answered a third each is asked back, refused, failed."""
    chance = np.random.default_rng([n, *arm.encode(), *stratum.encode()])
    seconds = np.exp(logs(chance, n, ratio))
    answered = chance.random(n) < success
    others = chance.choice(["clarify", "refused", "failed"], n)
    return [
        Outcome(f"{arm}{i}", arm, stratum, seconds[i], "answered" if good else others[i], arm)
        for i, good in enumerate(answered)
    ]


def sequential(n: int = N, success: float = 0.99) -> list[Outcome]:
    return rows_of("sequential", n=n, success=success)


def parallel(n: int = N, ratio: float = 0.7, success: float = 0.99) -> list[Outcome]:
    return rows_of("parallel", n=n, ratio=ratio, success=success)


def decided(
    *arms: Iterable[Outcome], rule: Rule | None = None, exposed: Sequence[Exposed] = ()
) -> Decision:
    return decide(Outcomes.of(row for arm in arms for row in arm), rule or Rule(), exposed)


def test_better_and_no_worse_elsewhere_promotes() -> None:
    """30 % faster, p95 and success kept: promoted, each reason a sentence, and said to be early."""
    decision = decided(sequential(), parallel())
    assert decision.action is Action.PROMOTE
    assert decision.reasons[0].startswith("The mean time is better: yes, 0.7")
    assert "The 95th percentile of time is not worse by more than 10 %: yes" in decision.reasons[1]
    assert "The share answered is not worse by more than 2 points: yes" in decision.reasons[2]
    assert decision.reasons[-1] == EARLY


@pytest.mark.parametrize("primary", [Metric.MEAN_TIME, Metric.P50_TIME, Metric.P95_TIME])
def test_any_time_can_be_the_primary_metric(primary: Metric) -> None:
    """Half as long by every measure is promoted by every measure."""
    assert decided(sequential(), parallel(ratio=0.5), rule=Rule(primary)).action is Action.PROMOTE


@pytest.mark.parametrize(
    "arms",
    [
        ([], []),
        (sequential(), []),
        ([], parallel()),
        (sequential(), [replace(row, verdict="refused") for row in parallel(n=50)]),
    ],
    ids=["nothing", "no candidate", "no control", "no answer of the candidate"],
)
def test_no_data_never_promotes(arms: tuple[list[Outcome], list[Outcome]]) -> None:
    """An arm without units, or without answers, is told as such, before anything else."""
    even = (Exposed({"sequential": 50, "parallel": 50}, {"sequential": 1, "parallel": 1}),)
    decision = decided(*arms, exposed=even)
    assert decision.action is Action.NO_DATA
    assert "without data nothing is promoted" in decision.reasons[0]


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 0.0, -1.0])
def test_times_that_cannot_be_never_promote(seconds: float) -> None:
    """A single answer without a valid time: not measured, so held, and undecided at the end."""
    broken = parallel()
    broken[0] = replace(broken[0], seconds=seconds, verdict="answered")
    decision = decided(sequential(), broken)
    assert decision.action is Action.HOLD
    assert decision.primary.standing is Standing.UNMEASURABLE
    assert "1 answered questions have no valid time" in decision.reasons[0]
    ended = decided(sequential(), broken, rule=Rule(horizon=N))
    assert ended.action is Action.INCONCLUSIVE


def test_times_without_spread_never_promote() -> None:
    """A clock that stands still makes every answer equally fast; that proves nothing."""
    stuck = [replace(row, seconds=0.1) for row in parallel()]
    decision = decided(sequential(), stuck)
    assert decision.action is Action.HOLD
    assert "spread says nothing" in decision.reasons[0]


def test_a_wrong_allocation_is_invalid_however_good_it_looks() -> None:
    """1,500 units where 2,000 were planned: something eats them, and nothing may be concluded."""
    decision = decided(sequential(), parallel(n=1_500))
    assert decision.action is Action.INVALID_SRM
    assert "do not fit the planned shares" in decision.reasons[0]


def test_any_allocation_can_be_planned() -> None:
    """20 % of units on the candidate, and steps of a ramp that each had their own share."""
    control, candidate = sequential(n=8_000), parallel(n=2_000)
    uneven = decided(control, candidate, rule=Rule(candidate_share=0.2))
    assert uneven.action is Action.PROMOTE
    steps = [
        Exposed({"sequential": 6_900, "parallel": 1_000}, {"sequential": 7, "parallel": 1}),
        Exposed({"sequential": 1_010, "parallel": 990}, {"sequential": 0.5, "parallel": 0.5}),
    ]
    assert decided(control, candidate, exposed=steps).action is Action.PROMOTE
    broken = Exposed({"sequential": 1_000, "parallel": 800}, {"sequential": 0.5, "parallel": 0.5})
    assert decided(control, candidate, exposed=[*steps, broken]).action is Action.INVALID_SRM


def test_units_of_an_arm_without_a_share_are_an_error() -> None:
    """An arm that was not planned cannot be weighed."""
    with pytest.raises(ValueError, match="no planned share: parallel"):
        decided(sequential(), parallel(), exposed=[Exposed({"parallel": 5}, {"sequential": 1})])


def test_fewer_answers_roll_back_though_faster() -> None:
    """Ten points fewer answers than allowed outweigh any gain of time."""
    decision = decided(sequential(), parallel(ratio=0.5, success=0.87))
    assert decision.action is Action.ROLL_BACK
    assert decision.reasons[0].startswith(
        "The share answered is not worse by more than 2 points: no"
    )


def test_a_candidate_that_only_fails_rolls_back() -> None:
    """Nothing is answered, so that no time can be compared: the breach comes before that."""
    failing = [replace(row, verdict="failed") for row in parallel()]
    assert decided(sequential(), failing).action is Action.ROLL_BACK


def test_a_longer_tail_rolls_back_though_the_median_is_shorter() -> None:
    """The slowest tenth takes three times as long: the p95 breaches, whatever the median does."""
    slowest = np.quantile([row.seconds for row in parallel()], 0.9)
    tailed = [
        replace(row, seconds=row.seconds * (3 if row.seconds > slowest else 1))
        for row in parallel()
    ]
    decision = decided(sequential(), tailed, rule=Rule(primary=Metric.P50_TIME))
    assert decision.action is Action.ROLL_BACK
    assert decision.primary.standing is Standing.HOLDS
    assert "95th percentile" in decision.reasons[0]


def test_slower_than_the_control_rolls_back() -> None:
    """What was hoped for is refuted: there is nothing to wait for."""
    decision = decided(sequential(), parallel(ratio=1.2))
    assert decision.action is Action.ROLL_BACK
    assert decision.reasons[0].startswith("The mean time is better: no, 1.2")


def test_too_early_is_told_with_what_is_needed() -> None:
    """With 50 an arm nothing is decidable; about how many more are needed is part of the answer."""
    decision = decided(sequential(n=50), parallel(n=50))
    assert decision.action is Action.HOLD
    assert decision.primary.standing is Standing.OPEN
    assert decision.primary.more_per_arm is not None
    assert decision.primary.more_per_arm >= 50
    assert "not decidable yet" in decision.reasons[0]
    assert "more per arm would decide it" in decision.reasons[0]


def test_equal_arms_end_undecided_at_the_horizon() -> None:
    """Neither better nor worse with as many as were planned: that is no promotion."""
    decision = decided(sequential(), parallel(ratio=1.0), rule=Rule(horizon=N))
    assert decision.action is Action.INCONCLUSIVE
    assert "The horizon of 2,000 per arm is reached." in decision.reasons


def test_a_tail_promotes_only_exactly_or_with_many() -> None:
    """700 an arm, equal by the asymptotic p95, not by the exact one: held, until 700 are enough."""
    arms = sequential(n=700), parallel(n=700, ratio=0.75)
    limits = (Limit(Metric.P95_TIME, 0.1),)
    held = decided(*arms, rule=Rule(limits=limits, tail_from=None))
    assert held.guarded[0].claim.standing is Standing.HOLDS
    assert held.guarded[0].exact is not None
    assert held.guarded[0].exact.standing is Standing.OPEN
    assert held.action is Action.HOLD
    assert decided(*arms, rule=Rule(limits=limits, tail_from=500)).action is Action.PROMOTE


def test_a_fallback_counts_where_it_was_assigned() -> None:
    """Questions that the control answered in the end stay in the candidate's arm, with their time.

    Left out, or counted where they were served, they would flatter it.
    """
    slow = [
        replace(row, served="sequential", seconds=4 * row.seconds) if i % 3 == 0 else row
        for i, row in enumerate(parallel())
    ]
    outcomes = Outcomes.of([*sequential(), *slow])
    decision = decide(outcomes, Rule())
    assert decision.counts["parallel"].questions == N
    assert decision.counts["parallel"].served_elsewhere == 667
    assert decision.primary.interval.estimate > 1
    assert decide(outcomes.as_served, Rule()).primary.interval.estimate < 0.6


def test_only_an_answer_is_a_success() -> None:
    """Asking back, refusing and failing are reported apart, and none of them counts."""
    decision = decided(sequential(success=0.9), parallel(success=0.9))
    counts = decision.counts["parallel"]
    assert counts.answered + counts.clarify + counts.refused + counts.failed == N
    assert min(counts.clarify, counts.refused, counts.failed) > 30
    success = next(each for each in decision.guarded if each.limit.metric is Metric.SUCCESS)
    theirs = decision.counts["sequential"].answered / N
    assert success.claim.interval.estimate == pytest.approx(counts.answered / N - theirs)


def test_any_metric_can_be_a_limit() -> None:
    """A candidate that asks back far more often breaches a limit on that."""
    asking = [replace(row, verdict="clarify") if i % 10 == 0 else row
              for i, row in enumerate(parallel())]  # fmt: skip
    rule = Rule(limits=(Limit(Metric.CLARIFY, 0.05),))
    assert decided(sequential(), parallel(), rule=rule).action is Action.PROMOTE
    decision = decided(sequential(), asking, rule=rule)
    assert decision.action is Action.ROLL_BACK
    assert decision.reasons[0].startswith("The share asked back is not worse by more than 5 points")


def test_faster_on_complex_questions_is_a_claim_of_its_own() -> None:
    """Complex questions gain, simple ones do not; each claim has half of alpha."""
    outcomes = Outcomes.of(
        row
        for stratum, ratio in (("simple", 1.0), ("complex", 0.6))
        for row in (
            *rows_of("sequential", stratum=stratum),
            *rows_of("parallel", stratum=stratum, ratio=ratio),
        )
    )
    strata = decide(outcomes, Rule(strata=("simple", "complex"))).strata
    assert strata is not None
    assert strata.strata["complex"].standing is Standing.HOLDS
    assert strata.strata["simple"].standing is Standing.OPEN
    assert strata.strata["complex"].interval.alpha == 0.025
    assert strata.combined.standing is Standing.HOLDS
    assert strata.combined.interval.alpha == 0.05
    assert strata.shares == {"simple": 0.5, "complex": 0.5}
    assert 0.6 < strata.combined.interval.estimate < 1


def test_an_empty_stratum_is_no_claim() -> None:
    """A stratum that nobody asked in is unmeasurable, and does not spoil the others."""
    strata = decide(
        Outcomes.of([*sequential(), *parallel()]), Rule(strata=("simple", "complex"))
    ).strata
    assert strata is not None
    assert strata.strata["complex"].standing is Standing.UNMEASURABLE
    assert strata.combined.standing is Standing.HOLDS


def test_sticky_units_are_counted_once() -> None:
    """2,000 questions of 50 askers an arm are 50 units, which is too few to say anything."""
    few = [
        replace(row, unit=f"{row.arm}{i % 50}")
        for i, row in enumerate([*sequential(), *parallel()])
    ]
    sample = sample_of(Outcomes.of(few), "parallel", sticky=True)
    assert (sample.n, sample.logs.size) == (50, 50)
    decision = decided(few, rule=Rule(sticky=True))
    assert decision.action is Action.HOLD
    assert decision.counts["parallel"].questions == N
    assert decided(few).action is Action.PROMOTE


def test_a_verdict_that_is_none_is_an_error() -> None:
    """A word that nobody knows must not be counted as anything."""
    with pytest.raises(ValueError, match="none of answered, clarify, refused, failed"):
        decided(sequential(), [replace(row, verdict="maybe") for row in parallel(n=1)])


def test_arms_verdicts_and_metrics_are_those_of_experiments() -> None:
    """What an experiment plans and what its store holds is taken as it is: the names agree."""
    assert (Rule().control, Rule().candidate) == (Arm.SEQUENTIAL, Arm.PARALLEL)
    assert [Metric(metric).value for metric in Planned] == [metric.value for metric in Planned]
    rows = [
        Seen(
            row.unit,
            Arm(row.arm),
            row.stratum,
            row.seconds,
            Verdict(row.verdict),
            Arm(row.served),
            at=0.0,
        )
        for row in (*sequential(), *parallel())
    ]
    assert decide(Outcomes.of(rows), Rule()).action is Action.PROMOTE


def test_columns_may_be_plain_lists_or_arrays() -> None:
    """A store hands over lists; arrays give the same decision."""
    lists = Outcomes.of([*sequential(), *parallel()])
    arrays = Outcomes(*(np.asarray(getattr(lists, name)) for name in Outcomes.__slots__))  # type: ignore[arg-type]
    assert decide(arrays, Rule()) == decide(lists, Rule())


def test_numpy_is_loaded_only_when_something_is_judged() -> None:
    """Experiments are kept and assigned without it."""
    program = (
        "import forerun.rollout.experiments, forerun.rollout.statistics, sys\n"
        "print('numpy' in sys.modules or 'scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "False"
