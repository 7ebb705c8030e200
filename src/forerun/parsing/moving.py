"""`3-month moving average`: a phrase that says over how many units a figure moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forerun.parsing.cues import UNITS
from forerun.parsing.tokens import Sort, Token

_MOVING = frozenset(("moving", "rolling", "trailing"))
_FIGURES = {"average": "avg", "mean": "avg", "avg": "avg", "sum": "sum", "total": "sum"}
_OVER = frozenset(("over", "of"))
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Moving:
    """The phrase at `tokens[start:end]`: an average or a sum over the latest `frame` units."""

    start: int
    end: int
    aggregate: str
    frame: int
    unit: str


def find(tokens: Sequence[Token]) -> Iterator[Moving]:
    """`3-month moving average of`, `rolling 3 month sum`, `moving average over 3 months of`."""
    words = [token.lower for token in tokens]
    for at in range(len(tokens)):
        first = _frame(tokens, at)
        if first and words[at + 2 : at + 3] and words[at + 2] in _MOVING:
            figure, end, frame = at + 3, at + 4, first
        elif words[at] in _MOVING and (inner := _frame(tokens, at + 1)):
            figure, end, frame = at + 3, at + 4, inner
        elif words[at] in _MOVING and words[at + 2 : at + 3] and words[at + 2] in _OVER:
            later = _frame(tokens, at + 3)
            if later is None:
                continue
            figure, end, frame = at + 1, at + 5, later
        else:
            continue
        aggregate = _FIGURES.get(words[figure]) if figure < len(words) else None
        if aggregate is not None:
            end += words[end : end + 1] == ["of"]
            yield Moving(at, end, aggregate, *frame)


def _frame(tokens: Sequence[Token], at: int) -> tuple[int, str] | None:
    """`3 months`."""
    if at + 1 >= len(tokens):
        return None
    number, word = tokens[at].number, tokens[at + 1].lower
    unit = UNITS.get(word.removesuffix("s")) if not word.endswith("ly") else None
    if tokens[at].sort is Sort.QUOTED or unit is None:
        return None
    return (number, unit) if isinstance(number, int) and 1 < number < _MOST else None
