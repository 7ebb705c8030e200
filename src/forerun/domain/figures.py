"""What many questions add up to: how often, how well, how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forerun.domain.decision import Strategy


@dataclass(frozen=True, slots=True)
class Measured:
    """One question."""

    seconds: float
    succeeded: bool
    strategy: Strategy = Strategy.SEQUENTIAL
    """That was chosen; a fallback counts where it was chosen to be parallel."""
    fell_back: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Over the last questions of one operation, or of one strategy of it. Seconds."""

    count: int
    success_rate: float
    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    last_s: float
    fallbacks: int


def figures_of(seen: Sequence[Measured]) -> Figures:
    """Of one question at least, in the order in which they ended."""
    seconds = sorted(each.seconds for each in seen)
    return Figures(
        count=len(seen),
        success_rate=sum(each.succeeded for each in seen) / len(seen),
        mean_s=sum(seconds) / len(seconds),
        p50_s=quantile(seconds, 0.5),
        p95_s=quantile(seconds, 0.95),
        p99_s=quantile(seconds, 0.99),
        last_s=seen[-1].seconds,
        fallbacks=sum(each.fell_back for each in seen),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Between the two nearest of the values, as R's type 7 (Hyndman & Fan 1996)."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
