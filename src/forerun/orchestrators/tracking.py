"""The outermost wrapper: keeps the deadline, hears the events, builds the trace."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import anyio

from forerun.domain import (
    Answer,
    Answerer,
    ModelCall,
    Question,
    Stage,
    StageSpan,
    Trace,
)
from forerun.errors import BadInput, DeadlineExceeded, ForerunError
from forerun.events import Event, ModelCalled, StageEnded, StageStarted, listening
from forerun.orchestrators import outcomes


@dataclass
class Recorder:
    """Turns the events of one question into its trace.

    Stages of one branch follow each other, so an event belongs to the branch's open stage.
    """

    started_at: float = field(default_factory=time.perf_counter)
    _spans: list[StageSpan] = field(default_factory=list)
    _open: dict[tuple[str, Stage], int] = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        match event:
            case StageStarted(stage=stage, branch=branch, at=at):
                self._open[branch, stage] = len(self._spans)
                start = self._ms(at)
                self._spans.append(StageSpan(stage, branch, start, start, "running"))
            case StageEnded(stage=stage, branch=branch, at=at):
                index = self._open.pop((branch, stage))
                self._spans[index] = replace(
                    self._spans[index],
                    end_ms=self._ms(at),
                    outcome=event.outcome,
                    detail=event.detail,
                )
            case ModelCalled():
                self._add(event)

    def trace(self) -> Trace:
        """What was heard so far."""
        return Trace(tuple(self._spans), self._ms(time.perf_counter()))

    def _add(self, event: ModelCalled) -> None:
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
        of_branch = [index for (branch, _), index in self._open.items() if branch == event.branch]
        if of_branch:
            span = self._spans[of_branch[-1]]
            self._spans[of_branch[-1]] = replace(span, calls=(*span.calls, call))

    def _ms(self, at: float) -> float:
        return round((at - self.started_at) * 1000, 3)


@dataclass(frozen=True, slots=True)
class Tracked:
    """Wraps an Answerer. What the asker cannot put right becomes a failed Answer.

    `BadInput` is raised on, for the interface to tell; cancellation passes.
    """

    answerer: Answerer
    dialect: str
    name: str

    async def __call__(self, question: Question) -> Answer:
        recorder = Recorder()
        with listening(recorder.hear):
            answer = await self._answer(question)
        trace = recorder.trace()
        return replace(answer, trace=trace, usage=trace.usage)

    async def _answer(self, question: Question) -> Answer:
        with anyio.CancelScope() as scope:
            if question.deadline is not None:
                scope.deadline = question.deadline
            try:
                answer = await self.answerer(question)
            except BadInput:
                raise
            except ForerunError as error:
                return outcomes.failed(question, error, self.dialect, self.name)
            return answer
        late = DeadlineExceeded(
            "The question took longer than it was allowed to.",
            "Allow more time (--timeout), or ask for less at once.",
        )
        failed = outcomes.failed(question, late, self.dialect, self.name)
        return replace(failed, partial=True)
