"""Sample-ratio mismatch: do units come to the arms in the planned shares?

Where they do not, something eats units of one arm, and whatever is compared is not comparable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

from forerun.rollout.statistics.boundaries import mixing

METHOD = "Dirichlet-multinomial e-process"


@dataclass(frozen=True, slots=True)
class Exposed:
    """Units by arm while one allocation held, e.g. during one step of a ramp."""

    counts: Mapping[str, int]
    allocation: Mapping[str, float]
    """Planned shares of the arms; they need not add up to 1."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What the counts say of the allocation."""

    steps: tuple[Exposed, ...]
    log_evidence: float
    """Log of the odds against the planned shares."""
    alpha: float
    method: str = METHOD

    @property
    def p_value(self) -> float:
        """Always valid: whenever one looks."""
        return min(1.0, exp(-self.log_evidence))

    @property
    def found(self) -> bool:
        return self.log_evidence >= -log(self.alpha)

    @property
    def sentence(self) -> str:
        told = "; ".join(
            ", ".join(f"{arm} {count:,}" for arm, count in step.counts.items())
            for step in self.steps
        )
        fit = "do not fit" if self.found else "fit"
        return f"Units ({told}) {fit} the planned shares (p = {self.p_value:.2g})."


def mismatch(steps: Sequence[Exposed], alpha: float = 0.01, planned: int = 5_000) -> Mismatch:
    """Multinomial counts against their planned shares, always valid.

    The odds are those of a Dirichlet mixture around the planned shares (Lindon and Malek,
    "Anytime-valid inference for multinomial count data", NeurIPS 2022, arXiv 2011.03567), as wide
    as suits `planned` units. Under the plan they are a martingale that reaches 1 / alpha with
    probability alpha at most. Steps with allocations of their own multiply.

    Raises `ValueError` where an arm has units and no share.
    """
    weight = 1 / mixing(alpha, planned)
    return Mismatch(tuple(steps), sum(_log_odds(step, weight) for step in steps), alpha)


def _log_odds(step: Exposed, weight: float) -> float:
    whole = sum(step.allocation.values())
    shares = {arm: share / whole for arm, share in step.allocation.items() if share > 0}
    stray = [arm for arm, count in step.counts.items() if count and arm not in shares]
    if stray:
        raise ValueError(f"Arms with units but no planned share: {', '.join(stray)}.")
    n = sum(step.counts.values())
    log_odds = lgamma(weight) - lgamma(weight + n)
    for arm, share in shares.items():
        count = step.counts.get(arm, 0)
        log_odds += lgamma(weight * share + count) - lgamma(weight * share) - count * log(share)
    return log_odds
