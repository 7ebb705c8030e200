"""What can be told of a question before it is answered: its features, and how complex it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from forerun.domain import Question, Slice

MODERATE_FROM, COMPLEX_FROM = 2.0, 4.0
"""Points."""

_GROUPS = re.compile(r"\b(?:per|each|every|by|across|within|among)\b", re.IGNORECASE)
_COMPARES = re.compile(
    r"\b(?:compared?|comparison|versus|vs|than|between|growth|trend|change[ds]?|share|ratio|"
    r"percent(?:age)?|contribution|cumulative|running|rank(?:ed|ing)?|year over year|"
    r"month over month|more|less|fewer)\b|%",
    re.IGNORECASE,
)
_RANKS = re.compile(
    r"\b(?:top|best|worst|highest|lowest|most|least|first|last|bottom)\b", re.IGNORECASE
)
_CONDITIONS = re.compile(
    r"\b(?:where|with(?:out)?|who(?:se)?|which|only|except|excluding|not|never|both|and|or|in|"
    r"from|for|since|before|after|during)\b",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\d+")


class Complexity(StrEnum):
    """Questions of one class take about as long as each other."""

    SIMPLE = "simple"
    MODERATE = "moderate"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True)
class Features:
    """Of one question. None where nobody has looked yet."""

    tables: int | None
    """In the deterministic slice."""
    joins: int | None
    """About how many it needs, by its words."""
    follow_up: bool
    words: int
    groups: bool
    compares: bool
    ranks: bool
    conditions: int
    numbers: int


def features(question: Question, slice_: Slice | None) -> Features:
    """Read off the text and the slice."""
    text = question.text
    return Features(
        tables=len(slice_.catalog.tables) if slice_ is not None else None,
        joins=slice_.joins if slice_ is not None else None,
        follow_up=bool(question.conversation),
        words=len(text.split()),
        groups=bool(_GROUPS.search(text)),
        compares=bool(_COMPARES.search(text)),
        ranks=bool(_RANKS.search(text)),
        conditions=len(_CONDITIONS.findall(text)),
        numbers=len(_NUMBERS.findall(text)),
    )


def complexity(seen: Features) -> Complexity:
    """By points: joins weigh most, then what asks for groups, comparisons and ranks."""
    points = (
        1.0 * min(seen.joins or 0, 4)
        + 1.0 * seen.groups
        + 1.5 * seen.compares
        + 1.0 * seen.ranks
        + 0.5 * min(seen.conditions, 3)
        + 0.5 * min(seen.numbers, 2)
        + 1.0 * seen.follow_up
        + 0.05 * min(seen.words, 40)
    )
    if points >= COMPLEX_FROM:
        return Complexity.COMPLEX
    return Complexity.MODERATE if points >= MODERATE_FROM else Complexity.SIMPLE


def question_class(seen: Features) -> str:
    """What guesses are counted by: `complex`, or `complex/follow-up`."""
    name = complexity(seen).value
    return f"{name}/follow-up" if seen.follow_up else name
