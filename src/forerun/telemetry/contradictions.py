"""The rollout, with telemetry beside it: told of each shadow run that gave another answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from forerun.domain import Answer, Assignment, Decision, Question
from forerun.ports import Rollout, ShadowRun


@dataclass(frozen=True, slots=True)
class Contradictions:
    """See `forerun.ports.Rollout`; passes everything on."""

    rollout: Rollout
    mismatched: Callable[[str], None]
    """Told the trace id of the answer that the asker has seen."""

    def assign(self, question: Question, complexity: str) -> Assignment:
        return self.rollout.assign(question, complexity)

    def answered(
        self,
        question: Question,
        complexity: str,
        decision: Decision,
        answer: Answer,
        seconds: float,
    ) -> None:
        self.rollout.answered(question, complexity, decision, answer, seconds)

    def shadowed(self, run: ShadowRun) -> None:
        """Two sequential runs that differ contradict nobody: models do."""
        self.rollout.shadowed(run)
        if run.difference is not None and not run.of_control:
            self.mismatched(run.control.trace_id)
