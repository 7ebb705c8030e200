"""A plan before its joins are known."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from forerun.parsing.plans import Condition, Having, Order, Term
from forerun.parsing.schema import Entity


class Impossible(Exception):
    """The roles contradict each other, or leave something hanging."""


@dataclass(slots=True)
class Sketch:
    """What is built up while the roles are walked."""

    select: list[Term] = field(default_factory=list)
    where: list[list[Condition]] = field(default_factory=list)
    group: list[Term] = field(default_factory=list)
    per: list[Term] = field(default_factory=list)
    """Groups that were asked for with `each`."""
    having: list[Having] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    absent: list[Entity] = field(default_factory=list)
    """Tables of which no row may belong to a result."""
    tables: dict[Entity, None] = field(default_factory=dict)
    shown: list[Entity] = field(default_factory=list)
    """Tables whose rows were asked for as such."""
    count_groups: bool = False
    nothing_asked: bool = False
    """True when what to show had to be made up."""
    of_a_kind: bool = False
    """True where rows are shown of the kinds that were named: no row is of two."""
    instead: list[Entity] = field(default_factory=list)
    """Tables of which a row will do as well: "with a loan or an account"."""
    either_group: bool = False
    """True where one of two conditions on groups is enough."""
    of_the_foremost: bool = False
    """True where a figure is asked for of what comes first: "orders of the oldest customer"."""
    undecided: bool = False
    """True where other tables may be meant as well, and nothing said which one."""
    mismatched: int = 0
    """Values that followed the name of another column."""

    @property
    def last_condition(self) -> Condition | None:
        return self.where[-1][-1] if self.where else None

    @property
    def key(self) -> Hashable:
        """Equal for sketches that make the same plans in the same order."""
        return (
            tuple(self.select), tuple(map(tuple, self.where)), tuple(self.group), tuple(self.per),
            tuple(self.having), tuple(self.order), self.limit, tuple(self.absent),
            tuple(self.tables), tuple(self.shown), self.count_groups, self.nothing_asked,
            self.of_a_kind, tuple(self.instead), self.either_group, self.of_the_foremost,
            self.undecided, self.mismatched,
        )  # fmt: skip

    def show(self, term: Term) -> None:
        if term not in self.select:
            self.select.append(term)
