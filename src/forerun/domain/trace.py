"""How an answer came about, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """The lines of the pipeline, in sequential order."""

    LINK = "link"
    ANALYSE = "analyse"
    CONTEXTUALISE = "contextualise"
    DRAFT = "draft"
    CHECK = "check"
    REVIEW = "review"
    RUN = "run"
    REPAIR = "repair"
    NARRATE = "narrate"

    @property
    def doing(self) -> str:
        """What it does, for whoever waits."""
        return _DOING[self]


_DOING = {
    Stage.LINK: "finding tables",
    Stage.ANALYSE: "looking for more tables",
    Stage.CONTEXTUALISE: "reading the conversation",
    Stage.DRAFT: "writing SQL",
    Stage.CHECK: "checking",
    Stage.REVIEW: "reviewing",
    Stage.RUN: "running",
    Stage.REPAIR: "repairing",
    Stage.NARRATE: "summing up",
}


class Role(StrEnum):
    """Which model does a job."""

    ANALYST = "analyst"
    WRITER = "writer"
    REVIEWER = "reviewer"
    NARRATOR = "narrator"


@dataclass(frozen=True, slots=True)
class Usage:
    """Model calls, tokens and money (US dollars; None where a price is unknown)."""

    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        unknown = self.cost_usd is None or other.cost_usd is None
        return Usage(
            self.model_calls + other.model_calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            None if unknown else (self.cost_usd or 0.0) + (other.cost_usd or 0.0),
        )


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One finished call of a model. Times are milliseconds since the question started."""

    role: Role
    model: str
    prompt: str
    """Name and content hash of the prompt file, `writer@1f3a…`."""
    start_ms: float
    end_ms: float
    first_token_ms: float | None
    usage: Usage
    outcome: str


@dataclass(frozen=True, slots=True)
class StageSpan:
    """One run of one stage. Times are milliseconds since the question started."""

    stage: Stage
    branch: str
    start_ms: float
    end_ms: float
    outcome: str
    """ok, refused, failed, skipped or cancelled."""
    detail: str | None = None
    calls: tuple[ModelCall, ...] = ()
    wasted: bool = False
    """True when it was done ahead of time and no answer came of it."""


@dataclass(frozen=True, slots=True)
class StatementRun:
    """One statement that was sent to the database. Times as in `StageSpan`."""

    sql: str
    branch: str
    start_ms: float
    end_ms: float
    outcome: str
    """ok, refused, failed or cancelled."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that was done for one answer, in the order in which it began."""

    spans: tuple[StageSpan, ...] = ()
    total_ms: float = 0.0
    statements: tuple[StatementRun, ...] = ()
    """Every statement that was sent, speculative ones too."""

    @property
    def usage(self) -> Usage:
        return sum((call.usage for span in self.spans for call in span.calls), Usage())
