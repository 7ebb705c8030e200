"""Events of one question become its trace, and what was done ahead of time its accounts."""

from __future__ import annotations

from collections.abc import Mapping
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
    Stage,
    StageSpan,
    StatementRun,
    Trace,
    Usage,
)
from forerun.domain.branches import is_guess, is_within
from forerun.events import (
    Decided,
    Event,
    FellBack,
    FoundDone,
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


@dataclass(frozen=True, slots=True)
class _Fates:
    """What came of all that was done ahead of time."""

    wasted: frozenset[str]
    """Branches that were settled so, or never, and those that grew from them."""
    found: Mapping[SpanId, float]
    """The stages of which something came all the same, with the seconds that it saved: who got on
    asked for the same as they had."""

    def is_wasted(self, started: StageStarted) -> bool:
        return started.branch in self.wasted and started.span not in self.found


@dataclass
class Recorder:
    """Hears the events of one question. Who wastes a branch wastes all that grew from it, but for
    what others find done there."""

    started_at: float = field(default_factory=now)
    _spans: dict[SpanId, _Span] = field(default_factory=dict)
    _statements: list[StatementRun] = field(default_factory=list)
    _launched: dict[str, Rung] = field(default_factory=dict)
    _settled: list[RungSettled] = field(default_factory=list)
    decision: Decision | None = None
    fallback: Fallback = field(default_factory=Fallback)
    _spent: dict[tuple[str, SpanId], Usage] = field(default_factory=dict)
    _found: list[FoundDone] = field(default_factory=list)
    _handed_over: dict[SpanId, float] = field(default_factory=dict)
    """See `_taken_over`."""

    def hear(self, event: Event) -> None:
        match event:
            case StageStarted():
                self._spans[event.span] = _Span(event)
            case StageEnded():
                self._spans[event.span].ended = event
            case ModelCalled(branch=branch, span=span):
                spent = self._spent.get((branch, span), Usage())
                self._spent[branch, span] = spent + event.usage
                if span in self._spans:
                    self._spans[span].calls += (event,)
            case FoundDone():
                self._found.append(event)
            case StatementEnded(sql=sql, branch=branch, started_at=started, at=at):
                times = self._ms(started), self._ms(at)
                self._statements.append(StatementRun(sql, branch, *times, event.outcome))
            case _:
                self._hear_of_the_schedule(event)

    def _hear_of_the_schedule(self, event: Event) -> None:
        match event:
            case RungLaunched(rung=rung, branch=branch):
                self._launched[branch] = rung
            case RungSettled():
                self._settled.append(event)
            case Decided(decision=decision):
                self.decision = decision
            case FellBack():
                self.fallback, self._handed_over = event.fallback, self._taken_over(event.kept)

    def trace(self) -> Trace:
        """What was heard so far."""
        return self._trace(self._fates())

    def told_of(self, answer: Answer) -> Answer:
        """The answer with all that was heard while it came about."""
        fates = self._fates()
        trace = self._trace(fates)
        return replace(
            answer,
            trace=trace,
            usage=trace.usage,
            decision=self.decision,
            fallback=self.fallback,
            speculation=self._speculation(fates),
        )

    def _trace(self, fates: _Fates) -> Trace:
        spans = tuple([self._told(span, fates) for span in self._spans.values()])
        return Trace(spans, self._ms(now()), tuple(self._statements))

    def _speculation(self, fates: _Fates) -> tuple[Speculation, ...]:
        """Every rung that came up, in the order in which it was settled."""
        told = [self._account(event, fates) for event in self._settled]
        settled = {event.branch for event in self._settled if event.fate is not Fate.SKIPPED}
        told += [
            self._account(RungSettled(rung, branch, Fate.WASTED, NEVER_SETTLED), fates)
            for branch, rung in self._launched.items()
            if branch not in settled
        ]
        return tuple(told)

    def _fates(self) -> _Fates:
        wasted = self._wasted()
        found: dict[SpanId, float] = {}
        for event in self._found:
            if event.branch not in wasted and not is_guess(event.branch):
                found.setdefault(event.by, event.saved_s)
        return _Fates(wasted, {**self._handed_over, **found})

    def _taken_over(self, kept: frozenset[Stage]) -> dict[SpanId, float]:
        """What a fallback goes on with: so far the last of each stage of these, unless it guessed,
        with the seconds that it took."""
        last: dict[Stage, tuple[SpanId, float]] = {}
        for started, ended in ((span.started, span.ended) for span in self._spans.values()):
            if ended is None or ended.outcome not in ("ok", "cut") or is_guess(started.branch):
                continue
            if started.stage in kept:
                last[started.stage] = started.span, ended.at - started.at
        return dict(last.values())

    def _wasted(self) -> frozenset[str]:
        used = {event.branch for event in self._settled if event.fate is Fate.USED}
        roots = self._launched.keys() - used
        if not roots:
            return frozenset()
        seen = {span.started.branch for span in self._spans.values()} | self._launched.keys()
        return frozenset(each for each in seen if any(is_within(each, root) for root in roots))

    def _account(self, event: RungSettled, fates: _Fates) -> Speculation:
        if event.fate is Fate.SKIPPED:
            return Speculation(event.rung, Fate.SKIPPED, event.branch, event.reason)
        if event.branch not in fates.wasted:
            saved = round(event.saved_s * 1000, 3)
            return Speculation(event.rung, Fate.USED, event.branch, event.reason, saved)
        return self._lost(event, fates)

    def _lost(self, event: RungSettled, fates: _Fates) -> Speculation:
        """Of a branch that was given up: wasted, but for the stages that others found done."""
        own = [span for span in self._spans.values() if span.started.branch == event.branch]
        found = {s.started.span for s in own} & fates.found.keys()
        in_vain = [s for s in own if s.started.span not in found]
        spent = sum(
            [
                usage
                for (branch, span), usage in self._spent.items()
                if branch == event.branch and span not in found
            ],
            Usage(),
        )
        return Speculation(
            event.rung,
            Fate.USED if found else Fate.WASTED,
            event.branch,
            None if found else event.reason,
            saved_ms=round(1000 * sum(fates.found[span] for span in found), 3),
            wasted_ms=round(1000 * sum(s.ended.at - s.started.at for s in in_vain if s.ended), 3),
            wasted_tokens=spent.input_tokens + spent.output_tokens,
            wasted_usd=spent.cost_usd,
        )

    def _told(self, span: _Span, fates: _Fates) -> StageSpan:
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
            fates.is_wasted(started),
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
