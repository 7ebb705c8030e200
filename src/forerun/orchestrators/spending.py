"""What a call of each role usually costs: the stake of a bet on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from forerun.domain import Role, Usage
from forerun.orchestrators.launching import ASSUMED_INPUT_USD, ASSUMED_OUTPUT_USD

KEPT = 100
_AT_FIRST = {
    Role.ANALYST: (2_500, 60),
    Role.WRITER: (2_500, 250),
    Role.REVIEWER: (2_500, 50),
    Role.NARRATOR: (900, 130),
}
"""Tokens in and out of our prompts on a schema of a dozen tables; counts as one observation."""


@dataclass
class _Last:
    """The last so many figures, and their sum: added up once, asked for by every bet."""

    kept: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    sum: float = 0.0

    def add(self, figure: float) -> None:
        self.kept.append(figure)
        self.sum = sum(self.kept)  # anew: what is added and taken away again leaves rests


class Spending:
    """Means over the last calls of each role."""

    def __init__(self) -> None:
        self._tokens = {role: _Last() for role in Role}
        self._costs = {role: _Last() for role in Role}
        """Of the calls with a known price."""

    def observe(self, role: Role, usage: Usage) -> None:
        self._tokens[role].add(usage.input_tokens + usage.output_tokens)
        if usage.cost_usd is not None:
            self._costs[role].add(usage.cost_usd)

    def tokens(self, *roles: Role) -> int:
        """Of one call each, input and output."""
        return round(sum([self._mean_tokens(role) for role in roles]))

    def cost_usd(self, roles: Iterable[Role]) -> float:
        """Of one call each; where no price is known, at the assumed one."""
        return sum([self._mean_cost(role) for role in roles])

    def _mean_tokens(self, role: Role) -> float:
        seen = self._tokens[role]
        return (seen.sum + sum(_AT_FIRST[role])) / (len(seen.kept) + 1)

    def _mean_cost(self, role: Role) -> float:
        costs = self._costs[role]
        if costs.kept:
            return costs.sum / len(costs.kept)
        asked, said = _AT_FIRST[role]
        return asked * ASSUMED_INPUT_USD + said * ASSUMED_OUTPUT_USD
