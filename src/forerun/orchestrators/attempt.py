"""One query on its way to an answer, as far as it has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from forerun.domain import (
    Clarification,
    Context,
    Draft,
    FallbackCode,
    Progress,
    Reason,
    ReasonCode,
    Refusal,
    Rows,
    Slice,
    Stage,
    Statement,
    Told,
)
from forerun.drafting import SqlFirst
from forerun.errors import ForerunError
from forerun.orchestrators.ahead import Ahead
from forerun.orchestrators.outcomes import Found
from forerun.stages import Drafted

Write: TypeAlias = Callable[[SqlFirst | None], Awaitable[Drafted]]
"""Has the writer write; what it is given hears the SQL before the last word."""


def _nobody() -> None:
    pass


@dataclass
class Attempt:
    """What one try of the writer came to. Steps at work side by side each fill in their own."""

    draft: Draft | None = None
    early: Attempt | None = None
    """What came of the query as it was heard before the writer's last word."""
    following: Ahead[None] | None = None
    """Its run and summary, where they do not wait for the review."""
    only_heard: bool = False
    """Nobody works on it any more: its query is heard to its end, for others to look at."""
    mends: Attempt | None = None
    """The refused one that this one is to repair."""
    undecided: Clarification | Refusal | None = None
    """The writer asked back, or declined."""
    reasons: tuple[Reason, ...] = ()
    """Why the draft was refused."""
    refused_at: Stage | None = None
    statement: Statement | None = None
    reviewed: bool = False
    rows: Rows | None = None
    told: Told | None = None
    cut: bool = False
    """The deadline cut the narrator off."""
    warnings: tuple[str, ...] = ()

    noticed: Callable[[], None] = _nobody
    """Called when rows have come."""

    def refuse(self, reasons: tuple[Reason, ...], stage: Stage) -> None:
        self.reasons, self.refused_at = reasons, stage

    def found_rows(self, rows: Rows) -> None:
        self.rows = rows
        self.noticed()

    def take(self, early: Attempt) -> None:
        """What came of the same SQL before its author's last word."""
        self.reasons, self.refused_at = early.reasons, early.refused_at
        self.statement, self.reviewed = early.statement, early.reviewed
        self.told, self.cut, self.warnings = early.told, early.cut, early.warnings
        if early.rows is not None:
            self.found_rows(early.rows)

    @property
    def standing(self) -> Draft | None:
        """The query as far as it was heard, unless it was refused for what it is."""
        if self.refused_at is Stage.CHECK:
            return None
        return self.draft or (self.early.draft if self.early is not None else None)

    @property
    def under_way(self) -> Ahead[None] | None:
        """Its run and summary, or those of the query as it was heard."""
        return self.following or (self.early.following if self.early is not None else None)

    @property
    def doubtful(self) -> bool:
        """Whether another try at the very same might not be refused."""
        return any(reason.code in DOUBTFUL for reason in self.reasons)

    @property
    def hasty(self) -> bool:
        """Refused by the database before the reviewer has spoken, whose reasons come first."""
        return self.refused_at is Stage.RUN and not self.reviewed

    @property
    def found(self) -> Found | None:
        """The answer's SQL and rows, once nothing speaks against them."""
        if self.reasons or not self.reviewed:
            return None
        if self.draft is None or self.statement is None or self.rows is None:
            return None
        return Found(self.draft, self.statement, self.rows, self.warnings, self.told)


@dataclass
class Handover:
    """What the parallel path has validly done, kept at hand for whoever has to go on from it."""

    linked: Slice | None = None
    slice: Slice | None = None
    context: Context | None = None
    attempt: Attempt = field(default_factory=Attempt)
    refused: list[str] = field(default_factory=list)
    failed_at: dict[int, Stage] = field(default_factory=dict)
    """Stages by the identity of the errors that they failed with."""

    def stage_of(self, error: Exception) -> Stage | None:
        return self.failed_at.get(id(error))

    def progress(self) -> Progress:
        """Only what holds: of a refused draft nothing but the reasons."""
        attempt, refused = self.attempt, self.refused
        if attempt.draft is None and attempt.mends is not None:
            attempt, refused = attempt.mends, refused[:-1]
        begun = Progress(self.linked, self.slice, self.context, refused=tuple(refused))
        if self.slice is None or self.context is None or attempt.draft is None:
            return begun
        if attempt.reasons and not attempt.hasty:
            return replace(begun, draft=attempt.draft, reasons=attempt.reasons)
        return replace(
            begun,
            draft=attempt.draft,
            statement=attempt.statement,
            reviewed=attempt.reviewed,
            rows=attempt.rows,
            told=attempt.told,
            warnings=attempt.warnings,
        )


class Abandoned(ForerunError):
    """The parallel path gives up; `progress` is what the sequential one need not do again."""

    code = "abandoned"

    def __init__(
        self, reason: str, progress: Progress, stage: Stage | None, why: FallbackCode
    ) -> None:
        super().__init__(reason)
        self.progress = progress
        self.stage = stage
        self.why = why

    @property
    def faulty(self) -> bool:
        """False where nothing failed but the question; being on trial is no failure either."""
        return self.why not in (FallbackCode.NOTHING_PASSED, FallbackCode.BREAKER_OPEN)


DOUBTFUL = frozenset({ReasonCode.EMPTY, ReasonCode.DATABASE_REFUSED, ReasonCode.TIMED_OUT})
"""Reasons that may speak of a bad line rather than of a bad draft."""


class NothingPassed(ForerunError):
    """Every draft was refused, the last one for a reason that is worth another look."""

    code = "nothing_passed"

    def __init__(self, last: Attempt) -> None:
        super().__init__("No draft passed every check.")
        self.stage = last.refused_at
