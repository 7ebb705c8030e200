"""How often the rule errs when one looks again and again, and how soon it is right.

Seeds are fixed, so that nothing here is left to chance. Limits are those of the plan, not what was
measured; measured figures are in each docstring.
"""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from forerun.rollout.statistics.actions import Action
from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.claims import Better, Standing, claim
from forerun.rollout.statistics.exact import Counting, exact_ratio
from forerun.rollout.statistics.intervals import asymptotic
from forerun.rollout.statistics.means import ratio_of_means, ratio_of_pairs
from forerun.rollout.statistics.metrics import Metric
from forerun.rollout.statistics.mismatch import Exposed, mismatch
from forerun.rollout.statistics.quantiles import ratio_of_quantiles
from forerun.rollout.statistics.rates import difference_of_rates
from forerun.rollout.statistics.rule import Rule
from tests.rollout.simulated import EVEN, Looks, logs, tally

OFTEN = Looks(every=100, looks=30)
MEDIAN_ONLY = Rule(Metric.P50_TIME, limits=())
TAIL_ONLY = Rule(Metric.P95_TIME, limits=(), tail_from=100)


def test_control_against_control_is_rarely_decided() -> None:
    """200 runs of the whole rule, 15 looks each: decided wrongly in 5 % at most (measured 1 %)."""
    ended, _ = tally(200, Rule(Metric.P50_TIME), Looks(every=200, looks=15))
    assert ended[Action.PROMOTE] + ended[Action.ROLL_BACK] <= 10
    assert ended[Action.INVALID_SRM] == 0
    assert ended.total() == 200


def test_a_fifth_faster_is_seen_soon() -> None:
    """100 runs: the median tells at 300 an arm at most, the p95 at 1,500, in 80 % of runs."""
    median, soon = tally(100, MEDIAN_ONLY, OFTEN, ratio=0.8)
    tail, later = tally(100, TAIL_ONLY, OFTEN, ratio=0.8)
    assert median[Action.PROMOTE] >= 80
    assert soon <= 300
    assert tail[Action.PROMOTE] >= 80
    assert later <= 1_500


def test_pairs_need_far_fewer() -> None:
    """Both arms asked the same: a fifth faster is seen with 60 pairs in every of 50 runs.

    Questions differ much (0.8 in logs), an arm's own noise little (0.2). Measured: 30 pairs.
    """
    chance, boundary = np.random.default_rng(4), Boundary(planned=200, minimum=20)
    for _ in range(50):
        difficulty = chance.normal(0.0, 0.8, 60)
        control = difficulty + chance.normal(0.0, 0.2, 60)
        candidate = difficulty + chance.normal(np.log(0.8), 0.2, 60)
        paired = asymptotic(ratio_of_pairs(control, candidate), boundary)
        assert paired.high < 1
        assert asymptotic(ratio_of_means(control, candidate), boundary).high > 1


@pytest.mark.slow
@pytest.mark.parametrize("primary", [Metric.MEAN_TIME, Metric.P50_TIME, Metric.P95_TIME])
@pytest.mark.parametrize("limited", [True, False], ids=["all limits", "no limits"])
def test_control_against_control_a_thousand_times(primary: Metric, limited: bool) -> None:
    """30 looks: at most 5 % promoted or rolled back, even where no limit holds a promotion up.

    Measured with limits: 0.8 % by the mean, 1.3 % by the median, 2.1 % by the p95 as the primary
    metric; without: 1.2 %, 2.6 %, and 3.2 % where the asymptotic p95 promotes from 100 an arm on.
    """
    rule = Rule(primary) if limited else Rule(primary, limits=(), tail_from=100)
    ended, _ = tally(1_000, rule, OFTEN)
    assert ended[Action.PROMOTE] + ended[Action.ROLL_BACK] <= 50
    assert ended.total() == 1_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "most"),
    [(MEDIAN_ONLY, 300), (TAIL_ONLY, 1_500), (Rule(Metric.P50_TIME), 2_000)],
    ids=["median", "p95", "median with all limits"],
)
def test_a_fifth_faster_a_thousand_times(rule: Rule, most: int) -> None:
    """At least 80 % promoted, half of all by so many an arm.

    Measured: the median 100 % at 300; the p95 93 % at 1,200; with all limits 95 % at 1,600, since
    then the p95's limit waits for 1,500 or for the exact sequence.
    """
    ended, median = tally(1_000, rule, OFTEN, ratio=0.8)
    assert ended[Action.PROMOTE] >= 800
    assert median <= most


@pytest.mark.slow
@pytest.mark.parametrize("control", [1.0, 0.99, 0.97])
def test_a_success_worse_by_just_the_margin_seldom_passes(control: float) -> None:
    """2,000 runs, 30 looks: 2.5 % at most, also where the control never fails.

    Measured: 1.9 %, 0.7 % and 0.8 %.
    """
    chance, boundary = np.random.default_rng(11), Boundary(0.025, one_sided=True)
    passed = 0
    for _ in range(2_000):
        arms = [(chance.random(OFTEN.upto) < p).astype(float) for p in (control, control - 0.02)]
        passed += any(
            claim(
                "It is no worse",
                difference_of_rates(arms[0][:n], arms[1][:n], "success"),
                boundary,
                -0.02,
                Better.HIGHER,
            ).standing
            is Standing.HOLDS
            for n in OFTEN.sizes
        )
    assert passed <= 0.025 * 2_000


@pytest.mark.slow
def test_a_p95_worse_by_just_the_margin_seldom_passes_or_breaches() -> None:
    """1,000 runs, 30 looks, 10 % slower: 2.5 % at most each way, and the exact interval holds it.

    Measured: 2 % pass and 0.6 % breach; the exact interval never misses.
    """
    chance, boundary = np.random.default_rng(12), Boundary(0.025, one_sided=True)
    standings = {Standing.HOLDS: 0, Standing.FAILS: 0}
    missed = 0
    for _ in range(1_000):
        a, b = logs(chance, OFTEN.upto), logs(chance, OFTEN.upto, 1.1)
        seen, exact = set(), (0.0, inf)
        for n in OFTEN.sizes:
            control, candidate = np.sort(a[:n]), np.sort(b[:n])
            effect = ratio_of_quantiles(control, candidate, 0.95, "p95_time")
            seen.add(claim("It is no worse", effect, boundary, 1.1, Better.LOWER).standing)
            interval = exact_ratio(control, candidate, Counting(0.95, 0.025, 1_000), "p95_time")
            exact = max(exact[0], interval.low), min(exact[1], interval.high)
        for standing in standings:
            standings[standing] += standing in seen
        missed += not exact[0] <= 1.1 <= exact[1]
    assert max(standings.values()) <= 25
    assert missed <= 50


@pytest.mark.slow
def test_a_mismatch_is_found_and_seldom_imagined() -> None:
    """Looked at every 100 units up to 10,000: 53 to 47 is found, 50 to 50 in 1 % at most.

    Measured: 0.3 %, and half of the true ones by 3,300 units.
    """
    chance = np.random.default_rng(13)

    def first(share: float) -> float:
        counts = np.cumsum(chance.random(10_000) < share)
        for n in range(100, 10_001, 100):
            b = int(counts[n - 1])
            if mismatch((Exposed({"sequential": n - b, "parallel": b}, EVEN),)).found:
                return n
        return inf

    assert sum(first(0.5) < inf for _ in range(1_000)) <= 10
    assert np.median([first(0.53) for _ in range(300)]) <= 3_500
