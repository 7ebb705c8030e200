"""The outermost wrapper: keeps the deadline, hears the events, builds the trace."""

from __future__ import annotations

from dataclasses import dataclass, replace

import anyio

from forerun.domain import Answer, Answerer, Question
from forerun.errors import BadInput, DeadlineExceeded, ForerunError
from forerun.events import listening
from forerun.orchestrators import outcomes
from forerun.orchestrators.recording import Recorder


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
        return recorder.told_of(answer)

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
            "Allow more time (--timeout, timeout_s), or ask for less at once.",
        )
        failed = outcomes.failed(question, late, self.dialect, self.name)
        return replace(failed, partial=True)
