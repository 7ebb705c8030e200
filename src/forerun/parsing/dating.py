"""Of which date a period is, or a grouping by month: by the words right before it, or as usual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from functools import lru_cache

from forerun.catalog.words import split_identifier, stem
from forerun.parsing.foremost import says_not_by_what
from forerun.parsing.happenings import TIME_WORDS, likelihood, meant_by, telling
from forerun.parsing.index import Index
from forerun.parsing.inflection import is_past, is_verb
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.schema import Entity, Field, Link, Meaning, Stored
from forerun.parsing.verbs import (
    dates_called,
    ends_before,
    is_new,
    meant_by_new,
    remains,
    verb_before,
)

_MAX_DATES = 5
_IN_PASSING = TIME_WORDS.union(map(stem, ("first", "last", "next", "latest", "recent")))
"""Words of a date's name that are said of other things too."""


def when(mention: Mention, lattice: Lattice, index: Index) -> list[Field]:
    """Dates that `mention`, a period or a unit, may be of: those of named tables first, then those
    of what they are joined with. Of a table with several, the one that is spoken of or usual.
    """
    # what refers to a calendar's day holds that day itself
    days = {f for edge in index.edges for f, _ in edge.pairs if f.meaning is Meaning.DATE}
    calendars = {edge.one for edge in index.edges for f, _ in edge.pairs if f in days}
    items = [item for item in index.date_fields if item.entity not in calendars]
    items = items or index.date_fields
    near = _Nearness(lattice, index)
    chosen = _spoken_of(mention, lattice, items, index) or _of_its_period(
        mention, lattice, items, index
    )
    if not chosen:
        sure = not _happens_otherwise(mention, lattice)
        others = _spoken_of_others(mention, lattice, items, index)
        chosen = [item for item in items if _tells_when(item, lattice, index, sure)]
        chosen = [item for item in chosen if item not in others] or chosen
        if says_not_by_what(lattice):
            chosen = [item for item in chosen if near.refers(item.entity, index)] or chosen
        elif sure and near.all_dated:
            chosen = [item for item in chosen if near.is_spoken_of(item)] or chosen
    return sorted(chosen, key=lambda date: (near.distance(date), likelihood(date)))[:_MAX_DATES]


def is_spoken_of(item: Field, mention: Mention, lattice: Lattice, index: Index) -> bool:
    """`died per year`: whether the words right before say what only some rows have a date for."""
    return item.column.nullable and item in _spoken_of(mention, lattice, [item], index)


class _Nearness:
    """How near a column is to what the question speaks of."""

    def __init__(self, lattice: Lattice, index: Index) -> None:
        self._lattice = lattice
        told = (m for m in lattice.mentions if m.unit is None)  # "by year" names no birth year
        links = [link for mention in told for link in _meant(mention)]
        self._spoken = lattice.entities | _tables(links)
        self._spoken |= {link.target.entity for link in links if isinstance(link.target, Field)}
        self._near = {
            e for n in self._spoken for edge in index.edges_of(n) for e in (edge.one, edge.many)
        }
        dated = {item.entity for item in index.date_fields}
        self.all_dated = bool(self._spoken) and self._spoken <= dated and not lattice.unknown
        """Whether everything that is spoken of has a date of its own."""

    def is_spoken_of(self, item: Field) -> bool:
        names = {stem for entity in self._lattice.entities for stem in entity.stems}
        return item.entity in self._spoken or _is_said(telling(item) - names, self._lattice)

    def refers(self, entity: Entity, index: Index) -> bool:
        """Whether its rows belong to what is spoken of: they rank the customers of 2025."""
        edges = (edge for edge in index.edges_of(entity) if edge.many is entity)
        return entity not in self._spoken and any(edge.one in self._spoken for edge in edges)

    def distance(self, item: Field) -> int:
        if item.entity in self._lattice.entities:
            return 0
        return 1 if item.entity in self._spoken else 2 if item.entity in self._near else 3


def _meant(mention: Mention) -> tuple[Link, ...]:
    """Who says "visits" speaks of the visits, where there are such, and of nobody's last visit."""
    links = tuple(link for link in mention.links if link.quality != "part")
    tables = tuple(link for link in links if isinstance(link.target, Entity))
    return tables if any(link.quality == "exact" for link in tables) else links


def _tells_when(item: Field, lattice: Lattice, index: Index, sure: bool) -> bool:
    """Beside the date that tells when as a rule, any other has to be spoken of.

    What the team said holds always, what names tell only where nobody speaks of something else.
    """
    usual = index.usual_time(item.entity) if sure else item.entity.time
    if usual is None or item is usual:
        return True
    return _is_said(set(item.stems) - set(usual.stems) - set(item.entity.stems), lattice)


def _is_said(stems: Set[str], lattice: Lattice) -> bool:
    return not lattice.stems.isdisjoint(stems - _IN_PASSING)


def _happens_otherwise(mention: Mention, lattice: Lattice) -> bool:
    """`packed in March`, `were open in March`: what happened then, or was so, is none of the dates
    that are kept.
    """
    end = ends_before(lattice.tokens, mention.start)
    if end == 0:
        return False
    said = next((m for m in lattice.mentions if m.start < end <= m.end), None)
    word = lattice.tokens[end - 1].text
    if said is None:
        unknown = any(unknown.word == word for unknown in lattice.unknown)
        return unknown and is_verb(word)
    if any(is_a_state(said, link.target, lattice) for link in said.links):
        return True
    stored = any(isinstance(link.target, Stored) for link in said.links)
    return stored and (is_verb(word) or _is_how_it_was(said, lattice))


