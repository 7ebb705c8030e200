"""Verbs right before a time, which tell what happened then: `signed up in 2024`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forerun.parsing import cues
from forerun.parsing.happenings import happenings, meant_by, telling
from forerun.parsing.index import Index
from forerun.parsing.schema import Entity, Field, Meaning, Stored
from forerun.parsing.tokens import Token

_BETWEEN = frozenset(("per", "by", "each", "every", "a", "the", "in", "on", "of", "for", "during"))
"""What may stand between a verb and its time: shipped per month."""
_WHOLE = frozenset(("exact", "tail", "synonym"))
LONGEST = max(map(len, happenings().verbs))
"""Words of a verb: took place."""
_NEW = ("new",)


@dataclass(frozen=True, slots=True)
class Verb:
    """`tokens[start:end]`, and what the date that is meant may be called."""

    start: int
    end: int
    words: tuple[str, ...]


def ends_before(tokens: Sequence[Token], start: int) -> int:
    """Where the words end that a time starting at `start` is said after; of a time that opens the
    question, where the question ends: "In March, how many were delivered?"
    """
    end = start
    while end > 0 and tokens[end - 1].lower in _BETWEEN:
        end -= 1
    return end or len(tokens)


def verb_before(tokens: Sequence[Token], end: int) -> Verb | None:
    """The longest known phrase that ends there."""
    if remains(tokens, end) or _is_noun(tokens, end):
        return None
    lowers = [token.lower for token in tokens[:end]]
    for size in range(min(LONGEST, end), 0, -1):
        words = happenings().verbs.get(tuple(lowers[end - size :]))
        if words is not None:
            return Verb(end - size, end, words)
    return None


def dates_called(tokens: Sequence[Token], end: int, index: Index) -> list[Field]:
    """Dates whose own words the last one before `end` says: `shipped` of `shipped_at`, not the
    orders of `ordered_at`.
    """
    if end == 0 or remains(tokens, end) or is_a_moment(tokens, end):
        return []
    last = tokens[end - 1].stem
    named = (link.target for link in index.names.get((last,), ()))
    dates = (f for f in named if isinstance(f, Field) and f.meaning is Meaning.DATE)
    return [item for item in dates if last in telling(item)]


def remains(tokens: Sequence[Token], end: int) -> bool:
    """`are left`, `had we left`, `do we have left`: who is left has not left."""
    said = [token.lower for token in tokens[max(end - _FAR, 0) : end]]
    if said[-1:] != ["left"]:
        return False
    *before, last = said[:-1] or [""]
    inverted = last in _HAVE and not _DO.isdisjoint(before)
    return inverted or last in _STAYING or (last in _PEOPLE and not _HAVE.isdisjoint(before))


_FAR = 6
_STAYING = frozenset(
    ("is", "are", "was", "were", "be", "been", "being", "remain", "remains", "remained", "there",
     "still", "s", "re")
)  # fmt: skip
_HAVE = frozenset(("have", "has", "had"))
_DO = frozenset(("do", "does", "did"))
_PEOPLE = frozenset(("i", "we", "you", "they", "he", "she", "it"))


def is_a_moment(tokens: Sequence[Token], end: int) -> bool:
    """`at the end of 2024`, `by end of March`, `before the start of the year`. A start month is
    the month of a start.
    """
    return _is_noun(tokens, end) and tokens[end - 1].lower in _MOMENTS


def _is_noun(tokens: Sequence[Token], end: int) -> bool:
    """`on leave in March`, which is no leaving."""
    if end == 0 or tokens[end - 1].lower not in (*_MOMENTS, "leave"):
        return False
    before = tokens[end - 2].lower if end > 1 else ""
    after = tokens[end].lower if end < len(tokens) else ""
    return after == "of" or (before in _BEFORE_NOUNS and after not in cues.UNITS)


_MOMENTS = frozenset(("start", "beginning", "close", "end"))
_BEFORE_NOUNS = frozenset(
    ("a", "an", "the", "its", "their", "this", "at", "before", "by", "on", "of", "since", "until")
)  # fmt: skip


def is_new(tokens: Sequence[Token], at: int) -> bool:
    """`new customers`."""
    return at >= 0 and tokens[at].lower in _NEW


def meant_by_new(items: Sequence[Field]) -> list[Field]:
    """Of these dates, the ones at which something is new."""
    return meant_by(happenings().verbs[_NEW], items)


def find(
    tokens: Sequence[Token], times: Iterable[int], units: Iterable[int], index: Index
) -> Iterator[tuple[int, int]]:
    """Where words stand that only tell which date the `times` and `units` that start there are of.

    Verbs that none of the named tables has a name for, and that one of them has a date for; before
    units, or for a time that opens the question, also a date's own words; "new" before a table.
    """
    times, units = sorted(set(times)), sorted(set(units))
    if not times and not units:
        return
    tables = _tables(tokens, index)
    dates = [item for item in index.date_fields if item.entity in tables]
    for start in (*times, *units):
        verb = verb_before(tokens, ends_before(tokens, start))
        if verb is None or _is_named(tokens[verb.start : verb.end], tables, index):
            continue
        if meant_by(verb.words, dates):
            yield verb.start, verb.end
    openings = (start for start in times if ends_before(tokens, start) > start)
    for end in (ends_before(tokens, start) for start in (*openings, *units)):
        if any(item in dates for item in dates_called(tokens, end, index)):
            yield end - 1, end
    yield from _new(tokens, dates, index)


def _new(
    tokens: Sequence[Token], dates: Sequence[Field], index: Index
) -> Iterator[tuple[int, int]]:
    for at in range(len(tokens) - 1):
        tables = _tables(tokens[at + 1 : at + 3], index) if is_new(tokens, at) else set()
        if _is_named(tokens[at : at + 1], tables | _looked_up(tables, index), index):
            continue  # their condition, not their age
        if meant_by_new([item for item in dates if item.entity in tables]):
            yield at, at + 1


def tables_named(tokens: Sequence[Token], index: Index) -> Iterator[tuple[int, int, set[Entity]]]:
    """Where words name a table in full."""
    stems = tuple(token.stem for token in tokens)
    for start in range(len(stems)):
        for end in range(start + 1, min(start + _LONGEST_NAME, len(stems)) + 1):
            links = index.names.get(stems[start:end], ())
            named = (link.target for link in links if link.quality in _WHOLE)
            if tables := {target for target in named if isinstance(target, Entity)}:
                yield start, end, tables


_LONGEST_NAME = 3


def _tables(tokens: Sequence[Token], index: Index) -> set[Entity]:
    return {table for _, _, tables in tables_named(tokens, index) for table in tables}


def _looked_up(tables: set[Entity], index: Index) -> set[Entity]:
    """Where rows of the tables refer to: the kinds of customers."""
    return {edge.one for table in tables for edge in index.edges_of(table) if edge.many is table}


def _is_named(phrase: Sequence[Token], tables: set[Entity], index: Index) -> bool:
    """Whether the words are a name or a stored value of one of the tables."""
    names = index.names.get(tuple(token.stem for token in phrase), [])
    values = index.values.get(tuple(token.lower for token in phrase), [])
    targets = [link.target for link in (*names, *values)]
    owners = [t.field if isinstance(t, Stored) else t for t in targets]
    return any((t if isinstance(t, Entity) else t.entity) in tables for t in owners)
