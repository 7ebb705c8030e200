"""Events of one question become its trace, and what was done ahead of time its accounts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import anyio

from forerun.domain import (
    Decision,
    Fallback,
    Fate,
    ModelCall,
    Rung,
    Speculation,
    StageSpan,
    StatementRun,
    Trace,
    Usage,
)
from forerun.events import (
    MAIN,
    Decided,
    Event,
    FellBack,
    ModelCalled,
    RungLaunched,
    RungSettled,
    SpanId,
    StageEnded,
    StageStarted,
    StatementEnded,
)

NEVER_SETTLED = "It was still under way when the answer was there."


@dataclass
class Recorder:
    """Hears the events of one question. A branch is `parent/name`; who wastes one wastes all below."""

    started_at: float = field(default_factory=anyio.current_time)
    _spans: dict[SpanId, StageSpan] = field(default_factory=dict)
    _statements: list[StatementRun] = field(default_factory=list)
    _launched: dict[str, Rung] = field(default_factory=dict)
    _settled: list[RungSettled] = field(default_factory=list)
    decision: Decision | None = None
    fallback: Fallback = Fallback()
    _spent: dict[str, Usage] = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        match event:
            case StageStarted(stage=stage, branch=branch, at=at):
                start = self._ms(at)
                self._spans[event.span] = StageSpan(stage, branch, start, start, "running")
            case StageEnded(at=at):
                span = self._spans[event.span]
                self._spans[event.span] = replace(
                    span, end_ms=self._ms(at), outcome=event.outcome, detail=event.detail
                )
            case ModelCalled():
                self._add_call(event)
            case StatementEnded(sql=sql, branch=branch, started_at=started, at=at):
                times = self._ms(started), self._ms(at)
                self._statements.append(StatementRun(sql, branch, *times, event.outcome))
            case RungLaunched(rung=rung, branch=branch):
                self._launched[branch] = rung
            case RungSettled():
                self._settled.append(event)
            case Decided(decision=decision):
                self.decision = decision
            case FellBack(fallback=fallback):
                self.fallback = fallback

    def trace(self) -> Trace:
        """What was heard so far."""
        wasted = self._wasted()
        spans = tuple(
            replace(span, wasted=_within(span.branch, wasted)) for span in self._spans.values()
        )
        return Trace(spans, self._ms(anyio.current_time()), tuple(self._statements))

    def speculation(self) -> tuple[Speculation, ...]:
        """Every rung that came up, in the order in which it was settled."""
        wasted = self._wasted()
        told = [self._account(event, wasted) for event in self._settled]
        settled = {event.branch for event in self._settled}
        told += [
            self._account(RungSettled(rung, branch, Fate.WASTED, NEVER_SETTLED), wasted)
            for branch, rung in self._launched.items()
            if branch not in settled
        ]
        return tuple(told)

    def _wasted(self) -> frozenset[str]:
        used = {event.branch for event in self._settled if event.fate is Fate.USED}
        return frozenset(self._launched.keys() - used)

    def _account(self, event: RungSettled, wasted: frozenset[str]) -> Speculation:
        if event.fate is Fate.SKIPPED:
            return Speculation(event.rung, Fate.SKIPPED, event.branch, event.reason)
        if not _within(event.branch, wasted):
            saved = round(event.saved_s * 1000, 3)
            return Speculation(event.rung, Fate.USED, event.branch, event.reason, saved)
        spent = self._spent.get(event.branch, Usage())
        return Speculation(
            event.rung,
            Fate.WASTED,
            event.branch,
            event.reason,
            wasted_ms=round(self._busy_ms(event.branch), 3),
            wasted_tokens=spent.input_tokens + spent.output_tokens,
            wasted_usd=spent.cost_usd,
        )

    def _busy_ms(self, branch: str) -> float:
        own = (span for span in self._spans.values() if span.branch == branch)
        return sum(span.end_ms - span.start_ms for span in own)

    def _add_call(self, event: ModelCalled) -> None:
        call = ModelCall(
            event.role,
            event.model,
            event.prompt,
            self._ms(event.started_at),
            self._ms(event.at),
            None if event.first_token_at is None else self._ms(event.first_token_at),
            event.usage,
            event.outcome,
        )
        self._spent[event.branch] = self._spent.get(event.branch, Usage()) + event.usage
        if event.span in self._spans:
            span = self._spans[event.span]
            self._spans[event.span] = replace(span, calls=(*span.calls, call))

    def _ms(self, at: float) -> float:
        return round((at - self.started_at) * 1000, 3)


def _within(branch: str, wasted: frozenset[str]) -> bool:
    """Whether the branch, or one that it grew from, was wasted."""
    if branch == MAIN or not wasted:
        return False
    return branch in wasted or _within(branch.rpartition("/")[0] or MAIN, wasted)
