"""What is learned from each question for the next: latencies, costs, and which guesses come true."""

from __future__ import annotations

from dataclasses import dataclass, field

from forerun.domain import Fate, Role, Rung, Stage
from forerun.errors import ForerunError
from forerun.events import Event, ModelCalled, SpanId, StageEnded, StageStarted
from forerun.orchestrators.complexity import Complexity
from forerun.orchestrators.latency import Latencies
from forerun.orchestrators.launching import Allowance, Bet, Posteriors
from forerun.orchestrators.load import Load
from forerun.orchestrators.spending import Spending
from forerun.ports import Store

TIMINGS_KEPT = 200


@dataclass
class Experience:
    """All that was learned about one database and its models."""

    latencies: Latencies
    store: Store
    posteriors: Posteriors = field(default_factory=Posteriors)
    spending: Spending = field(default_factory=Spending)
    save_after: int = 50
    """Questions after which what is new is written; the rest is when all is closed."""
    _waiting: int = 0

    async def load(self) -> None:
        """What earlier processes learned. A store that does not answer is done without."""
        try:
            self.posteriors.load(await self.store.outcomes())
            self.latencies.load(await self.store.timings(self.latencies.database, TIMINGS_KEPT))
        except ForerunError:
            return

    async def save(self) -> None:
        """Write what is new. A store that does not answer loses it, and nothing else."""
        outcomes, timings = self.posteriors.unsaved(), self.latencies.unsaved()
        self._waiting = 0
        try:
            if outcomes:
                await self.store.add_outcomes(outcomes)
            if timings:
                await self.store.add_timings(timings)
        except ForerunError:
            return

    async def save_when_due(self) -> None:
        self._waiting += 1
        if self._waiting >= self.save_after:
            await self.save()


@dataclass
class Lesson:
    """Hears the events of one question."""

    experience: Experience
    complexity: Complexity
    spent_s: float = 0.0
    """On stages that ended well, each once: about what the sequential path takes."""
    _begun: dict[SpanId, float] = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        match event:
            case StageStarted(span=span, at=at):
                self._begun[span] = at
            case StageEnded(stage=stage, span=span, outcome=outcome, at=at):
                began = self._begun.pop(span, at)
                if outcome in ("ok", "refused", "clarify"):
                    self._observe(stage, at - began)
            case ModelCalled(role=role, usage=usage, outcome="ok") if usage.model_calls:
                self.experience.spending.observe(role, usage)

    def _observe(self, stage: Stage, seconds: float) -> None:
        self.spent_s += seconds
        self.experience.latencies.observe(stage, self.complexity, seconds)


@dataclass
class QuestionAdmission:
    """Says for one question which rungs are launched, and learns what became of them."""

    question_class: str
    allowance: Allowance
    posteriors: Posteriors
    load: Load

    def refusal(self, rung: Rung, bet: Bet) -> str | None:
        reason = self.allowance.refusal(rung, self.question_class, bet)
        if reason is None:
            self.allowance.take(bet)
            self.load.speculations += 1
        return reason

    def settled(self, rung: Rung, fate: Fate) -> None:
        self.posteriors.learn(rung, self.question_class, used=fate is Fate.USED)

    def ended(self) -> None:
        self.load.speculations -= 1


SEQUENTIAL_ROLES = (Role.WRITER, Role.REVIEWER, Role.NARRATOR)
"""Whose calls the sequential path makes for nearly every question."""
