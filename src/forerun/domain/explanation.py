"""How the built-in parser understood a question, for the asker to see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Understood(StrEnum):
    """What became of some words of a question."""

    USED = "used"
    LEFT_OUT = "left_out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """Some words of the question, and what they are in the query."""

    lead: str
    """The words just before that say what to do: "how many", "per"."""
    words: str
    understood: Understood
    part: str
    """What part they play: "counted", "grouped by"."""
    target: str | None = None
    """The table, column or condition that they stand for."""


@dataclass(frozen=True, slots=True)
class Hesitation:
    """What made an answer less sure."""

    words: str
    without: float | None = None
    """How probable the reading would be without it; None where it forbids an answer."""


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """Another reading, and the first thing in which it differs from the best."""

    reading: str
    probability: float
    sql: str
    differs: tuple[str, str] | None = None
    """What the best reading has, and what this one has instead."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a question is understood without a model. Nothing of it was run."""

    question: str
    dialect: str
    said: tuple[Said, ...] = ()
    reading: str | None = None
    """None where there is no reading at all; then there is no SQL and no probability either."""
    sql: str | None = None
    probability: float = 0.0
    joins: tuple[str, ...] = ()
    """How the tables come together, which no question says."""
    vetoes: tuple[Hesitation, ...] = ()
    """Why it must not be answered, however probable."""
    hesitations: tuple[Hesitation, ...] = ()
    """What cost most of the probability, the costliest first."""
    runners_up: tuple[RunnerUp, ...] = ()
    asks: str | None = None
    """The question that it would ask back."""
