"""Why a question was answered the way it was: the schedule, the fallback, what was done ahead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forerun.domain.trace import Stage


class Mode(StrEnum):
    """What the asker wants decided."""

    HYBRID = "hybrid"
    """Parallel where it is switched on and pays, else sequential."""
    PARALLEL = "parallel"
    """Parallel wherever it is possible; sequential when it fails."""
    SEQUENTIAL = "sequential"


class Strategy(StrEnum):
    """Which schedule answers."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"


class Rung(StrEnum):
    """What the parallel schedule may do ahead of time, in the order in which it pays."""

    CONTEXT = "context"
    """The conversation is read while the analyst looks for tables."""
    REVIEW = "review"
    """The statement runs and is narrated while it is reviewed."""
    WRITE_AHEAD = "write-ahead"
    """The writer writes on the deterministic slice while the analyst works."""
    DRAFT_AHEAD = "draft-ahead"
    """A cheap draft is checked, run and narrated while the writer writes."""
    AT_ONCE = "at-once"
    """A follow-up is written in the asker's own words while it is still being resolved; what comes
    of it is used where the writer, told the question in full, writes the same."""
    SECOND_LOOK = "second-look"
    """Where the analyst adds tables, what was written without them is reviewed with them."""
    SQL_FIRST = "sql-first"
    """What follows the writer begins at its closing fence, before its prose."""
    CANDIDATES = "candidates"
    """Several writers; the first two that agree on rows win."""
    HEDGE = "hedge"
    """A second call where no first token has come by the usual p95."""
    CONFIDENT_ACCEPT = "confident-accept"
    """A draft of a class with proven precision is answered without the writer."""


LOSSLESS = frozenset(Rung) - {Rung.CANDIDATES, Rung.CONFIDENT_ACCEPT}
"""The rungs that never change an answer."""
GUESSES = frozenset({Rung.DRAFT_AHEAD, Rung.AT_ONCE, Rung.SECOND_LOOK})
"""The rungs that guess at the writer's query."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which schedule was chosen, and why. Seconds are those of the whole sequential path."""

    strategy: Strategy
    predicted_seconds: float | None
    """None where nothing was predicted, because something else had decided already."""
    threshold: float
    flag_source: str
    """Where the switch's value came from: default, environment, settings or mode."""
    reason: str
    assignment: Assignment | None = None
    """What the rollout said, where one was asked."""
    exposed: bool = False
    """Whether the other arm would have answered differently: by the parallel path, or not."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the rollout says of one question; decided once, and not asked again."""

    arm: Strategy
    """Which path it is to take where it can take either."""
    stage: str
    """off, shadow, canary, live or complete."""
    source: str
    """Who had the last word: kill, environment, file or default."""
    reason: str
    threshold_s: float | None = None
    """The rollout's own threshold; None where it has none."""
    shadow: bool = False
    """Whether the parallel path runs beside the sequential one, unseen."""
    experiment: str | None = None
    """The experiment that it is part of, where both arms are possible."""
    group: Strategy | None = None
    """Its arm in the experiment: another than `arm` where sequential is compared with itself."""
    at: float = 0.0
    """When it was assigned, in seconds since 1970."""
    unit: str | None = None
    """A hash of what stays in that arm: the question, the conversation or the asker."""


class FallbackCode(StrEnum):
    """Why the sequential path had to step in, in one word that stays the same."""

    ON_TRIAL = "on_trial"
    """The parallel path failed too often lately, and another question tries it just now."""
    TOO_SLOW = "too_slow"
    """A stage took much longer than it does."""
    NOTHING_PASSED = "nothing_passed"
    """Every draft was refused."""
    BREAKER_OPEN = "breaker_open"
    """What a stage needs failed too often lately, and is not asked."""
    FAILED = "failed"
    """What a stage needs has failed."""
    UNEXPECTED = "unexpected"
    """A fault of Forerun's own."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Whether the sequential path had to step in."""

    used: bool = False
    reason: str | None = None
    at_stage: Stage | None = None
    code: FallbackCode | None = None
    """None where it had not to."""


class Fate(StrEnum):
    """What became of work that was done ahead of time."""

    USED = "used"
    WASTED = "wasted"
    SKIPPED = "skipped"
    """Not launched; the reason says why."""


@dataclass(frozen=True, slots=True)
class Speculation:
    """One thing done (or not done) ahead of time, and what it brought or cost."""

    rung: Rung
    outcome: Fate
    branch: str = ""
    reason: str | None = None
    saved_ms: float = 0.0
    """Of its work, how much was done by the time it was needed."""
    wasted_ms: float = 0.0
    wasted_tokens: int = 0
    wasted_usd: float | None = 0.0
    """None where a price is unknown."""
