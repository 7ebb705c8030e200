"""One question in the rollout: which arm it is given, and what the rollout is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from forerun.clock import now
from forerun.domain import Answer, Assignment, Decision, Question, Strategy
from forerun.errors import BadInput, DeadlineExceeded, ForerunError, Unavailable
from forerun.events import listening
from forerun.orchestrators import outcomes
from forerun.orchestrators.recording import Recorder
from forerun.orchestrators.shadowing import Run, Shadows, with_trace
from forerun.ports import Rollout


@dataclass(frozen=True, slots=True)
class Trials:
    """The rollout as the hybrid orchestrator meets it."""

    rollout: Rollout
    shadows: Shadows | None = None
    """None: nothing runs unseen."""

    def assign(self, question: Question, complexity: str) -> Assignment:
        return self.rollout.assign(question, complexity)

    async def told(
        self,
        question: Question,
        complexity: str,
        decision: Decision,
        answer: Callable[[], Awaitable[Answer]],
    ) -> Answer:
        """The answer; where its arm made a difference, the rollout hears of it, failed or not."""
        if not decision.exposed:
            return await answer()
        began_at = now()
        try:
            answered = await answer()
        except BadInput:
            raise
        except BaseException as error:
            if (failure := _failure(error, question)) is not None:
                failed = outcomes.failed(question, failure, "", decision.strategy.value)
                self.rollout.answered(question, complexity, decision, failed, now() - began_at)
            raise
        self.rollout.answered(question, complexity, decision, answered, now() - began_at)
        return answered

    async def shadowed(
        self,
        question: Question,
        complexity: str,
        sequential: Callable[[], Awaitable[Answer]],
        unseen: tuple[Run, Run],
    ) -> Answer:
        """The sequential answer, and unseen beside it one of `unseen`: parallel, sequential."""
        if self.shadows is None:
            return await sequential()
        shadow = self.shadows.beside(question, complexity, *unseen)
        began_at, recorder, answer = now(), Recorder(), None
        try:
            with listening(recorder.hear):
                answer = await sequential()
            return answer
        finally:
            control = None if answer is None else with_trace(answer, recorder)
            shadow.show(control, now() - began_at)


def _failure(error: BaseException, question: Question) -> ForerunError | None:
    """What it is for the asker; None where he has left, which says nothing of the arm."""
    if isinstance(error, ForerunError):
        return error
    if isinstance(error, Exception):
        return Unavailable(f"Unexpected {type(error).__name__}: {error}")
    if question.deadline is not None and now() >= question.deadline:
        return DeadlineExceeded("The question took longer than it was allowed to.")
    return None


def is_shadowed(decision: Decision) -> bool:
    """Whether the parallel path may run unseen beside the sequential one."""
    assignment, seconds = decision.assignment, decision.predicted_seconds
    return (
        assignment is not None
        and assignment.shadow
        and decision.strategy is Strategy.SEQUENTIAL
        and seconds is not None
        and seconds >= decision.threshold
    )
