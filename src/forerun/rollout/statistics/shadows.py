"""Questions that both paths answered: how fast each was, and whether they said the same.

What differs between two runs of the same path is noise: its share is the floor that the parallel
path's mismatches are judged against (as GitHub's scientist advises: control against control first).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.intervals import Interval, asymptotic
from forerun.rollout.statistics.means import ratio_of_pairs
from forerun.rollout.statistics.metrics import Metric
from forerun.rollout.statistics.proportions import Share, share
from forerun.rollout.statistics.rates import difference_of_pairs
from forerun.rollout.statistics.samples import Ended

ALPHA = 0.05
PLANNED = 300
"""Pairs at which intervals are the narrowest."""
MINIMUM = 50
"""Pairs before an interval of them says anything."""
DOUBT = 0.2
"""Alpha of what keeps a promotion back: to wait in vain costs less than wrong answers do."""


class Paired(Protocol):
    """A question that two runs have answered."""

    @property
    def of_control(self) -> bool: ...
    @property
    def control_s(self) -> float: ...
    @property
    def candidate_s(self) -> float: ...
    @property
    def control(self) -> str:
        """A value of `Ended`."""

    @property
    def candidate(self) -> str: ...
    @property
    def same(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Side:
    """All pairs of one kind."""

    time: Interval
    """Seconds of the unseen run over those of the asker's, where both answered."""
    success: Interval
    """Shares answered, the unseen run's minus the asker's."""
    answered: int
    """By the unseen run."""
    mismatches: Share

    @property
    def pairs(self) -> int:
        return self.mismatches.n


@dataclass(frozen=True, slots=True)
class Shadows:
    """What shadow runs tell."""

    parallel: Side
    noise: Side
    """Of second sequential runs."""

    @property
    def pairs(self) -> int:
        return self.parallel.pairs + self.noise.pairs

    @property
    def is_above_noise(self) -> bool:
        """Whether the paths surely differ more often than equal runs do. While there is no second
        sequential run, no noise is known of, and every difference counts."""
        floor = self.noise.mismatches.high if self.noise.pairs else 0.0
        return self.parallel.mismatches.low > floor

    @property
    def sentence(self) -> str:
        if not self.parallel.pairs:
            return "No question was answered by both paths, so nothing is known of how they differ."
        said = f"The paths differ in {_told(self.parallel.mismatches)}"
        noise = self.noise.mismatches
        against = f"two sequential runs in {_told(noise)}" if noise.n else "no noise is known yet"
        end = "that is more than noise" if self.is_above_noise else "noise may explain it"
        return f"{said}; {against}: {end}."


def shadows(pairs: Sequence[Paired]) -> Shadows:
    """Always valid: may be asked at any time and any number of times."""
    return Shadows(
        _side([each for each in pairs if not each.of_control]),
        _side([each for each in pairs if each.of_control]),
    )


def _side(pairs: Sequence[Paired]) -> Side:
    timed = [each for each in pairs if _is_timed(each)]
    control_s, candidate_s = (
        np.log(np.array([getattr(each, name) for each in timed], dtype=float))
        for name in ("control_s", "candidate_s")
    )
    control, candidate = _answered(pairs, "control"), _answered(pairs, "candidate")
    boundary = Boundary(ALPHA, PLANNED, MINIMUM)
    differing = sum(not each.same for each in pairs)
    return Side(
        asymptotic(ratio_of_pairs(control_s, candidate_s, Metric.MEAN_TIME), boundary),
        asymptotic(difference_of_pairs(control, candidate, Metric.SUCCESS), boundary),
        int(candidate.sum()),
        share(differing, len(pairs), DOUBT / 2),
    )


def _is_timed(pair: Paired) -> bool:
    both = pair.control == pair.candidate == Ended.ANSWERED
    return both and 0 < pair.control_s < np.inf and 0 < pair.candidate_s < np.inf


def _answered(pairs: Sequence[Paired], name: str) -> NDArray[np.float64]:
    return np.array([getattr(each, name) == Ended.ANSWERED for each in pairs], dtype=float)


def _told(mismatches: Share) -> str:
    low, high = 100 * mismatches.low, 100 * mismatches.high
    return f"{mismatches.count:,} of {mismatches.n:,} (between {low:.2g} and {high:.2g} %)"
