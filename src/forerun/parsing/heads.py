"""Nouns that add nothing to the name before or after them: staff members, the amount of money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forerun.catalog.words import stem
from forerun.parsing.index import Index
from forerun.parsing.schema import Entity, Field, Link
from forerun.parsing.tokens import Sort, Token

_OF_FIGURES = frozenset(
    map(stem, ("amount", "figure", "level", "number", "percentage", "point", "rate", "score"))
)
"""A snatch score is a snatch, where that is a number."""
_OF_COLUMNS = frozenset(map(stem, ("number",)))
"""Phone numbers are phones."""
_OF_TABLES = frozenset(map(stem, ("history", "member", "people", "person")))
"""Staff members are the staff, and a payment history are the payments."""
_BEFORE = frozenset(map(stem, ("amount", "level")))
"""The amount of money is the money."""


def find(tokens: Sequence[Token], index: Index) -> Iterator[int]:
    """Places of such nouns; one that names something itself is none."""
    for at, token in enumerate(tokens):
        if token.sort is not Sort.WORD or (token.stem,) in index.names:
            continue
        before = _named(tokens[at - 1], index) if at else []
        after = _after_of(tokens, at, index)
        if _is_empty(token.stem, before) or (token.stem in _BEFORE and _are_figures(after)):
            yield at


def _is_empty(word: str, named: list[Link]) -> bool:
    if not named:
        return False
    columns = all(isinstance(link.target, Field) for link in named)
    return (
        (word in _OF_FIGURES and _are_figures(named))
        or (word in _OF_COLUMNS and columns)
        or (word in _OF_TABLES and any(isinstance(link.target, Entity) for link in named))
    )


def _are_figures(named: list[Link]) -> bool:
    targets = [link.target for link in named]
    return bool(targets) and all(isinstance(t, Field) and t.is_numeric for t in targets)


def _named(token: Token, index: Index) -> list[Link]:
    return index.names.get((token.stem,), []) if token.sort is Sort.WORD else []


def _after_of(tokens: Sequence[Token], at: int, index: Index) -> list[Link]:
    if at + 2 >= len(tokens) or tokens[at + 1].lower != "of":
        return []
    return _named(tokens[at + 2], index)
