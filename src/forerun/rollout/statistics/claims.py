"""What is claimed of an effect, and whether it may be said already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.effects import Effect, Scale
from forerun.rollout.statistics.exact import Counting, exact_ratio
from forerun.rollout.statistics.intervals import Interval, asymptotic
from forerun.rollout.statistics.needed import needed, needed_exactly


class Standing(StrEnum):
    """Where a claim stands."""

    HOLDS = "holds"
    FAILS = "fails"
    """The opposite is sure."""
    OPEN = "open"
    """Not decidable yet."""
    UNMEASURABLE = "unmeasurable"


class Better(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class Claim:
    """That the candidate is on the better side of `bound`."""

    says: str
    interval: Interval
    bound: float
    """As a reader sees it: a ratio or a difference."""
    better: Better
    more_per_arm: int | None = None
    """About how many more units decide it, where it is open and that can be foreseen."""

    @property
    def standing(self) -> Standing:
        if self.interval.fault is not None:
            return Standing.UNMEASURABLE
        below, above = self.interval.high < self.bound, self.interval.low > self.bound
        if not below and not above:
            return Standing.OPEN
        return Standing.HOLDS if below is (self.better is Better.LOWER) else Standing.FAILS

    @property
    def sentence(self) -> str:
        interval = self.interval
        shown = _shown(interval)
        match self.standing:
            case Standing.HOLDS:
                return f"{self.says}: yes, {shown}."
            case Standing.FAILS:
                return f"{self.says}: no, {shown}."
            case Standing.UNMEASURABLE:
                return f"{self.says}: cannot be measured. {interval.fault}"
            case Standing.OPEN:
                return f"{self.says}: not decidable yet, {shown}; {self._outlook}."

    @property
    def _outlook(self) -> str:
        if self.more_per_arm is None:
            return "how many more would decide it cannot be foreseen"
        return f"about {self.more_per_arm:,} more per arm would decide it"


def claim(says: str, effect: Effect, boundary: Boundary, bound: float, better: Better) -> Claim:
    """Judged by the asymptotic confidence sequence; `bound` as a reader sees it."""
    made = Claim(says, asymptotic(effect, boundary), bound, better)
    if made.standing is not Standing.OPEN:
        return made
    more = needed(effect, boundary, effect.scale.worked(bound))
    return replace(made, more_per_arm=more)


def exact_claim(
    says: str,
    control: NDArray[np.float64],
    candidate: NDArray[np.float64],
    counting: Counting,
    effect: Effect,
    bound: float,
) -> Claim:
    """That the ratio of quantiles is below `bound`, judged exactly; sorted logs of seconds.

    `effect` is the same ratio as the asymptotic sequence takes it: where that cannot be measured,
    neither can this.
    """
    interval = exact_ratio(control, candidate, counting, effect.metric)
    made = Claim(says, replace(interval, fault=effect.fault), bound, Better.LOWER)
    if made.standing is not Standing.OPEN:
        return made
    more = needed_exactly(control, candidate, counting, Scale.RATIO.worked(bound))
    return replace(made, more_per_arm=more)


def _shown(interval: Interval) -> str:
    if interval.scale is Scale.RATIO:
        told = f"{interval.estimate:.3g} times the control's"
        return f"{told} (between {interval.low:.3g} and {interval.high:.3g})"
    told = f"{100 * interval.estimate:+.2g} points"
    return f"{told} (between {100 * interval.low:+.2g} and {100 * interval.high:+.2g})"
