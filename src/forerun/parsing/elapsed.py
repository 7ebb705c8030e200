"""Figures that two days tell, as if they were columns: an age since birth, the days a row lasts, or
the hours, where the times of the day are known.

Only what leaves no doubt is one: the only day of birth of a table, the only pair of days of which
one begins and the other ends what the row is about. Where the data has an age or a length of its
own, that is what the words mean.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from forerun.catalog.words import stem, stems
from forerun.domain import Column, Kind
from forerun.parsing.schema import Elapsed, Entity, Field, Link, Meaning

_BORN = frozenset(stems("birth birthday birthdate born dob"))
_DEAD = frozenset(stems("death died deceased dod"))
_PAIRS = tuple(
    (stems(begin), stems(end))
    for begin, end in (
        ("start", "end"), ("started", "ended"), ("begin", "end"), ("started", "finished"),
        ("check in", "check out"), ("checkin", "checkout"), ("checked in", "checked out"),
        ("arrival", "departure"), ("arrived", "departed"), ("arrived", "left"),
        ("admission", "discharge"), ("admitted", "discharged"), ("from", "to"), ("from", "until"),
        ("from", "till"), ("borrowed", "returned"), ("loaned", "returned"), ("lent", "returned"),
        ("rented", "returned"), ("rental", "return"), ("picked up", "returned"),
        ("pickup", "return"), ("pickup", "dropoff"), ("taken", "returned"),
        ("loan", "return"),
    )
)  # fmt: skip
"""What the names of such days hold, besides words of time."""
_OF_TIME = frozenset(stems("date day on at"))
_STAYS = frozenset((stems("check in"), stems("checkin"), stems("checked in"), stems("arrival")))
_ARRIVING = frozenset((stems("arrival"), stems("arrived")))
_MOVING = frozenset(
    stems("flight trip journey voyage tour ride leg train bus ferry crossing sailing shipment")
)
AGE, LENGTH, DURATION, STAY = map(stem, ("age", "length", "duration", "stay"))
_DIALECTS = frozenset(("sqlite", "duckdb", "postgres", "mysql"))
"""Those in which such figures are written."""


DAYS = frozenset(("day", "days", "night", "nights"))
HOURS = {"hour": 1.0, "hours": 1.0, "minute": 1 / 60, "minutes": 1 / 60}
"""Words for what is reckoned, and how many hours that is."""
HOUR_DIGITS = 4
"""To a third of a second, so that 100 minutes are as many hours in every dialect."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a catalog, and the words that mean them besides those it has."""

    names: dict[tuple[str, ...], list[Link]]
    lasting: frozenset[Entity]
    """Tables whose rows last for days."""
    timed: frozenset[Entity]
    """Tables whose rows last for hours."""


def figures(
    entities: list[Entity], known: dict[tuple[str, ...], list[Link]], dialect: str, today: date
) -> Figures:
    """What `entities` tell by two days, as of `today`; `known` are the names that they have."""
    names: dict[tuple[str, ...], list[Link]] = {}
    if dialect not in _DIALECTS:
        return Figures(names, frozenset(), frozenset())
    if (AGE,) not in known:
        ages = [Link(found, "exact") for e in entities for found in _age(e, today)]
        names |= {(AGE,): ages} if ages else {}
    lasting: tuple[list[Entity], list[Entity]] = ([], [])
    if (LENGTH,) not in known and (DURATION,) not in known:
        for entity in entities:
            for found, is_a_stay in _length(entity):
                lasting[found.elapsed is not None and found.elapsed.in_hours].append(entity)
                for name in _called(entity, is_a_stay):
                    names.setdefault(name, []).append(Link(found, "exact"))
                if is_a_stay and (STAY,) not in known:
                    names.setdefault((STAY,), []).append(Link(entity, "synonym"))
    return Figures(names, *map(frozenset, lasting))


def is_a_way_too(entity: Entity) -> bool:
    """Whether rows are long in kilometres as well: a trip has a distance."""
    return any(not _OF_WAYS.isdisjoint(item.stems) for item in entity.fields)


