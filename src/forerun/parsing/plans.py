"""Typed plans: what to compute, without FROM and JOIN, which are inferred from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forerun.parsing.dates import Period
from forerun.parsing.joins import Tree
from forerun.parsing.schema import Edge, Entity, Field


@dataclass(frozen=True, slots=True)
class Term:
    """A column, an aggregate over one, a count of rows, or a date cut down to a unit."""

    field: Field | None
    """None only when rows of `entity` are counted."""
    entity: Entity
    aggregate: str | None = None
    """count, sum, avg, min or max."""
    distinct: bool = False
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """`field op value`; op is =, !=, <, <=, >, >=, in, not in, between, like or not like."""

    field: Field
    op: str
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class During:
    """`field` lies in `period`."""

    field: Field
    period: Period


@dataclass(frozen=True, slots=True)
class BesideAverage:
    """`field op (the average of field)`."""

    field: Field
    op: str


Condition = Compare | During | BesideAverage


@dataclass(frozen=True, slots=True)
class Having:
    """A condition on a group."""

    term: Term
    op: str
    value: float | int


@dataclass(frozen=True, slots=True)
class Order:
    """A sort key."""

    term: Term
    descending: bool


@dataclass(frozen=True, slots=True)
class Semi:
    """Rows of the outer query that have (or, negated, lack) a partner across `edge`.

    `outer` is the table inside the outer query; the partner is looked up in `tree`.
    """

    outer: Entity
    edge: Edge
    tree: Tree
    where: tuple[tuple[Condition, ...], ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A query. `where` is a conjunction of disjunctions."""

    tree: Tree
    select: tuple[Term, ...]
    where: tuple[tuple[Condition, ...], ...] = ()
    semis: tuple[Semi, ...] = ()
    group: tuple[Term, ...] = ()
    having: tuple[Having, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    distinct: bool = False
    all_columns: bool = False
    count_groups: bool = False
    """Count the groups that `having` leaves instead of listing them."""

    @property
    def conditions(self) -> Iterator[Condition]:
        """Every condition, those inside semi-joins too."""
        for either in self.where:
            yield from either
        for semi in self.semis:
            for either in semi.where:
                yield from either
