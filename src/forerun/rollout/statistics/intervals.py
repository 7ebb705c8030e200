"""Intervals: what an effect may be, whenever one looks."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.effects import Effect, Scale

ASYMPTOTIC = "asymptotic confidence sequence"
ASYMPTOTIC_ONE_SIDED = "asymptotic confidence sequence, each bound one-sided"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and where the truth is; a ratio or a difference, as `scale` says."""

    metric: str
    method: str
    scale: Scale
    estimate: float
    """NaN without data."""
    low: float
    high: float
    """0 to infinity (of a difference: minus infinity) while nothing can be said."""
    alpha: float
    n_control: int
    n_candidate: int
    fault: str | None = None
    """Why nothing can be measured."""


def asymptotic(effect: Effect, boundary: Boundary) -> Interval:
    """The effect's confidence sequence at this moment (see `boundaries`).

    `boundary.planned` counts what `effect.units` counts. While an arm has fewer units than
    `boundary.minimum`, and where nothing can be measured, the interval holds everything.
    """
    narrow = effect.is_measured and effect.smaller >= boundary.minimum
    half = boundary.reach(effect.units) * effect.error if narrow else inf
    centre = effect.shift if narrow else 0.0
    shown = effect.scale.shown
    return Interval(
        metric=effect.metric,
        method=ASYMPTOTIC_ONE_SIDED if boundary.one_sided else ASYMPTOTIC,
        scale=effect.scale,
        estimate=shown(effect.shift),
        low=shown(centre - half),
        high=shown(centre + half),
        alpha=boundary.alpha,
        n_control=effect.n_control,
        n_candidate=effect.n_candidate,
        fault=effect.fault,
    )