_OF_WAYS = frozenset(stems("distance km kilometre kilometer mile metre meter length"))


def tells_of_another(item: Field, named: Collection[Entity], said: Collection[str]) -> bool:
    """Whether it is no figure of what is spoken of: the age of vehicles is not their drivers'."""
    return bool(named) and item.entity not in named and STAY not in said


def _called(entity: Entity, is_a_stay: bool) -> Iterator[tuple[str, ...]]:
    """`length`, `duration`, `loan duration`, `length of stay`."""
    for noun in (DURATION,) if is_a_way_too(entity) else (LENGTH, DURATION):
        yield (noun,)
        yield (*entity.stems, noun)
        yield (noun, *entity.stems)
        if is_a_stay:
            yield (STAY, noun)
            yield (noun, STAY)


def _age(entity: Entity, today: date) -> Iterator[Field]:
    days = [item for item in entity.fields if _is_a_day(item)]
    born = [item for item in days if is_of_birth(item)]
    if len(born) == 1 and all(_DEAD.isdisjoint(item.stems) for item in days):
        yield _field(entity, "age", Elapsed(born[0], today))


def _length(entity: Entity) -> Iterator[tuple[Field, bool]]:
    """The days, or else the hours, from where it begins to where it ends; and whether that is a
    stay.
    """
    for unit, belongs in (("days", _is_a_day), ("hours", _has_a_time)):
        pairs = list(_pairs([item for item in entity.fields if belongs(item)]))
        if len({pair[:2] for pair in pairs}) == 1:
            begin, end, is_a_stay = pairs[0]
            yield _field(entity, unit, Elapsed(begin, end, unit == "hours")), is_a_stay
            return


def _pairs(times: list[Field]) -> Iterator[tuple[Field, Field, bool]]:
    said = [(item, _said(item)) for item in times]
    for begin, one in said:
        for end, other in said:
            for first, last in _PAIRS:
                if not (_ends(one, first) and _ends(other, last)):
                    continue
                if _rest(one, first) != _rest(other, last):
                    continue
                if first not in _ARRIVING or _is_left_later(begin, end):
                    yield begin, end, first in _STAYS


def _is_left_later(arrival: Field, departure: Field) -> bool:
    """A guest leaves after the arrival; a flight, and whatever names its departure first, before
    it.
    """
    fields = arrival.entity.fields
    first = fields.index(arrival) < fields.index(departure)
    return first and _MOVING.isdisjoint(arrival.entity.stems)


def _said(item: Field) -> tuple[str, ...]:
    """The name without words of time and of its table."""
    return tuple(said for said in item.stems if said not in _OF_TIME)


def _ends(name: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return name[-len(words) :] == words


def _rest(name: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    return name[: -len(words)]


def _is_a_day(item: Field) -> bool:
    """Without a time of the day, of which a figure in days would tell half."""
    if item.column.kind is Kind.DATE:
        return True
    stored = [str(value) for value in item.column.samples if value is not None]
    days = bool(stored) and all(len(value) == len("2025-01-01") for value in stored)
    return item.column.kind is Kind.TEXT and item.meaning is Meaning.DATE and days


def _has_a_time(item: Field) -> bool:
    """A moment rather than a day."""
    if item.column.kind is Kind.TIMESTAMP:
        return True
    stored = [str(value) for value in item.column.samples if value is not None]
    moments = bool(stored) and all(_MOMENT.fullmatch(value) for value in stored)
    return item.column.kind is Kind.TEXT and moments


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?")


def _field(entity: Entity, name: str, elapsed: Elapsed) -> Field:
    nullable = elapsed.begin.column.nullable or (
        isinstance(elapsed.end, Field) and elapsed.end.column.nullable
    )
    kind = Kind.FLOAT if elapsed.in_hours else Kind.INTEGER
    column = Column(name, kind.value, kind, nullable)
    return Field(entity, column, Meaning.MEASURE, (stem(name),), -1, elapsed=elapsed)


def is_of_birth(item: Field) -> bool:
    """Whether a day is one of birth, as its name says."""
    return not _BORN.isdisjoint(item.stems)
