"""Events of one question become its trace, and what was done ahead of time its accounts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from forerun.clock import now
from forerun.domain import (
    Answer,
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
from forerun.domain.branches import is_within
from forerun.events import (
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


@dataclass(slots=True)
class _Span:
    """One run of a stage, as far as it was heard of."""

    started: StageStarted
    ended: StageEnded | None = None
    calls: tuple[ModelCalled, ...] = ()


@dataclass
class Recorder:
    """Hears the events of one question. Who wastes a branch wastes all that grew from it."""

    started_at: float = field(default_factory=now)
    _spans: dict[SpanId, _Span] = field(default_factory=dict)
    _statements: list[StatementRun] = field(default_factory=list)
    _launched: dict[str, Rung] = field(default_factory=dict)
    _settled: list[RungSettled] = field(default_factory=list)
    decision: Decision | None = None
    fallback: Fallback = field(default_factory=Fallback)
    _spent: dict[str, Usage] = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        match event:
            case StageStarted():
                self._spans[event.span] = _Span(event)
            case StageEnded():
                self._spans[event.span].ended = event
            case ModelCalled(branch=branch):
                self._spent[branch] = self._spent.get(branch, Usage()) + event.usage
                if event.span in self._spans:
                    self._spans[event.span].calls += (event,)
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
        return self._trace(self._wasted())

    def told_of(self, answer: Answer) -> Answer:
        """The answer with all that was heard while it came about."""
        wasted = self._wasted()
        trace = self._trace(wasted)
        return replace(
            answer,
            trace=trace,
            usage=trace.usage,
            decision=self.decision,
            fallback=self.fallback,
            speculation=self._speculation(wasted),
        )

    def _trace(self, wasted: frozenset[str]) -> Trace:
        spans = tuple([self._told(span, wasted) for span in self._spans.values()])
        return Trace(spans, self._ms(now()), tuple(self._statements))

    def _speculation(self, wasted: frozenset[str]) -> tuple[Speculation, ...]:
        """Every rung that came up, in the order in which it was settled."""
        told = [self._account(event, wasted) for event in self._settled]
        settled = {event.branch for event in self._settled if event.fate is not Fate.SKIPPED}
        told += [
            self._account(RungSettled(rung, branch, Fate.WASTED, NEVER_SETTLED), wasted)
            for branch, rung in self._launched.items()
            if branch not in settled
        ]
        return tuple(told)

    def _wasted(self) -> frozenset[str]:
        """The branches of which nothing came, and those that grew from them."""
        used = {event.branch for event in self._settled if event.fate is Fate.USED}
        roots = self._launched.keys() - used
        if not roots:
            return frozenset()
        seen = {span.started.branch for span in self._spans.values()} | self._launched.keys()
        return frozenset(each for each in seen if any(is_within(each, root) for root in roots))

    def _account(self, event: RungSettled, wasted: frozenset[str]) -> Speculation:
        if event.fate is Fate.SKIPPED:
            return Speculation(event.rung, Fate.SKIPPED, event.branch, event.reason)
        if event.branch not in wasted:
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
        own = (span for span in self._spans.values() if span.started.branch == branch)
        return 1000 * sum(span.ended.at - span.started.at for span in own if span.ended)

    def _told(self, span: _Span, wasted: frozenset[str]) -> StageSpan:
        started, ended = span.started, span.ended
        start_ms = self._ms(started.at)
        return StageSpan(
            started.stage,
            started.branch,
            start_ms,
            start_ms if ended is None else self._ms(ended.at),
            "running" if ended is None else ended.outcome,
            None if ended is None else ended.detail,
            tuple(map(self._call, span.calls)),
            started.branch in wasted,
        )

    def _call(self, event: ModelCalled) -> ModelCall:
        return ModelCall(
            event.role,
            event.model,
            event.prompt,
            self._ms(event.started_at),
            self._ms(event.at),
            None if event.first_token_at is None else self._ms(event.first_token_at),
            event.usage,
            event.outcome,
        )

    def _ms(self, at: float) -> float:
        """From the beginning of the question: what it took over from another had begun earlier."""
        return round(max(0.0, at - self.started_at) * 1000, 3)
