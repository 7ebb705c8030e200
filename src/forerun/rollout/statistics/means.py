"""Ratio of geometric means: the difference of means of logs, of two arms or of pairs."""

from __future__ import annotations

from math import exp, inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.statistics.effects import Effect, Scale

ALIKE = "All values of an arm are equal, so that their spread says nothing."
EMPTY = "An arm has no value."


def ratio_of_means(
    control: NDArray[np.float64], candidate: NDArray[np.float64], metric: str = "mean_time"
) -> Effect:
    """Geometric means of two independent arms, from logs of seconds, shapes (n,) and (m,).

    The error is Welch's, sqrt(s_a^2 / n + s_b^2 / m): the estimate is a mean over all units of the
    influences, each weighted by its arm's share (arXiv 2103.06476, section 3, with constant
    nuisances).
    """
    (level_a, error_a), (level_b, error_b) = _mean(control), _mean(candidate)
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


def ratio_of_pairs(
    control: NDArray[np.float64], candidate: NDArray[np.float64], metric: str = "mean_time"
) -> Effect:
    """Both arms asked the same n questions, as shadow runs do; logs of seconds, shape (n,).

    What makes questions hard falls out of each pair's difference. One unit is one pair.
    Raises `ValueError` where the two are not equally long.
    """
    if control.shape != candidate.shape:
        raise ValueError("Pairs need as many values of the control as of the candidate.")
    shift, error = _mean(candidate - control)
    (level_a, _), (level_b, _) = _mean(control), _mean(candidate)
    return Effect(
        metric=metric,
        scale=Scale.RATIO,
        control=exp(level_a),
        candidate=exp(level_b),
        shift=shift,
        error=error,
        n_control=control.size,
        n_candidate=control.size,
        units=control.size,
        fault=fault_of(control.size, candidate.size, error),
    )


def _mean(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and its standard error."""
    if not values.size:
        return nan, inf
    if values.size == 1:
        return float(values[0]), inf
    return float(values.mean()), sqrt(float(values.var(ddof=1)) / values.size)


def fault_of(n_control: int, n_candidate: int, smallest_error: float) -> str | None:
    """Why a comparison of these arms proves nothing, if so."""
    if not n_control or not n_candidate:
        return EMPTY
    if not smallest_error > 0:
        return ALIKE
    return None
