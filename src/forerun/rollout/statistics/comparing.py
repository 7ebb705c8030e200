"""Both arms beside each other, in figures: to look at. What follows from them, `decide` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, nan

from forerun.rollout.statistics.effects import Effect
from forerun.rollout.statistics.exact import exact_ratio
from forerun.rollout.statistics.intervals import Interval, asymptotic
from forerun.rollout.statistics.metrics import QUANTILES, Metric, effect_of
from forerun.rollout.statistics.quantiles import at
from forerun.rollout.statistics.rule import Rule
from forerun.rollout.statistics.samples import Counts, Outcomes, Sample, counts_of, sample_of

SHOWN = (Metric.MEAN_TIME, Metric.P50_TIME, Metric.P95_TIME, Metric.SUCCESS)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm. Seconds are those of what was answered; NaN where nothing was."""

    units: int
    counts: Counts
    mean_s: float
    """Geometric mean."""
    p50_s: float
    p95_s: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The candidate beside the control."""

    arms: Mapping[str, Arm]
    intervals: tuple[Interval, ...]
    """Of each metric by each method, always valid each for itself: ratios of times, exactly too
    where they are quantiles, and the difference of the shares answered."""


def compared(outcomes: Outcomes, rule: Rule, stratum: str | None = None) -> Comparison:
    """Of all questions, or of one stratum's. Raises `ValueError` for a verdict there is not."""
    if stratum is not None:
        outcomes = _within(outcomes, stratum)
    names = (rule.control, rule.candidate)
    control, candidate = (sample_of(outcomes, name, sticky=rule.sticky) for name in names)
    arms = {
        name: _arm(sample, counts_of(outcomes, name))
        for name, sample in zip(names, (control, candidate), strict=True)
    }
    return Comparison(
        arms,
        tuple(
            interval
            for metric in SHOWN
            for interval in _intervals(metric, control, candidate, rule)
        ),
    )


def _intervals(
    metric: Metric, control: Sample, candidate: Sample, rule: Rule
) -> tuple[Interval, ...]:
    effect: Effect = effect_of(metric, control, candidate)
    by_limit = asymptotic(effect, rule.primary_boundary)
    if metric not in QUANTILES:
        return (by_limit,)
    counting = rule.counting(QUANTILES[metric])
    return (by_limit, exact_ratio(control.logs, candidate.logs, counting, metric))


def _arm(sample: Sample, counts: Counts) -> Arm:
    logs = sample.logs
    if not logs.size:
        return Arm(sample.n, counts, nan, nan, nan)
    return Arm(sample.n, counts, exp(float(logs.mean())), exp(at(logs, 0.5)), exp(at(logs, 0.95)))


def _within(outcomes: Outcomes, stratum: str) -> Outcomes:
    kept = [index for index, name in enumerate(outcomes.stratum) if name == stratum]
    return Outcomes(
        [outcomes.unit[index] for index in kept],
        [outcomes.arm[index] for index in kept],
        [outcomes.stratum[index] for index in kept],
        [outcomes.seconds[index] for index in kept],
        [outcomes.verdict[index] for index in kept],
        [outcomes.served[index] for index in kept],
    )
