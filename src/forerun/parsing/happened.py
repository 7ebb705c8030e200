"""What happened at any time: pets that have died, invoices that are unpaid.

A date that only some rows have says of which rows it happened: it is known there and missing
elsewhere. What happened to every row, like their creation, says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forerun.catalog.words import split_identifier, stem
from forerun.parsing.happenings import OWN, happenings, kind_of, meant_by
from forerun.parsing.index import Index
from forerun.parsing.inflection import is_past
from forerun.parsing.predicating import IN_PASSING, Predicate, ends_a_clause, predicate_at
from forerun.parsing.schema import Entity, Field, Link, Meaning, Stored
from forerun.parsing.tokens import Token
from forerun.parsing.verbs import ends_before, tables_named

QUALITY = "happened"


@dataclass(frozen=True, slots=True)
class Happened:
    """`tokens[start:end]` says what happened, or with `negated` what did not."""

    start: int
    end: int
    negated: bool
    links: tuple[Link, ...]
    """Dates that tell of it, and states of the same table that are called so; none where it
    happened to every row.
    """
    says_nothing: tuple[int, ...] = ()
    """Where words stand that only colour it: already, yet, still."""


def find(tokens: Sequence[Token], times: Sequence[int], index: Index) -> Iterator[Happened]:
    """Everything that is said to have happened or not, and that some date tells of.

    Nothing that is given a time, and nothing where times are what is asked for.
    """
    if any(token.lower in _ASKS_WHEN for token in tokens):
        return
    timed = {ends_before(tokens, start) for start in times}
    all_said = list(_all_said(tokens))
    for said in all_said:
        denied = any(o.words == said.words and o.negated != said.negated for o in all_said)
        if said.hedged or denied:
            continue  # paid and unpaid ones
        if said.end not in timed and (found := _grounded(said, tokens, index)) is not None:
            yield found


def _all_said(tokens: Sequence[Token]) -> Iterator[Predicate]:
    end = 0
    for at in range(len(tokens)):
        if at >= end and (said := predicate_at(tokens, at)) is not None:
            end = said.end
            yield said


_ASKS_WHEN = frozenset(("when", "date", "dates", "long", "ago", "until"))


def _grounded(said: Predicate, tokens: Sequence[Token], index: Index) -> Happened | None:
    """What of the catalog tells of it, in the table that it is said of."""
    passing = tuple(_in_passing(said, tokens))
    for tables in _subjects(said, tokens, index):
        items = [item for item in index.date_fields if item.entity in tables]
        called = [item for item in items if stem(said.words[0]) in item.stems]
        if said.words[0] in _MADE and not called:
            called = [item for item in items if kind_of(item) == OWN]
        told = [item for item in called or _synonymous(said, items) if _has_passed(item)]
        if not told:
            continue
        states = tuple(_states(said, tables, index))
        if states and not said.has_become and not said.negated:
            return None  # are paid, paid invoices: how things are
        if states or any(item.column.nullable for item in told):
            links = (*(Link(item, QUALITY) for item in told), *states)
            return Happened(said.start, said.end, said.negated, links, passing)
        if called and not said.negated and all(kind_of(item) != "occurs" for item in told):
            return Happened(said.start, said.end, said.negated, (), passing)
    return None


_MADE = frozenset(("placed", "made", "issued", "created", "added", "entered", "booked"))
"""How rows come about, whatever they are: orders are placed."""


def _synonymous(said: Predicate, items: Sequence[Field]) -> list[Field]:
    words = happenings().verbs.get(said.words, ())
    return meant_by([word for word in words if word != OWN], items)


def _has_passed(item: Field) -> bool:
    """False where the date may have yet to come: when something ends, is due or expires, or until
    when it is so.
    """
    if item.meaning is not Meaning.DATE or kind_of(item) == "planned":
        return False
    if kind_of(item) == "upkeep" and not item.column.nullable:
        return False
    words = split_identifier(item.name)
    if not _UNTIL.isdisjoint(words):
        return False
    return any(is_past(word) or word.endswith(_NOUNS) for word in words)


_UNTIL = frozenset(("until", "till", "through", "to"))
_NOUNS = ("tion", "sion", "ment", "death", "hire", "purchase", "birth", "return")


def _subjects(said: Predicate, tokens: Sequence[Token], index: Index) -> Iterator[set[Entity]]:
    """Tables it may be said of, the nearest first: before it, or behind it in "paid invoices"."""
    named = list(tables_named(tokens, index))
    before = [tables for _, end, tables in reversed(named) if end <= said.start]
    behind = [tables for start, _, tables in named if start == said.end]
    if said.is_said_after:
        yield from before
        yield from _of_their_kind(tokens[: said.start], index)
        if not named:
            yield set(index.entities)
    elif behind:
        yield from behind
    elif ends_a_clause(tokens, said.end):  # clients churned
        yield from (tables for _, end, tables in named if end == said.frame)


def _of_their_kind(tokens: Sequence[Token], index: Index) -> Iterator[set[Entity]]:
    """The pets of "dogs", which are a stored kind."""
    for token in reversed(tokens):
        links = (*index.values.get((token.lower,), ()), *index.values.get((token.stem,), ()))
        kinds = {link.target.field.entity for link in links if isinstance(link.target, Stored)}
        if kinds:
            yield kinds | {e.many for kind in kinds for e in index.edges_of(kind) if e.one is kind}


def _states(said: Predicate, tables: set[Entity], index: Index) -> Iterator[Link]:
    """A status or a flag of these tables that is called as it is said."""
    for link in index.values.get(said.words, ()):
        if isinstance(link.target, Stored) and link.target.field.entity in tables:
            yield link
    for link in index.names.get(tuple(map(stem, said.words)), ()):
        if isinstance(link.target, Field) and link.target.flags and link.target.entity in tables:
            yield link


def _in_passing(said: Predicate, tokens: Sequence[Token]) -> Iterator[int]:
    """Already, yet and still, around it."""
    around = (*range(said.frame, said.start), *range(said.end, min(said.end + 2, len(tokens))))
    for at in around:
        if tokens[at].lower not in IN_PASSING and at >= said.end:
            return
        if tokens[at].lower in IN_PASSING:
            yield at
