"""What must be true of the statistics whatever the data are."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isinf, log, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.claims import Better, Standing, claim
from forerun.rollout.statistics.effects import Effect, Scale
from forerun.rollout.statistics.exact import (
    Counting,
    accepted,
    evidence,
    exact_ratio,
    quantile_bounds,
)
from forerun.rollout.statistics.intervals import Interval, asymptotic
from forerun.rollout.statistics.metrics import Metric, effect_of
from forerun.rollout.statistics.needed import about, needed, needed_exactly
from forerun.rollout.statistics.quantiles import ratio_of_quantiles
from forerun.rollout.statistics.samples import Sample
from forerun.rollout.statistics.strata import combined
from forerun.rollout.statistics.units import aggregate
from tests.rollout.simulated import Floats, logs, sample

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(100, 600)
TIMES = st.sampled_from([metric for metric in Metric if metric.scale is Scale.RATIO])
QUANTILES = st.sampled_from([0.5, 0.9, 0.95])
ALPHAS = st.floats(0.001, 0.2)


def two_arms(seed: int, n: int, m: int, ratio: float = 1.0) -> tuple[Sample, Sample]:
    chance = np.random.default_rng(seed)
    control, candidate = logs(chance, n), logs(chance, m, ratio)
    return sample(control, chance.random(n) < 0.9), sample(candidate, chance.random(m) < 0.9)


def shifted(arm: Sample, by: float) -> Sample:
    return replace(arm, logs=arm.logs + by)


def interval_of(metric: Metric, control: Sample, candidate: Sample, alpha: float) -> Interval:
    return asymptotic(effect_of(metric, control, candidate), Boundary(alpha, minimum=50))


@given(SEEDS, SIZES, SIZES, TIMES, st.floats(0.001, 1_000))
def test_the_unit_of_time_does_not_matter(
    seed: int, n: int, m: int, metric: Metric, times: float
) -> None:
    """All seconds multiplied by the same number give the same ratio and interval."""
    control, candidate = two_arms(seed, n, m)
    seconds = interval_of(metric, control, candidate, 0.05)
    other = interval_of(
        metric, shifted(control, log(times)), shifted(candidate, log(times)), alpha=0.05
    )
    assert (other.low, other.estimate, other.high) == pytest.approx(
        (seconds.low, seconds.estimate, seconds.high), rel=1e-6
    )


@given(SEEDS, SIZES, SIZES, st.sampled_from(Metric))
def test_swapping_the_arms_mirrors_the_interval(seed: int, n: int, m: int, metric: Metric) -> None:
    """A ratio becomes its reciprocal, a difference its negative, and so do the bounds."""
    control, candidate = two_arms(seed, n, m, ratio=0.8)
    there = interval_of(metric, control, candidate, 0.05)
    back = interval_of(metric, candidate, control, 0.05)

    def mirrored(bound: float) -> float:
        if metric.scale is Scale.DIFFERENCE:
            return -bound
        return 1 / bound if bound else inf

    assert there.low == pytest.approx(mirrored(back.high))
    assert there.high == pytest.approx(mirrored(back.low))
    assert there.estimate == pytest.approx(mirrored(back.estimate))


@given(SEEDS, SIZES, QUANTILES)
def test_swapping_the_arms_mirrors_the_exact_interval(seed: int, n: int, q: float) -> None:
    """The same of the exact sequence, where it is finite."""
    control, candidate = two_arms(seed, n, n)
    counting = Counting(q, 0.025, 1_000)
    there = exact_ratio(control.logs, candidate.logs, counting, "time")
    back = exact_ratio(candidate.logs, control.logs, counting, "time")
    assert isinf(there.high) == (back.low == 0)
    if not isinf(there.high):
        assert there.high == pytest.approx(1 / back.low)


@given(SEEDS, SIZES, st.sampled_from(Metric), ALPHAS, ALPHAS)
def test_less_alpha_widens(seed: int, n: int, metric: Metric, one: float, other: float) -> None:
    """Who wants to be wrong less often gets the wider interval, which holds the narrower."""
    assume(abs(one - other) > 1e-6)
    arms = two_arms(seed, n, n)
    wide = interval_of(metric, *arms, alpha=min(one, other))
    narrow = interval_of(metric, *arms, alpha=max(one, other))
    assert wide.low < narrow.low <= narrow.estimate <= narrow.high < wide.high or (
        isinf(narrow.high) and isinf(wide.high)
    )


@given(
    st.integers(1, 5_000), st.sampled_from([0.5, 0.9, 0.95]), st.sampled_from([0.01, 0.025, 0.1])
)
def test_the_exact_interval_is_made_of_order_statistics_around_the_quantile(
    n: int, q: float, alpha: float
) -> None:
    """Its ends are values of the data (or infinite), and the sample's quantile lies between."""
    ordered = np.sort(np.random.default_rng(n).normal(size=n))
    low, high = quantile_bounds(ordered, Counting(q, alpha, 1_000))
    assert low == -inf or low in ordered
    assert high == inf or high in ordered
    assert low <= ordered[min(round(n * q), n - 1)] <= high
    fewest, most = accepted(Counting(q, alpha, 1_000), n)
    assert 0 <= fewest <= n * q + 1
    assert n * q - 1 <= most <= n


