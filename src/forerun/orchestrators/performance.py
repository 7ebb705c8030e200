"""What was measured of each operation: how often, how well, how fast. In memory, bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from forerun.domain import Answer, Status, Strategy
from forerun.domain.figures import Figures, Measured, figures_of

KEPT = 1_000


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
