"""How far an estimate may stray from the truth, at all times together.

The boundary is Robbins' normal mixture as an asymptotic confidence sequence: Waudby-Smith, Arbour,
Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences",
arXiv 2103.06476, Theorem 2.2 (two-sided) and its one-sided companion in the appendix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import e, inf, log, log1p, sqrt

from scipy.special import lambertw


@lru_cache(maxsize=256)
def mixing(alpha: float, planned: float) -> float:
    """The mixture's variance rho^2 with which the boundary is narrowest after `planned` units.

    rho^2 = (-W(-alpha^2 / e) - 1) / planned, with W the lower branch of Lambert's function
    (arXiv 2103.06476, appendix on the choice of rho).
    """
    return float(-lambertw(-(alpha**2) / e, -1).real - 1) / planned


@dataclass(frozen=True, slots=True)
class Boundary:
    """What intervals are made with."""

    alpha: float = 0.05
    """Probability, at most, that the interval misses the truth at any look: in the limit."""
    planned: int = 2_000
    """Units in all arms together at which the interval is the narrowest."""
    minimum: int = 100
    """Of each arm; before that the interval holds everything, since the limit is far."""
    one_sided: bool = False
    """Whether alpha is spent on each side anew, so that each bound stands for itself."""

    def reach(self, units: int) -> float:
        """Half the interval's width in standard errors of the estimate.

        Two-sided sqrt(2 (n r + 1) / (n r) log(sqrt(n r + 1) / alpha)) with n units and r = rho^2;
        one-sided with log(1 + sqrt(n r + 1) / (2 alpha)) instead.
        """
        if units < 1:
            return inf
        rho2 = mixing(min(2 * self.alpha, 0.999) if self.one_sided else self.alpha, self.planned)
        grown = units * rho2 + 1
        odds = sqrt(grown) / self.alpha
        return sqrt(2 * grown / (grown - 1) * (log1p(odds / 2) if self.one_sided else log(odds)))
