"""What is learned from each question for the next: latencies, costs, which guesses come true."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from forerun.domain import Fate, Role, Rung, Stage
from forerun.domain.branches import is_guess
from forerun.errors import ForerunError
from forerun.events import Event, ModelCalled, SpanId, StageEnded, StageStarted, StatementEnded
from forerun.orchestrators.complexity import Complexity
from forerun.orchestrators.latency import REFITTED_AT_FIRST, REFITTED_EVERY, Latencies
from forerun.orchestrators.launching import Allowance, Bet, Posteriors
from forerun.orchestrators.load import Load
from forerun.orchestrators.outlook import PROSE_SHARE
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
    _asked: int = 0
    _bets: dict[Hashable, dict[Rung, Bet]] = field(default_factory=dict)

    def bets(self, *about: Hashable) -> dict[Rung, Bet]:
        """What is staked on each rung in questions like this, filled in by who asks.

        Reckoned anew for each question at first, and for one in so many once much was seen.
        """
        self._asked += 1
        if self._asked <= REFITTED_AT_FIRST or self._asked % REFITTED_EVERY == 0:
            self._bets.clear()
        return self._bets.setdefault(about, {})

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


_ENDED_WELL = frozenset({"ok", "cut", "refused", "clarify"})


@dataclass
class Lesson:
    """Hears the events of one question."""

    experience: Experience
    complexity: Complexity
    _begun: dict[SpanId, float] = field(default_factory=dict)
    _shared: set[SpanId] = field(default_factory=set)
    """Spans that only waited for somebody else's call."""
    _asked: set[SpanId] = field(default_factory=set)
    """Spans in which a model was asked, and has answered."""

    def hear(self, event: Event) -> None:
        match event:
            case StageStarted(span=span, at=at):
                self._begun[span] = at
            case StageEnded(stage=stage, span=span, outcome=outcome, at=at):
                began = self._begun.pop(span, at)
                if outcome in _ENDED_WELL and self._tells_something(stage, event):
                    # Of a reply that was cut, the sequential path would have heard the rest.
                    share = 1 - PROSE_SHARE if outcome == "cut" else 1.0
                    self._observe(stage, (at - began) / share)
            case StatementEnded(outcome="ok", started_at=began, at=at):
                self._observe(Stage.RUN, at - began)
            case ModelCalled(role=role, usage=usage, span=span, outcome="ok"):
                (self._asked if usage.model_calls else self._shared).add(span)
                if usage.model_calls and not (role is Role.WRITER and is_guess(event.branch)):
                    self.experience.spending.observe(role, usage)

    def _tells_something(self, stage: Stage, ended: StageEnded) -> bool:
        """A sketch is no draft, a statement tells of itself, and of no rows no narrator is told."""
        sketched = stage is Stage.DRAFT and is_guess(ended.branch)
        unasked = stage is Stage.NARRATE and ended.span not in self._asked
        return not (sketched or unasked or stage is Stage.RUN or ended.span in self._shared)

    def _observe(self, stage: Stage, seconds: float) -> None:
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
            self.allowance.take(rung, bet)
        return reason

    def began(self) -> None:
        self.load.speculations += 1

    def settled(self, rung: Rung, fate: Fate) -> None:
        self.posteriors.learn(rung, self.question_class, used=fate is Fate.USED)
        if fate is Fate.USED:
            self.allowance.give_back(rung)

    def ended(self) -> None:
        self.load.speculations -= 1