@given(st.integers(2, 400), QUANTILES, ALPHAS)
def test_accepted_counts_are_all_that_the_evidence_allows(n: int, q: float, alpha: float) -> None:
    """The search for both ends finds what trying every count finds."""
    counting = Counting(q, alpha, 500)
    against = evidence(counting, n)
    allowed = [count for count in range(n + 1) if against(count) < -log(alpha)]
    assert accepted(counting, n) == (allowed[0], allowed[-1])
    assert len(allowed) == allowed[-1] - allowed[0] + 1


@given(ALPHAS, st.integers(200, 20_000))
def test_the_boundary_is_narrowest_in_root_n_where_it_was_planned(
    alpha: float, planned: int
) -> None:
    """Tuning to another size never gives a shorter reach at this one."""
    here = Boundary(alpha, planned).reach(planned)
    for factor in (0.1, 0.5, 0.9, 1.1, 2, 10):
        assert here <= Boundary(alpha, max(int(planned * factor), 1)).reach(planned) + 1e-9


@given(SEEDS, SIZES, st.sampled_from(Metric))
def test_what_is_said_to_be_needed_decides(seed: int, n: int, metric: Metric) -> None:
    """Were the estimate to stay, so many more would decide it, and a tenth fewer would not."""
    control, candidate = two_arms(seed, n, n, ratio=0.9)
    effect, boundary = effect_of(metric, control, candidate), Boundary()
    bound = metric.scale.shown(0.0)
    made = claim("It is better", effect, boundary, bound, metric.better)
    assume(made.standing is Standing.OPEN)
    more = needed(effect, boundary, 0.0)
    assert made.more_per_arm == more
    if more is None or effect.smaller < boundary.minimum:
        return
    assert grown(effect, more, bound, metric.better) is not Standing.OPEN
    if more >= 100:
        assert grown(effect, int(0.8 * more - 0.06 * n), bound, metric.better) is Standing.OPEN


def grown(effect: Effect, more: int, bound: float, better: Better) -> Standing:
    """Where the claim would stand with so many more in the smaller arm, all else staying."""
    times = 1 + more / effect.smaller
    later = replace(
        effect,
        error=effect.error / sqrt(times),
        n_control=round(effect.n_control * times),
        n_candidate=round(effect.n_candidate * times),
        units=round(effect.units * times),
    )
    return claim("It is better", later, Boundary(), bound, better).standing


def test_the_exact_sequence_foresees_roughly_what_it_needs() -> None:
    """From 500 an arm it says how many more; with data drawn anew, three times that do decide."""
    chance = np.random.default_rng(5)
    counting = Counting(0.5, 0.025, 1_000)
    control, candidate = (np.sort(logs(chance, 500, ratio)) for ratio in (1.0, 0.85))
    more = needed_exactly(control, candidate, counting, 0.0)
    assert more is not None
    assert 100 < more < 5_000
    control, candidate = (np.sort(logs(chance, 500 + 3 * more, ratio)) for ratio in (1.0, 0.85))
    assert exact_ratio(control, candidate, counting, "p50_time").high < 1


@pytest.mark.parametrize(
    ("count", "told"), [(0.2, 1), (1, 1), (7.3, 8), (99.1, 100), (123, 130), (4_210, 4_300)]
)
def test_needs_are_told_in_two_figures(count: float, told: int) -> None:
    """Rounded up."""
    assert about(count) == told


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-5, 5)), min_size=1, max_size=40))
def test_a_unit_counts_once(rows: list[tuple[str, float]]) -> None:
    """Aggregated values are each unit's mean, as many as there are units."""
    means = aggregate(np.array([value for _, value in rows]), [unit for unit, _ in rows])
    by_unit = {unit: [v for u, v in rows if u == unit] for unit in sorted({u for u, _ in rows})}
    assert means == pytest.approx([sum(values) / len(values) for values in by_unit.values()])


@given(SEEDS, SIZES, st.sampled_from(Metric))
def test_one_stratum_is_the_whole(seed: int, n: int, metric: Metric) -> None:
    """Combining a single stratum changes nothing."""
    effect = effect_of(metric, *two_arms(seed, n, n))
    made = combined({"all": effect}, {"all": 1.0})
    assert (made.shift, made.error, made.units) == pytest.approx(
        (effect.shift, effect.error, effect.units)
    )
    assert made.candidate == pytest.approx(effect.candidate)


def test_strata_keep_a_mixture_from_deceiving() -> None:
    """The candidate got the hard questions more often: within strata it is faster all the same."""
    chance = np.random.default_rng(3)

    def arm(easy: int, hard: int, ratio: float) -> tuple[Floats, Floats]:
        return chance.normal(log(ratio), 0.3, easy), chance.normal(log(4 * ratio), 0.3, hard)

    (easy_a, hard_a), (easy_b, hard_b) = arm(900, 100, 1.0), arm(600, 400, 0.8)
    a, b = (np.sort(np.concatenate(each)) for each in ((easy_a, hard_a), (easy_b, hard_b)))
    assert ratio_of_quantiles(a, b, 0.5, "p50_time").shift > 0
    effects = {
        "easy": ratio_of_quantiles(np.sort(easy_a), np.sort(easy_b), 0.5, "p50_time"),
        "hard": ratio_of_quantiles(np.sort(hard_a), np.sort(hard_b), 0.5, "p50_time"),
    }
    made = asymptotic(combined(effects, {"easy": 0.75, "hard": 0.25}), Boundary())
    assert made.low < 0.8 < made.high < 1
