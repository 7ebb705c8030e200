"""What the asker gets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from forerun.domain.cached import CacheUse
from forerun.domain.decision import Decision, Fallback, Speculation
from forerun.domain.question import Context, Question, Slice, TraceId
from forerun.domain.rows import Rows
from forerun.domain.statement import Draft, Reason, Statement
from forerun.domain.trace import Stage, Trace, Usage

if TYPE_CHECKING:  # optional libraries, loaded only when their method is called
    import pandas
    import polars
    import pyarrow

ChartSpec: TypeAlias = Mapping[str, Any]
"""A Vega-Lite document: data about a chart, never code."""


class Status(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Clarification:
    """Not knowing, as an outcome: what is unclear, and readings to choose from."""

    question: str
    choices: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()
    """What each choice stands for, in the same order; empty where only words are known."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The question cannot be answered from this database, or no acceptable SQL was found."""

    message: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, why, and what to do next; `code` is stable."""

    code: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Narration:
    """What is said about the rows."""

    summary: str | None = None
    chart: ChartSpec | None = None
    suggestions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """E.g. that a figure of the narrator's was not in the rows."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The chart of a question's rows; None where none would help."""

    question: str
    rows: Rows
    chart: ChartSpec | None

    def is_of(self, question: str, rows: Rows) -> bool:
        return self.rows is rows and self.question == question


@dataclass(frozen=True, slots=True)
class Told:
    """What the narrator said of some rows. `objection` says why it must not be shown."""

    summary: str
    suggestions: tuple[str, ...] = ()
    objection: str | None = None
    drawn: Drawn | None = field(default=None, compare=False, repr=False)
    """The chart, where it was drawn while the narrator spoke."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is validly done so far, for whoever goes on from it."""

    linked: Slice | None = None
    """The deterministic slice, before the analyst."""
    slice: Slice | None = None
    context: Context | None = None
    draft: Draft | None = None
    reasons: tuple[Reason, ...] = ()
    """Why `draft` was refused, where it was: what is left to do is to repair it."""
    statement: Statement | None = None
    """Set when checking has accepted `draft`."""
    reviewed: bool = False
    """True when the reviewer has accepted `statement` too."""
    rows: Rows | None = None
    told: Told | None = None
    """What the narrator said of `rows`."""
    warnings: tuple[str, ...] = ()
    """Of the checks so far."""
    refused: tuple[str, ...] = ()
    """SQL of earlier drafts that were refused: as many repairs are used up."""

    @property
    def stages(self) -> frozenset[Stage]:
        """Those whose work is in it."""
        done = {
            Stage.LINK: self.linked,
            Stage.ANALYSE: self.slice,
            Stage.CONTEXTUALISE: self.context,
            Stage.DRAFT: self.draft,
            Stage.REPAIR: self.draft,
            Stage.CHECK: self.statement,
            Stage.REVIEW: self.reviewed or None,
            Stage.RUN: self.rows,
            Stage.NARRATE: self.told,
        }
        return frozenset(stage for stage, what in done.items() if what is not None)


EMPTY = Progress()


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows with SQL, summary, chart, suggestions, how they came about and what they cost."""

    question: str
    status: Status
    dialect: str
    orchestrator: str
    trace_id: TraceId
    standalone: str | None = None
    """The question as understood without its conversation."""
    sql: str | None = None
    reading: str | None = None
    rows: Rows | None = None
    summary: str | None = None
    chart: ChartSpec | None = None
    suggestions: tuple[str, ...] = ()
    clarification: Clarification | None = None
    refusal: Refusal | None = None
    failure: Failure | None = None
    confidence: float | None = None
    partial: bool = False
    """True when a deadline cut something, e.g. rows without a summary."""
    trace: Trace = field(default_factory=Trace)
    usage: Usage = Usage()
    warnings: tuple[str, ...] = ()
    decision: Decision | None = None
    """Which schedule was chosen and why; None where there was no choice."""
    fallback: Fallback = Fallback()
    speculation: tuple[Speculation, ...] = ()
    tables: frozenset[str] = frozenset()
    """`Table.key` of every table that the SQL reads."""
    volatile: bool = False
    """True where the same SQL may give other rows at once: random(), now()."""
    ordered: bool = False
    """True where the order of the rows is part of the answer."""
    cache: CacheUse = CacheUse()

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas DataFrame (empty where there are none)."""
        return self._rows().to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars DataFrame (empty where there are none)."""
        return self._rows().to_polars()

    def to_arrow(self) -> pyarrow.Table:
        """The rows as an Arrow table (empty where there are none)."""
        return self._rows().to_arrow()

    def _repr_html_(self) -> str:
        from forerun.domain.notebook import render

        return render(self)

    def _rows(self) -> Rows:
        return self.rows if self.rows is not None else Rows((), ())


Answerer: TypeAlias = Callable[[Question], Awaitable[Answer]]
"""Every orchestrator, cache and experiment is one."""
