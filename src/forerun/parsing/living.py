"""Verbs that lead to a place: owners who live in Ogden, and where somebody lives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forerun.catalog.words import stem, stems
from forerun.parsing.calling import value_words
from forerun.parsing.index import Index
from forerun.parsing.schema import Field, Link
from forerun.parsing.tokens import Sort, Token

_VERBS = frozenset(
    ("live", "lives", "lived", "living", "reside", "resides", "resided", "residing")
)  # fmt: skip
_IN = frozenset(("in", "at", "on", "near", "the"))
_PLACES = ("city", "town", "address", "location", "place", "village", "state", "country", "region")
_PLACE_STEMS = frozenset(map(stem, _PLACES))
_LONGEST = 4
"""Words of a stored place."""


def find(tokens: Sequence[Token], index: Index) -> Iterator[tuple[int, tuple[Link, ...]]]:
    """Where such verbs stand, each with what it names: nothing where the place is named besides,
    the columns of places where it is asked for with "where".

    A verb that leads nowhere is no such verb, nor is one that the catalog knows a name for.
    """
    for at, token in enumerate(tokens):
        known = (token.stem,) in index.names or (token.lower,) in index.values
        if token.lower not in _VERBS or token.sort is not Sort.WORD or known:
            continue
        if _leads_to_a_place(tokens, at + 1, index) or _names_places(tokens, index):
            yield at, ()
        elif tokens[0].lower == "where" and (links := _places(index)):
            yield at, links


def _leads_to_a_place(tokens: Sequence[Token], start: int, index: Index) -> bool:
    """`in Springfield`, `in "Springfield"`, `in a dormitory`."""
    at = start
    while at < len(tokens) and tokens[at].lower in _IN:
        at += 1
    if at == start or at == len(tokens):
        return False
    if tokens[at].sort is Sort.QUOTED or (tokens[at].stem,) in index.names:
        return True
    phrases = (tokens[at:end] for end in range(at + 1, min(at + _LONGEST, len(tokens)) + 1))
    return any(value_words(" ".join(t.text for t in phrase)) in index.values for phrase in phrases)


def _names_places(tokens: Sequence[Token], index: Index) -> bool:
    """`What cities do students live in?`"""
    named = (token.stem for token in tokens if token.stem in _PLACE_STEMS)
    return any(_fields(index.names.get((said,), ())) for said in named)


def _places(index: Index) -> tuple[Link, ...]:
    """The columns that are called by the first of the words that any is called by."""
    named = (_fields(index.names.get(stems(word), ())) for word in _PLACES)
    found = next((fields for fields in named if fields), [])
    return tuple(Link(item, "exact") for item in found)


def _fields(links: Sequence[Link]) -> list[Field]:
    targets = (link.target for link in links)
    return [target for target in targets if isinstance(target, Field)]