def is_a_state(mention: Mention, target: object, lattice: Lattice) -> bool:
    """`were open in March` is not when they were opened, nor are left when they left."""
    if not isinstance(target, Field) or target.meaning is not Meaning.DATE:
        return False
    if remains(lattice.tokens, mention.end):
        return True
    word = mention.text.lower()
    happened = {f"{word}ed", f"{word}d"} & set(split_identifier(target.name))
    return bool(happened) and _is_how_it_was(mention, lattice)


def _is_how_it_was(mention: Mention, lattice: Lattice) -> bool:
    return mention.start > 0 and lattice.tokens[mention.start - 1].lower in _BEING


_BEING = frozenset(("is", "are", "was", "were", "be", "been", "being", "still"))


def _of_its_period(
    mention: Mention, lattice: Lattice, items: Sequence[Field], index: Index
) -> list[Field]:
    """`shipped in 2024 by month`: months of the date that the period is of, if both are said of
    the same table. `shipped in 2023 or 2024`: both are of one date.
    """
    periods = [m for m in lattice.mentions if m.kind is Kind.PERIOD and m is not mention]
    if mention.kind is Kind.PERIOD:
        periods = [p for p in periods if p.position < mention.position]
    near = (p for p in periods if _is_near(mention, p, lattice))
    return [item for period in near for item in _spoken_of(period, lattice, items, index)]


def _is_near(mention: Mention, period: Mention, lattice: Lattice) -> bool:
    """Whether no table is named between them; between two periods, nothing at all."""
    first, last = sorted((mention.position, period.position))
    between = lattice.mentions[first + 1 : last]
    if mention.kind is Kind.PERIOD:
        return all(m.kind is Kind.PERIOD for m in between)
    return not _tables(link for m in between for link in m.links)


def _spoken_of_others(
    mention: Mention, lattice: Lattice, items: Sequence[Field], index: Index
) -> list[Field]:
    """What other periods were said of: `orders of March that were delivered in April`."""
    periods = (m for m in lattice.mentions if m.kind is Kind.PERIOD and m is not mention)
    return [item for period in periods for item in _spoken_of(period, lattice, items, index)]


def _spoken_of(
    mention: Mention, lattice: Lattice, items: Sequence[Field], index: Index
) -> list[Field]:
    """The dates of named tables that the words right before speak of."""
    tables = lattice.entities | _tables(link for m in lattice.mentions for link in m.links)
    named = [item for item in items if item.entity in tables]
    end = ends_before(lattice.tokens, mention.start)
    called = [item for item in dates_called(lattice.tokens, end, index) if item in named]
    before = next((m for m in lattice.mentions if m.end == end), None)
    if called and not (before and is_a_state(before, called[0], lattice)):
        return called
    verb = verb_before(lattice.tokens, end)
    if verb is not None and (meant := meant_by(verb.words, named)):
        return meant
    new = (m for m in lattice.mentions if is_new(lattice.tokens, m.start - 1))
    called_new = _tables(link for m in new for link in m.links)
    return meant_by_new([item for item in named if item.entity in called_new])


def _tables(links: Iterable[Link]) -> set[Entity]:
    return {link.target for link in links if isinstance(link.target, Entity)}


@lru_cache(maxsize=64)
def is_said_of_a_date(mention: Mention, lattice: Lattice, index: Index) -> bool:
    """Whether a word that is stored as well speaks of a date here: `shipped in March`."""
    stored = (link.target for link in mention.links if isinstance(link.target, Stored))
    holders = {target.field.entity for target in stored}
    if not holders or not any(_is_right_before(mention, m, lattice) for m in lattice.mentions):
        return False
    called = dates_called(lattice.tokens, mention.end, index)
    return any(item.entity in holders for item in called)


def _is_right_before(mention: Mention, time: Mention, lattice: Lattice) -> bool:
    timed = time.kind in (Kind.PERIOD, Kind.UNIT)
    return timed and ends_before(lattice.tokens, time.start) == mention.end


def are_done_then(mention: Mention, item: Field) -> bool:
    """`how many studies started before 2023`: the studies, not their dates."""
    told = item.meaning is Meaning.DATE and _ends_in_a_verb(mention.text)
    return told and mention.after is not None and mention.after.kind is Kind.PERIOD


def _ends_in_a_verb(text: str) -> bool:
    """`commissioned`, `signed up`; a name is none."""
    *before, last = text.split()
    if before and last in _PARTICLES:
        last = before[-1]
    return is_past(last) and text.islower()


_PARTICLES = frozenset(("up", "in", "out", "off"))


def is_done_then(mention: Mention) -> bool:
    """`turbines commissioned before 2012`, `who performed the most checks`: the verb says which
    date that is, or what the one has to do with the other, and is not shown.
    """
    before, after = mention.before, mention.after
    if after is None or mention.left or not _ends_in_a_verb(mention.text):
        return False
    rows = before is not None and before.end == mention.start and _tables(before.links)
    if after.kind is not Kind.PERIOD:
        most = after.left in (("most",), ("least",)) and _tables(after.links)
        return bool(rows and most)
    with_rows = any(link.quality == "qualified" for link in mention.links)
    return len(after.left) <= 1 and bool(rows or with_rows)
