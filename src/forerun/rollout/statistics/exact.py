"""Ratio of quantiles, exactly: right at any sample size and for any distribution, but wider.

How many of n values lie at or below the q-quantile is binomial(n, q), whatever the values are. A
mixture of such counts over a beta distribution, against the binomial itself, is a martingale under
the truth; by Ville's inequality it reaches 1 / alpha at any time with probability alpha at most.
Counts that keep it below are accepted, and the order statistics at their ends hold the quantile
(Howard and Ramdas, "Sequential estimation of quantiles with applications to A/B testing and
best-arm identification", arXiv 1906.09712; the beta-binomial mixture: Howard, Ramdas, McAuliffe and
Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", arXiv 1810.08240).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import inf, lgamma, log, nan

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.statistics.boundaries import mixing
from forerun.rollout.statistics.effects import Scale
from forerun.rollout.statistics.intervals import Interval
from forerun.rollout.statistics.means import EMPTY
from forerun.rollout.statistics.quantiles import at

EXACT = "exact beta-binomial quantile sequence"


@dataclass(frozen=True, slots=True)
class Counting:
    """How one arm's counts are judged."""

    q: float
    alpha: float
    """Of this arm alone."""
    planned: int
    """Units of this arm at which its interval is the narrowest."""

    @property
    def prior(self) -> tuple[float, float]:
        """The beta distribution: around q, as wide as the normal mixture tuned to `planned`."""
        weight = 1 / mixing(self.alpha, self.planned)
        return weight * self.q, weight * (1 - self.q)


def evidence(counting: Counting, n: int) -> Callable[[int], float]:
    """Log of the mixture's odds against so many of n values being at or below the quantile."""
    a, b = counting.prior
    at_most, above = log(counting.q), log(1 - counting.q)
    # Of both beta functions, what does not depend on the count.
    fixed = lgamma(a + b) - lgamma(a) - lgamma(b) - lgamma(a + b + n)

    def against(count: int) -> float:
        rest = n - count
        return fixed + lgamma(a + count) + lgamma(b + rest) - count * at_most - rest * above

    return against


@lru_cache(maxsize=16_384)
def accepted(counting: Counting, n: int) -> tuple[int, int]:
    """The fewest and the most of n values that may be at or below the quantile."""
    limit, middle, against = -log(counting.alpha), round(n * counting.q), evidence(counting, n)
    # The evidence falls towards the middle and rises from there.
    fewest = bisect_left(range(middle), x=True, key=lambda count: against(count) < limit)
    beyond = bisect_left(range(middle, n + 1), x=True, key=lambda count: against(count) >= limit)
    return fewest, middle + beyond - 1


def quantile_bounds(ordered: NDArray[np.float64], counting: Counting) -> tuple[float, float]:
    """Order statistics that hold the quantile, from sorted values, shape (n,); infinite if none."""
    fewest, most = accepted(counting, ordered.size)
    return (
        float(ordered[fewest - 1]) if fewest else -inf,
        float(ordered[most]) if most < ordered.size else inf,
    )


def exact_ratio(
    control: NDArray[np.float64], candidate: NDArray[np.float64], counting: Counting, metric: str
) -> Interval:
    """Ratio of the arms' q-quantiles, from sorted logs of seconds, shapes (n,) and (m,).

    Each arm's own interval may miss with probability `counting.alpha`; the ratio, from the lowest
    of one over the highest of the other, misses with twice that at most.
    """
    low_a, high_a = quantile_bounds(control, counting)
    low_b, high_b = quantile_bounds(candidate, counting)
    empty = not control.size or not candidate.size
    shift = nan if empty else at(candidate, counting.q) - at(control, counting.q)
    return Interval(
        metric=metric,
        method=EXACT,
        scale=Scale.RATIO,
        estimate=Scale.RATIO.shown(shift),
        low=Scale.RATIO.shown(low_b - high_a),
        high=Scale.RATIO.shown(high_b - low_a),
        alpha=2 * counting.alpha,
        n_control=control.size,
        n_candidate=candidate.size,
        fault=EMPTY if empty else None,
    )


def foreseen(
    control: NDArray[np.float64], candidate: NDArray[np.float64], counting: Counting, times: float
) -> tuple[float, float]:
    """The interval of the log ratio, were both arms `times` as large and otherwise as they are."""
    bounds = []
    for ordered in (control, candidate):
        n = round(ordered.size * times)
        fewest, most = accepted(counting, n)
        bounds.append(
            (
                at(ordered, fewest / n) if fewest else -inf,
                at(ordered, (most + 1) / n) if most < n else inf,
            )
        )
    (low_a, high_a), (low_b, high_b) = bounds
    return low_b - high_a, high_b - low_a
