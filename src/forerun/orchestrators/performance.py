"""What was measured of each operation: how often, how well, how fast. In memory, bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from forerun.domain import Answer, Status, Strategy

KEPT = 1_000


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
    last_s: float
    fallbacks: int


@dataclass
class Performance:
    """Remembers the last questions of each operation."""

    _seen: dict[str, deque[Measured]] = field(default_factory=dict)

    def observe(self, operation: str, answer: Answer) -> None:
        """Answered, asked back and refused are successes: nothing failed."""
        decision = answer.decision
        measured = Measured(
            answer.trace.total_ms / 1000,
            answer.status is not Status.FAILED,
            decision.strategy if decision is not None else Strategy.SEQUENTIAL,
            answer.fallback.used,
        )
        self._add(operation, measured)

    def failed(self, operation: str, seconds: float) -> None:
        """A question that ended in an error instead of an answer."""
        self._add(operation, Measured(seconds, succeeded=False))

    def _add(self, operation: str, measured: Measured) -> None:
        self._seen.setdefault(operation, deque(maxlen=KEPT)).append(measured)

    def operations(self) -> Mapping[str, Figures]:
        """Figures by operation, such as `hybrid_orchestrator`."""
        return {name: figures_of(seen) for name, seen in self._seen.items()}

    def by_strategy(self, operation: str) -> Mapping[Strategy, Figures]:
        """Parallel against sequential, side by side."""
        seen = self._seen.get(operation, ())
        found = {each.strategy for each in seen}
        return {
            strategy: figures_of([each for each in seen if each.strategy is strategy])
            for strategy in Strategy
            if strategy in found
        }


def figures_of(seen: deque[Measured] | list[Measured]) -> Figures:
    seconds = sorted(each.seconds for each in seen)
    return Figures(
        count=len(seen),
        success_rate=sum(each.succeeded for each in seen) / len(seen),
        mean_s=sum(seconds) / len(seconds),
        p50_s=quantile(seconds, 0.5),
        p95_s=quantile(seconds, 0.95),
        last_s=seen[-1].seconds,
        fallbacks=sum(each.fell_back for each in seen),
    )


def quantile(ordered: list[float], share: float) -> float:
    """Between the two nearest of the values, as R's type 7 (Hyndman & Fan 1996)."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
