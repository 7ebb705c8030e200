"""Two periods side by side: `revenue 2024 vs 2025` is one figure for each of the two years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forerun.parsing.dates import Found
from forerun.parsing.spells import Period
from forerun.parsing.tokens import Token

_AGAINST = (
    ("vs",), ("versus",), ("against",), ("compared", "to"), ("compared", "with"),
    ("in", "comparison", "to"), ("in", "comparison", "with"),
)  # fmt: skip
_BESIDE = (("and",), ("to",), ("with",), ("&",))
"""What joins two periods where comparing was spoken of before."""
_COMPARE = (("compare",), ("comparing",), ("comparison", "of"), ("compare", "the"))
_GRAINS = frozenset(("year", "quarter", "month"))


@dataclass(frozen=True, slots=True)
class Contrast:
    """`tokens[start:end]` is the whole time, `tokens[end:last]` says what a line is for."""

    start: int
    end: int
    last: int
    period: Period
    says_nothing: tuple[int, ...]
    """Where `compare` stands."""


def find(tokens: Sequence[Token], times: Sequence[Found]) -> Iterator[Contrast]:
    """Two periods that follow each other, the only ones of the question."""
    if len(times) != 2:
        return
    lowers = [token.lower for token in tokens]
    opening = next((words for words in _COMPARE if tuple(lowers[: len(words)]) == words), ())
    one, other = times
    between = tuple(lowers[one.end : other.start])
    if between not in _AGAINST and not (opening and between in _BESIDE):
        return
    period = _together(one.period, other.period)
    if period is not None:
        yield Contrast(one.start, other.start, other.end, period, tuple(range(len(opening))))


def _together(one: Period, other: Period) -> Period | None:
    """The time from the first to the last day of both, with nothing between them."""
    if one.grain != other.grain or one.grain not in _GRAINS:
        return None
    for first, second in pairwise((one, other, one)):
        if first.end is not None and first.end == second.start:
            return Period(first.start, second.end, one.grain)
    return None
