"""Who takes which path, and what is seen of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from forerun.domain import Answer, Assignment, Decision, Question


@dataclass(frozen=True, slots=True)
class ShadowRun:
    """Both paths' answers to one question; the asker has seen the sequential one only."""

    question: Question
    complexity: str
    control: Answer
    """With its trace."""
    candidate: Answer
    """The same of the parallel path, or of a second sequential run."""
    control_s: float
    candidate_s: float
    difference: str | None
    """What differs first, in words; None where both say the same."""
    of_control: bool = False
    """True where both are sequential: how much two equal runs differ by themselves."""


class Rollout(Protocol):
    """Who takes the parallel path, and what is seen of it. Never waits, never raises."""

    def assign(self, question: Question, complexity: str) -> Assignment: ...

    def answered(
        self,
        question: Question,
        complexity: str,
        decision: Decision,
        answer: Answer,
        seconds: float,
    ) -> None:
        """A question whose arm made a difference has its answer, `seconds` after it came."""

    def shadowed(self, run: ShadowRun) -> None:
        """A question was answered by both paths."""
