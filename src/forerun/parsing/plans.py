"""Typed plans: what to compute, without FROM and JOIN, which are inferred from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from forerun.parsing.joins import Tree
from forerun.parsing.schema import Edge, Entity, Field
from forerun.parsing.spells import Period


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
    part: Part | None = None
    """The rows meant, where the term is their percentage of all rows."""
    per: Term | None = None
    """What the aggregate is divided by."""


@dataclass(frozen=True, slots=True)
class Compare:
    """`field op value`; op is =, !=, <, <=, >, >=, in, not in, between, like or not like, or
    without a value null or not null.
    """

    field: Field
    op: str
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class During:
    """`field` lies in `period`."""

    field: Field
    period: Period


@dataclass(frozen=True, slots=True)
class BesideAggregate:
    """`field op (the average, highest or lowest of field)`, of all rows or of some."""

    field: Field
    op: str
    aggregate: str
    among: Rows | None = None
    """Of which rows; None for all of the field's table."""


@dataclass(frozen=True, slots=True)
class BesideColumn:
    """`field op other`, in one row."""

    field: Field
    op: str
    other: Field


@dataclass(frozen=True, slots=True)
class OfForemost:
    """`field op (the key of what comes first)`: cities of the county with the most officers."""

    field: Field
    op: str
    key: Field
    tree: Tree
    order: Order


Condition = Compare | During | BesideAggregate | BesideColumn | OfForemost


@dataclass(frozen=True, slots=True)
class Rows:
    """Joined tables, and what holds of their rows."""

    tree: Tree
    where: tuple[tuple[Condition, ...], ...]


def entities_of(condition: Condition) -> tuple[Entity, ...]:
    """The tables that the condition speaks of."""
    if isinstance(condition, BesideColumn):
        return tuple(dict.fromkeys((condition.field.entity, condition.other.entity)))
    return (condition.field.entity,)


def fields_of(condition: Condition) -> tuple[Field, ...]:
    """The columns that the condition compares."""
    if isinstance(condition, BesideColumn):
        return condition.field, condition.other
    return (condition.field,)


def says_no(condition: Compare) -> bool:
    """Whether a column of yes and no is to say no."""
    flags = condition.field.flags
    return flags is not None and condition.op == "=" and condition.values == flags[:1]


@dataclass(frozen=True, slots=True)
class Having:
    """A condition on a group."""

    term: Term
    op: str
    value: float | int | None
    """None: the average of the term over all groups (of an average: over all rows)."""
    upper: float | int | None = None
    """The other end of a `between`."""


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
class Part:
    """Some of the rows: those that meet one of the conditions, or that have the partner."""

    either: tuple[Condition, ...] = ()
    semi: Semi | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What the `measure` of a group (or row) is beside those of the others."""

    kind: str
    """share (of all groups), running, rolling (over some of them), change, growth (in percent),
    average (over all groups, one figure) or top (the first of each).
    """
    measure: Term
    partition: tuple[Term, ...] = ()
    over: Term | None = None
    """The date along which the groups follow each other."""
    beside: bool = False
    """Show the measure itself too."""
    frame: int | None = None
    """Over how many groups it moves, up to the present one."""
    moving: str = "avg"
    """What is made of the measure over these: avg or sum; over all groups: avg, max or min."""
    whole: Entity | None = None
    """The table whose every row counts as a group, those without a figure too."""


@dataclass(frozen=True, slots=True)
class SetOp:
    """Columns of other rows: kept where they are there too, or where they are not."""

    kind: str
    """intersect, except or union."""
    tree: Tree
    where: tuple[tuple[Condition, ...], ...]
    select: tuple[Term, ...] = ()
    """The columns over there, where they are not the same."""
    having: tuple[Having, ...] = ()
    """What holds of the groups over there."""


@dataclass(frozen=True)
class Plan:
    """A query. `where` is a conjunction of disjunctions.

    What features ask for again and again is put together once.
    """

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
    setop: SetOp | None = None
    window: Window | None = None
    outward: bool = False
    """Joined outwards from the root: its rows without a partner are shown too."""
    spared: tuple[Entity, ...] = field(default=(), compare=False)
    """Tables meant, but not joined, because a key in hand says the same."""
    undecided: bool = field(default=False, compare=False)
    """True where nothing said of which of several tables the rows are."""

    @cached_property
    def _hash(self) -> int:
        rows = (self.tree, self.where, self.semis, self.setop, self.window)
        shown = (self.select, self.distinct, self.all_columns, self.count_groups)
        return hash((rows, shown, self.group, self.having, self.order, self.limit))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Rows of which a percentage is shown or ranked by."""
        terms = [*self.select, *(order.term for order in self.order)]
        terms += [term.per for term in terms if term.per is not None]
        return tuple(dict.fromkeys(term.part for term in terms if term.part is not None))

    @cached_property
    def partners(self) -> tuple[Semi, ...]:
        """Every semi-join, those that only say of which rows the percentage is too."""
        return (*self.semis, *(part.semi for part in self.parts if part.semi is not None))

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition, those inside semi-joins and on the other side of a set too."""
        clauses = [*self.where, *(self.setop.where if self.setop else ())]
        clauses += [part.either for part in self.parts]
        clauses += [either for semi in self.partners for either in semi.where]
        return tuple(condition for either in clauses for condition in either)

    def showing(self, change: Callable[[Term], Term]) -> Plan:
        """Changed in what it shows, ranks by and demands of groups; groups stay as they are."""
        select = tuple(map(change, self.select))
        ranks = tuple(change(order.term) for order in self.order)
        held = tuple(change(having.term) for having in self.having)
        before = (*self.select, *(o.term for o in self.order), *(h.term for h in self.having))
        if (*select, *ranks, *held) == before:
            return self
        return replace(
            self,
            select=select,
            order=tuple(map(Order, ranks, (order.descending for order in self.order))),
            having=tuple(replace(h, term=term) for h, term in zip(self.having, held, strict=True)),
        )


def sorted_by(plan: Plan) -> Iterator[Field]:
    """The stored columns that the rows are put in order by."""
    for order in plan.order:
        if order.term.field is not None and order.term.aggregate is None:
            yield order.term.field


def without_ties(plan: Plan) -> Plan:
    """`where the price is its highest` as the first one by price, whoever ties for it."""
    first = plan.where[0][0] if len(plan.where) == 1 else None
    if not isinstance(first, BesideAggregate) or first.op != "=" or first.among is not None:
        return plan
    place = Order(Term(first.field, first.field.entity), descending=first.aggregate == "max")
    return replace(plan, where=(), order=(place,), limit=1)
