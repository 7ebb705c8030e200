"""The grammar's words: phrases that say what to do with the data, none that name any data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forerun.catalog.words import stem


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
        pairs = tuple((stem(hint[:-1]), hint[-1] == "+") for hint in hints.split())
        found[tuple(word.split())] = Adjective(word, pairs, _degree(word))
    return found


def _degree(word: str) -> str:
    if word.startswith("how ") or word == "old":
        return "plain"
    if word.endswith("est") or word.startswith(("most ", "least ")):
        return "superlative"
    return "comparative"


UNITS = {"day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"} | {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annually": "year", "annual": "year",
}  # fmt: skip
"""A unit of time and the words that say it."""
PLACE_OF_UNIT = "UNIT"
"""Stands for any unit of time in a phrase: "UNIT over UNIT"."""


def _spoken(phrase: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for unit in dict.fromkeys(UNITS.values()):
        yield tuple(phrase.replace(PLACE_OF_UNIT, unit).split()), unit


ALL_CUES = _phrases()
CUES = {phrase: tag for phrase, tag in ALL_CUES.items() if PLACE_OF_UNIT not in phrase}
UNIT_CUES = {
    words: (tag, unit)
    for phrase, tag in ALL_CUES.items()
    if PLACE_OF_UNIT in phrase
    for words, unit in _spoken(" ".join(phrase))
}
"""Phrases that say a unit of time besides: "month over month"."""
STOP = frozenset(" ".join(_lines("stop_words.txt")).split())
ADJECTIVES = _adjectives()
LONGEST = max(map(len, ALL_CUES))

AGGREGATES = ("avg", "sum", "max", "min")
OCCURRENCES = frozenset(("often", "seldom", "tally"))
"""Cues that speak of a number of rows by themselves."""
NEGATIVE = frozenset(("not", "without"))
EACH = frozenset(("each", "by"))
COMPARATORS = (">", ">=", "<", "<=", "=")
WINDOWS = frozenset(("share", "running", "change", "growth", "ratio", "rolling", "zeros"))
"""Cues of what to make of a measure; a name of the catalog with the same word goes first."""
CLAUSES = frozenset(("with", "whose", "who", "that", "for", "in", "from", "each", "by", "order"))
"""Cues that open a part of the question and colour what follows until the next one."""


def worth(tag: str, size: int) -> float:
    """What a cue scores; one that may well be a column's name gives way to such a name."""
    if tag not in WINDOWS:
        return 10.0 * size
    return 9.9 * size if size > 1 else 6.8


def is_window(text: str) -> bool:
    """True for words of which one is such a cue: a column may be called so."""
    return any(CUES.get((word,)) in WINDOWS for word in text.lower().split())


def unit_phrases(words: list[str]) -> Iterator[tuple[int, int, str, str]]:
    """Where phrases with a unit stand: start, end, cue and unit."""
    for start in range(len(words)):
        for end in range(start + 2, min(start + LONGEST, len(words)) + 1):
            found = UNIT_CUES.get(tuple(words[start:end]))
            if found is not None:
                yield start, end, *found
