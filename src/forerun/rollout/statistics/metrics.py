"""What is compared between the arms, by name."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from forerun.rollout.statistics.claims import Better
from forerun.rollout.statistics.effects import Effect, Scale
from forerun.rollout.statistics.means import ratio_of_means
from forerun.rollout.statistics.quantiles import ratio_of_quantiles
from forerun.rollout.statistics.rates import difference_of_rates
from forerun.rollout.statistics.samples import Ended, Sample


class Metric(StrEnum):
    """Times are those of answered questions, compared as ratios; shares as differences."""

    MEAN_TIME = "mean_time"
    """Geometric mean."""
    P50_TIME = "p50_time"
    P95_TIME = "p95_time"
    SUCCESS = "success"
    """Share of questions that were answered."""
    CLARIFY = "clarify"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def better(self) -> Better:
        return Better.HIGHER if self is Metric.SUCCESS else Better.LOWER

    @property
    def scale(self) -> Scale:
        return Scale.RATIO if self.endswith("_time") else Scale.DIFFERENCE

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Metric.MEAN_TIME: "mean time",
    Metric.P50_TIME: "median time",
    Metric.P95_TIME: "95th percentile of time",
    Metric.SUCCESS: "share answered",
    Metric.CLARIFY: "share asked back",
    Metric.REFUSED: "share refused",
    Metric.FAILED: "share failed",
}
QUANTILES = {Metric.P50_TIME: 0.5, Metric.P95_TIME: 0.95}
_ENDED = {
    Metric.SUCCESS: Ended.ANSWERED,
    Metric.CLARIFY: Ended.CLARIFY,
    Metric.REFUSED: Ended.REFUSED,
    Metric.FAILED: Ended.FAILED,
}


def effect_of(metric: Metric, control: Sample, candidate: Sample) -> Effect:
    """The candidate against the control."""
    if metric.scale is Scale.DIFFERENCE:
        ended = _ENDED[metric]
        return difference_of_rates(control.rate(ended), candidate.rate(ended), metric)
    if metric is Metric.MEAN_TIME:
        effect = ratio_of_means(control.logs, candidate.logs, metric)
    else:
        effect = ratio_of_quantiles(control.logs, candidate.logs, QUANTILES[metric], metric)
    return _timed(effect, control.untimed + candidate.untimed)


def _timed(effect: Effect, untimed: int) -> Effect:
    """An effect of times is measured only where every answer has one."""
    if not untimed:
        return effect
    return replace(effect, fault=f"{untimed:,} answered questions have no valid time.")
