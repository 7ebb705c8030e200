"""The grammar's words: phrases that say what to do with the data, none that name any data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Adjective:
    """A comparative or superlative that implies what is measured: `older` → age, birth date."""

    word: str
    hints: tuple[tuple[str, bool], ...]
    """Stem of what is measured, and whether more of it makes the adjective truer."""
    degree: str
    """plain, comparative or superlative."""


def _lines(name: str) -> Iterator[str]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("# "))


def _phrases() -> dict[tuple[str, ...], str]:
    found = {}
    for line in _lines("cues.txt"):
        tag, _, phrases = line.partition(": ")
        for phrase in phrases.split(" | "):
            found[tuple(phrase.split())] = tag
    return found


def _adjectives() -> dict[tuple[str, ...], Adjective]:
    found = {}
    for line in _lines("adjectives.txt"):
        word, _, hints = line.partition(":")
        pairs = tuple((hint[:-1], hint[-1] == "+") for hint in hints.split())
        found[tuple(word.split())] = Adjective(word, pairs, _degree(word))
    return found


def _degree(word: str) -> str:
    if word.startswith("how ") or word == "old":
        return "plain"
    if word.endswith("est") or word.startswith(("most ", "least ")):
        return "superlative"
    return "comparative"


CUES = _phrases()
STOP = frozenset(" ".join(_lines("stop_words.txt")).split())
ADJECTIVES = _adjectives()
LONGEST = max(map(len, CUES))

AGGREGATES = ("avg", "sum", "max", "min")
OCCURRENCES = frozenset(("often", "seldom", "tally"))
"""Cues that speak of a number of rows by themselves."""
COMPARATORS = (">", ">=", "<", "<=", "=")
CLAUSES = frozenset(("with", "whose", "who", "that", "for", "in", "from", "each", "by", "order"))
"""Cues that open a part of the question and colour what follows until the next one."""

UNITS = {"day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"} | {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annually": "year", "annual": "year",
}  # fmt: skip
