"""By what it is decided: thought out before anything is seen, and not changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.claims import Better
from forerun.rollout.statistics.effects import Scale
from forerun.rollout.statistics.exact import Counting
from forerun.rollout.statistics.metrics import Metric


@dataclass(frozen=True, slots=True)
class Limit:
    """A guardrail: what must not get worse by more than `margin`.

    Of a time 0.1 allows a ratio of 1.1; of a share 0.02 allows two points.
    """

    metric: Metric
    margin: float

    @property
    def bound(self) -> float:
        """As a reader sees it: the worst ratio or difference that is allowed."""
        if self.metric.scale is Scale.RATIO:
            return 1 + self.margin
        return -self.margin if self.metric.better is Better.HIGHER else self.margin


@dataclass(frozen=True, slots=True)
class Rule:
    """The primary metric must be better, and every limit kept."""

    primary: Metric = Metric.MEAN_TIME
    limits: tuple[Limit, ...] = (Limit(Metric.P95_TIME, 0.10), Limit(Metric.SUCCESS, 0.02))
    control: str = "sequential"
    candidate: str = "parallel"
    candidate_share: float = 0.5
    """Of the units of both arms, as planned; for other allocations see `Exposed`."""
    alpha: float = 0.05
    """Of the primary metric, both ways together. Limits get half of it on each side: all of them
    must be kept, so that more of them make a wrong promotion no likelier."""
    mismatch_alpha: float = 0.01
    planned: int = 2_000
    """Units of both arms at which intervals are the narrowest."""
    minimum: int = 100
    """Of each arm, before anything is said."""
    horizon: int = 3_000
    """Of each arm, at which it ends undecided."""
    tail_from: int | None = 1_500
    """From so many answers per arm the asymptotic sequence may promote by a p95, not only the exact
    one. None where it never may."""
    strata: tuple[str, ...] = ()
    """Whose claims are made too; they decide nothing."""
    sticky: bool = False
    """Whether units ask several questions, so that each is counted once."""

    @property
    def primary_boundary(self) -> Boundary:
        return Boundary(self.alpha, self.planned, self.minimum)

    @property
    def limit_boundary(self) -> Boundary:
        return Boundary(self.alpha / 2, self.planned, self.minimum, one_sided=True)

    def counting(self, q: float) -> Counting:
        """Of each arm, with half of alpha."""
        return Counting(q, self.alpha / 2, max(self.planned // 2, 1))
