"""Verbs that lead to a place: owners who live in Ogden, and where somebody lives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forerun.catalog.words import stem, stems
from forerun.parsing.calling import value_words
from forerun.parsing.index import Index
from forerun.parsing.inflection import is_verb
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

    A verb that leads nowhere is no such verb, nor is one that the catalog knows a name for, nor
    what is said of a thing: live concerts, campaigns that are live in Norway.
    """
    if comes_from := _asks_where_from(tokens, index):
        yield len(tokens) - 1, comes_from
    for at, token in enumerate(tokens):
        known = (token.stem,) in index.names or (token.lower,) in index.values
        if token.lower not in _VERBS or token.sort is not Sort.WORD or known:
            continue
        if _is_no_verb(tokens, at):
            continue
        ends = _ends_its_clause(tokens, at + 1)
        if _leads_to_a_place(tokens, at + 1, index) or (ends and _names_places(tokens, index)):
            yield at, ()
        elif ends and tokens[0].lower == "where" and (links := _places(index)):
            yield at, links


def _asks_where_from(tokens: Sequence[Token], index: Index) -> tuple[Link, ...]:
    """`where is the youngest teacher from?`"""
    said = [token.lower for token in tokens]
    asked = len(said) > _LEAST and said[0] == "where" and said[-1] == "from"
    return _places(index, _ORIGINS) if asked else ()


_ORIGINS = (
    "origin", "hometown", "home town", "birthplace", "birth place", "nationality", "citizenship",
    "country", "home city", "city", "town",
)  # fmt: skip
_LEAST = 3
"""Words that say where who is from: `where is Ann from`."""


def _is_no_verb(tokens: Sequence[Token], at: int) -> bool:
    """`are still live in Norway`, `went live`, `shown live`, `the cost of living`."""
    before = at
    while before and (tokens[before - 1].lower in _ADVERBS or tokens[before - 1].text[-2:] == "ly"):
        before -= 1
    last = tokens[before - 1].lower if before else ""
    if tokens[at].lower == "live":
        return not before or last in _BEFORE_ADJECTIVES or is_verb(last)
    return last in _BEFORE_NOUNS


_ADVERBS = frozenset(("also", "already", "always", "not", "now", "still", "yet"))
_BEFORE_NOUNS = frozenset(("a", "an", "for", "of", "the"))
_BEFORE_ADJECTIVES = frozenset(
    ("am", "is", "are", "was", "were", "be", "been", "s", "re", "go", "goes", "went", "gone",
     "come", "came", "stay", "stays", "remain", "remains", "broadcast", "held", "given",
     "seen", "sent", "shown", "sung", *_BEFORE_NOUNS)
)  # fmt: skip


def _ends_its_clause(tokens: Sequence[Token], start: int) -> bool:
    """`where does Ann live?`, `the cities that owners live in and …`, `who live there`."""
    at = start
    while at < len(tokens) and tokens[at].lower in _IN:
        at += 1
    if at == len(tokens) or tokens[start].lower == "there":
        return True
    return at > start and tokens[at].lower in _AFTER_PLACES


_AFTER_PLACES = frozenset(
    ("and", "or", "but", "each", "every", "same", "different", "which", "what", "a", "an", "any")
)  # fmt: skip


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


def _places(index: Index, called: Sequence[str] = _PLACES) -> tuple[Link, ...]:
    """The columns that are called by the first of the words that any is called by."""
    named = (_fields(index.names.get(stems(word), ())) for word in called)
    found = next((fields for fields in named if fields), [])
    return tuple(Link(item, "exact") for item in found)


def _fields(links: Sequence[Link]) -> list[Field]:
    targets = (link.target for link in links)
    return [target for target in targets if isinstance(target, Field)]
