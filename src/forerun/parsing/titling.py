"""What a question wants a column of the answer to be called, which says nothing of the data."""

from __future__ import annotations

from collections.abc import Sequence

from forerun.parsing.calling import value_words
from forerun.parsing.index import Index
from forerun.parsing.tokens import Sort, Token

_VERBS = frozenset(("name", "call", "label", "title", "alias", "rename"))
_POINTING = frozenset(("the", "this", "that", "it", "its"))
_COLUMNS = frozenset(("column", "columns", "result", "output", "field", "header", "heading"))
_FARTHEST = 10
"""Tokens from the verb to the name, as in "name the column for the average amount 'spent'"."""


def find(tokens: Sequence[Token], index: Index) -> tuple[int, int] | None:
    """Where that is said: `name the column 'max_price'` at the end of the question."""
    end = len(tokens)
    if end < _FEWEST or not _is_made_up(tokens[-1], index):
        return None
    for start in range(end - _FEWEST, max(end - _FARTHEST, 0) - 1, -1):
        if tokens[start].lower in _VERBS and _is_column(tokens[start + 1 : end - 1]):
            joined = start > 0 and tokens[start - 1].lower in ("and", ",")
            return start - joined, end
    return None


_FEWEST = 3


def _is_made_up(token: Token, index: Index) -> bool:
    """A text in quotation marks or of words strung together that the data does not hold."""
    if token.sort is not Sort.QUOTED and "_" not in token.text:
        return False
    known = value_words(token.text) in index.values
    return not known and not any(
        token.lower == item.name.lower() for entity in index.entities for item in entity.fields
    )


def _is_column(said: Sequence[Token]) -> bool:
    lowers = [token.lower for token in said]
    pointing = bool(lowers) and lowers[0] in _POINTING
    return pointing and (lowers[0] == "it" or not _COLUMNS.isdisjoint(lowers[:3]))
