"""Ratio of quantiles (p50, p95) in the limit: tight, and right for large samples.

A quantile's estimate moves by its influence function, (q - 1{x <= x_q}) / f(x_q) a unit, so that
its error is sqrt(q (1 - q) / n) / f(x_q). The density f is estimated at the logs' quantile by a
quotient of differences of the empirical quantile function, 2 h / (Q(q + h) - Q(q - h)) (Siddiqui
1960; Bloch and Gastwirth 1968) with h = 1.96 sqrt(q (1 - q) / n), which makes the error that of
Woodruff, "Confidence intervals for medians and other position measures", JASA 1952. No bandwidth
need be chosen, and two modes do not deceive it as they do a smooth density.
"""

from __future__ import annotations

from math import exp, inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.statistics.effects import Effect, Scale
from forerun.rollout.statistics.means import fault_of

WIDTH = 1.959963984540054
"""Half the width of the differences, in standard errors of the share below the quantile."""


def ratio_of_quantiles(
    control: NDArray[np.float64], candidate: NDArray[np.float64], q: float, metric: str
) -> Effect:
    """The q-quantile of two independent arms, from sorted logs of seconds, shapes (n,) and (m,).

    The error is infinite while an arm has too few values for a quotient of differences: fewer than
    about 4 q / (1 - q), which is 73 for p95.
    """
    (level_a, error_a), (level_b, error_b) = _quantile(control, q), _quantile(candidate, q)
    return Effect(
        metric=metric,
        scale=Scale.RATIO,
        control=exp(level_a),
        candidate=exp(level_b),
        shift=level_b - level_a,
        error=sqrt(error_a**2 + error_b**2),
        n_control=control.size,
        n_candidate=candidate.size,
        units=control.size + candidate.size,
        fault=fault_of(control.size, candidate.size, min(error_a, error_b)),
    )


def _quantile(ordered: NDArray[np.float64], q: float) -> tuple[float, float]:
    """Quantile and its standard error."""
    if not ordered.size:
        return nan, inf
    reach = WIDTH * sqrt(q * (1 - q) / ordered.size)
    if not reach < min(q, 1 - q):
        return at(ordered, q), inf
    apart = at(ordered, q + reach) - at(ordered, q - reach)
    return at(ordered, q), apart / (2 * WIDTH)


def at(ordered: NDArray[np.float64], share: float) -> float:
    """The empirical quantile function, straight between order statistics."""
    place = share * (ordered.size - 1)
    below = int(place)
    above = min(below + 1, ordered.size - 1)
    low, high = float(ordered[below]), float(ordered[above])
    return low + (place - below) * (high - low)
