"""What is expected of one question: seconds a stage, dollars a call, and which rungs there are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from zlib import crc32

from forerun.clock import now
from forerun.domain import Draft, Question, Role, Rung, Stage
from forerun.orchestrators.complexity import Complexity
from forerun.orchestrators.latency import SHORTEST_BUDGET_S, Latencies, budget_s
from forerun.orchestrators.launching import Bet, Posteriors
from forerun.orchestrators.spending import Spending

PROSE_SHARE = 0.4
"""Of the writer's time, what comes after the closing fence."""
AUDITED_ONE_IN = 20
"""So many accepted drafts go on to the writer all the same, so that a drift is noticed."""

_OF_THE_WRITER = frozenset({Rung.SQL_FIRST, Rung.REVIEW})
"""What follows wherever the writer writes."""
_SURER = _OF_THE_WRITER | {Rung.WRITE_AHEAD}
"""Than a guess, to be used."""
_OF_A_GUESS = (Role.NARRATOR, Role.REVIEWER)
_ASKS = {
    Stage.ANALYSE: Role.ANALYST,
    Stage.REVIEW: Role.REVIEWER,
    Stage.NARRATE: Role.NARRATOR,
}
_BESIDE_THE_ANALYST = (Rung.CONTEXT, Rung.WRITE_AHEAD, Rung.DRAFT_AHEAD, Rung.AT_ONCE)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Made anew for each question from what was learned of those before it."""

    question_class: str
    complexity: Complexity
    latencies: Latencies
    spending: Spending
    posteriors: Posteriors
    rungs: frozenset[Rung]
    """Those that are switched on, that this model and database can do, and that the question gives
    occasion for."""
    roles: frozenset[Role]
    """That have a model: the others take no time and cost nothing."""
    writers: int = 1
    accept_precision: float = 0.98
    takeover_at: float | None = None
    """When the sequential path must begin to end in time, on the clock of deadlines."""
    bets: dict[Rung, Bet] = field(default_factory=dict)
    """Those reckoned already for this question, or for others like it not long ago."""

    def has(self, rung: Rung) -> bool:
        return rung in self.rungs

    @property
    def overlaps(self) -> bool:
        """Whether anything may be done while the analyst works."""
        return not self.rungs.isdisjoint(_BESIDE_THE_ANALYST)

    @property
    def candidates(self) -> int:
        """Writers at once."""
        return self.writers if Rung.CANDIDATES in self.rungs else 1

    def bet(self, rung: Rung) -> Bet:
        """What launching `rung` would save where it is used, and what it costs where it is not."""
        if (bet := self.bets.get(rung)) is None:
            bet = self.bets[rung] = self._bet(rung)
        return bet

    def _bet(self, rung: Rung) -> Bet:
        seconds = self._seconds
        follow_s = seconds(Stage.RUN) + seconds(Stage.NARRATE)
        match rung:
            case Rung.CONTEXT:
                return Bet(min(seconds(Stage.ANALYSE), seconds(Stage.CONTEXTUALISE)), 0.0, 0)
            case Rung.REVIEW:
                return self._stake(min(seconds(Stage.REVIEW), follow_s), Role.NARRATOR)
            case Rung.WRITE_AHEAD:
                gain_s = min(seconds(Stage.ANALYSE), seconds(Stage.DRAFT))
                return self._stake(gain_s, Role.WRITER, queries=1)
            case Rung.DRAFT_AHEAD:
                gain_s = min(self._written_s, max(follow_s, seconds(Stage.REVIEW)))
                leaves = self._bets(_SURER)
                return self._stake(gain_s, *_OF_A_GUESS, queries=1, leaves=leaves)
            case Rung.AT_ONCE:
                gain_s = min(follow_s, seconds(Stage.CONTEXTUALISE))
                roles = Role.WRITER, *_OF_A_GUESS
                bet = self._stake(gain_s, *roles, queries=1, leaves=self._bets(_SURER))
                unsaid_usd = PROSE_SHARE * self.spending.cost_usd((Role.WRITER,))
                cheaper = (Rung.DRAFT_AHEAD, self.bet(Rung.DRAFT_AHEAD))
                rival = cheaper if self.has(Rung.DRAFT_AHEAD) else None
                return replace(bet, cost_usd=bet.cost_usd - unsaid_usd, rival=rival)
            case Rung.SECOND_LOOK:
                gain_s = min(self._written_s, max(follow_s, seconds(Stage.REVIEW)))
                # The statement was staked when it was written; its summary by `review`, if at all.
                paid = [Role.REVIEWER] if self.has(Rung.REVIEW) else _OF_A_GUESS
                return self._stake(gain_s, *paid, leaves=self._bets(_OF_THE_WRITER))
            case Rung.SQL_FIRST:
                gain_s = PROSE_SHARE * seconds(Stage.DRAFT)
                return self._stake(gain_s, Role.REVIEWER, queries=1)
            case Rung.CANDIDATES:
                return self._stake(seconds(Stage.REPAIR), Role.WRITER, queries=1)
            case _:
                return Bet(seconds(Stage.DRAFT), 0.0, 0)

    @property
    def _written_s(self) -> float:
        """Until the writer's query is there."""
        whole_s = self._seconds(Stage.DRAFT)
        return (1 - PROSE_SHARE) * whole_s if self.has(Rung.SQL_FIRST) else whole_s

    def _bets(self, rungs: frozenset[Rung]) -> tuple[Bet, ...]:
        """On those of `rungs` that there are: room is left for what follows in any case."""
        return tuple([self.bet(rung) for rung in rungs & self.rungs])

    def _stake(
        self, gain_s: float, *roles: Role, queries: int = 0, leaves: tuple[Bet, ...] = ()
    ) -> Bet:
        paid = [role for role in roles if role in self.roles]
        cost_usd, tokens = self.spending.cost_usd(paid), self.spending.tokens(*paid)
        return Bet(gain_s, cost_usd, tokens, queries, leaves)

    def _seconds(self, stage: Stage) -> float:
        """Usually; none at all where the stage is left to a model that is not there."""
        if (role := _ASKS.get(stage)) is not None and role not in self.roles:
            return 0.0
        return self._quantile(stage, 0.5)

    def _quantile(self, stage: Stage, share: float) -> float:
        return self.latencies.quantile(stage, self.complexity, share)

    def budget_s(self, stage: Stage) -> float:
        """How long the stage may take before the sequential path takes over."""
        p95_s = self._quantile(stage, 0.95)
        most_s = budget_s(p95_s)
        if self.takeover_at is None:
            return most_s
        # Where the deadline has no room for both paths, a stage still gets the time it needs.
        least_s = max(p95_s, SHORTEST_BUDGET_S)
        return max(min(most_s, self.takeover_at - now()), least_s)

    def proven(self, draft: Draft, question: Question) -> bool:
        """Whether drafts like this one have agreed with the writer often enough to do without."""
        if crc32(question.id.encode()) % AUDITED_ONE_IN == 0:
            return False
        bound = self.posteriors.lower_bound(Rung.CONFIDENT_ACCEPT, self._class_of(draft))
        return bound >= self.accept_precision

    def compared(self, draft: Draft, agreed: bool) -> None:
        """Learn whether such a draft agreed with the writer."""
        self.posteriors.learn(Rung.CONFIDENT_ACCEPT, self._class_of(draft), agreed)

    def _class_of(self, draft: Draft) -> str:
        return f"{self.question_class}/{draft.origin.value}/{draft.confidence:.1f}"
