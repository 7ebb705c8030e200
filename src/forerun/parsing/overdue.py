"""What is overdue today, and what was done late: by the day it was due and the day it was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forerun.catalog.words import stem, stems
from forerun.domain import Kind
from forerun.parsing.index import Index
from forerun.parsing.inflection import is_past
from forerun.parsing.schema import Entity, Field, Meaning
from forerun.parsing.tokens import Token
from forerun.parsing.verbs import tables_named

OVERDUE, LATE, ON_TIME = "overdue", "late", "on time"
_PHRASES = {
    ("overdue",): OVERDUE, ("past", "due"): OVERDUE, ("late",): LATE, ("too", "late"): LATE,
    ("on", "time"): ON_TIME, ("in", "time"): ON_TIME,
}  # fmt: skip
_DUE = frozenset(stems("due eta promised"))
_DONE = frozenset(
    stems(
        "returned return paid payment done completed completion finished settled closed handed"
        " arrived arrival delivered"
    )
)
_DENIED = frozenset(("not", "never", "no", "n't", "without", "un"))
_OF_THE_PAST = frozenset(
    [
        *((word, "overdue") for word in ("was", "were", "been")),
        ("overdue", "by"),
        ("overdue", "for"),
    ]
)
_NEAR = 4
"""Words before such a phrase that may deny it."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """`tokens[start:end]` says how the day it was done is to the day it was due."""

    start: int
    end: int
    kind: str
    due: Field
    done: Field


def find(tokens: Sequence[Token], index: Index) -> Iterator[Overdue]:
    """`overdue loans`, `returned late`; nothing that is denied, nor where the data says so itself.

    Nor beside another time: what was overdue in 2025 may be done by now.
    """
    lowers = [token.lower for token in tokens]
    if not _OF_THE_PAST.isdisjoint(pairwise(lowers)):
        return
    pairs = [pair for entity in _named(tokens, index) for pair in _days(entity)]
    if len(pairs) != 1:
        return
    due, done = pairs[0]
    for phrase, kind in _PHRASES.items():
        for at in range(len(lowers) - len(phrase) + 1):
            end = at + len(phrase)
            start = at if kind == OVERDUE else at - 1
            if tuple(lowers[at:end]) != phrase or _is_denied(lowers, at) or start < 0:
                continue
            if kind == OVERDUE and ((phrase in index.values) or (tokens[at].stem,) in index.names):
                continue
            if kind == OVERDUE or _is_done(tokens[start], done):
                yield Overdue(start, end, kind, due, done)


def _named(tokens: Sequence[Token], index: Index) -> list[Entity]:
    tables = (entity for _, _, named in tables_named(tokens, index) for entity in named)
    return sorted(set(tables), key=lambda entity: entity.key)


def _is_denied(lowers: Sequence[str], at: int) -> bool:
    return not _DENIED.isdisjoint(lowers[max(at - _NEAR, 0) : at])


def _is_done(verb: Token, done: Field) -> bool:
    return is_past(verb.lower) and stem(verb.lower) in done.stems


def _days(entity: Entity) -> Iterator[tuple[Field, Field]]:
    """The one day that something is due, and the one on which some rows were done with."""
    days = [f for f in entity.fields if f.meaning is Meaning.DATE and f.column.kind is Kind.DATE]
    due = [item for item in days if not _DUE.isdisjoint(item.stems)]
    done = [f for f in days if f not in due and f.column.nullable and not _DONE.isdisjoint(f.stems)]
    if len(due) == len(done) == 1:
        yield due[0], done[0]
