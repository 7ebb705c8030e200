"""One share, exactly: right at any sample size, whenever one looks.

k of n are binomial(n, p). A Jeffreys mixture over p, against the binomial itself, is a martingale
under the truth, so that it reaches 1 / alpha at any time with probability alpha at most (Robbins,
"Statistical methods related to the law of the iterated logarithm", 1970; Howard, Ramdas, McAuliffe
and Sekhon, arXiv 1810.08240). The shares that keep it below are the interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import lgamma, log, nan

HALF = 0.5
STEPS = 60
"""Halvings of an interval no longer than 1."""


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n`, and where the truth is."""

    count: int
    n: int
    low: float
    high: float
    """0 and 1 while nothing is known."""

    @property
    def estimate(self) -> float:
        """NaN without data."""
        return self.count / self.n if self.n else nan


def share(count: int, n: int, alpha: float) -> Share:
    """The exact confidence sequence of a share at this moment."""
    if not n:
        return Share(0, 0, 0.0, 1.0)
    limit = -log(alpha)
    mixed = _log_beta(HALF + count, HALF + n - count) - _log_beta(HALF, HALF)
    middle = count / n

    def is_refuted(p: float) -> bool:
        return mixed - _log_likelihood(count, n, p) >= limit

    low = 0.0 if not count else _edge(is_refuted, 0.0, middle)
    high = 1.0 if count == n else _edge(is_refuted, 1.0, middle)
    return Share(count, n, low, high)


def _edge(is_refuted: Callable[[float], bool], outside: float, inside: float) -> float:
    """The last refuted share on the way from `outside`, where all are, to `inside`."""
    for _ in range(STEPS):
        between = (outside + inside) / 2
        if is_refuted(between):
            outside = between
        else:
            inside = between
    return outside


def _log_likelihood(count: int, n: int, p: float) -> float:
    rest = n - count
    told = count * log(p) if count else 0.0
    return told + (rest * log(1 - p) if rest else 0.0)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
