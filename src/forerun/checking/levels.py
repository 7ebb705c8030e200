"""What the levels of a query see, in words that do not depend on the names its author chose.

Like `relations`, which serves the gate; but the gate may be lenient about a column that it does
not know, and here that ends in `Unclear`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from sqlglot import exp

from forerun.domain import Kind


class Unclear(LookupError):
    """A query, or a name in it, of which we do not know for sure what it means."""


@dataclass(frozen=True, slots=True)
class Output:
    """A column that a query gives."""

    name: str | None
    """As names are compared; None where the database makes one up."""
    text: str
    """By which a canonical text refers to it, behind its source's label."""
    shown: str
    """What a result calls it, as far as that is known, in a form that no other name has."""
    kind: Kind | None = None


Outputs: TypeAlias = tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A member of FROM, or a WITH query."""

    label: str
    outputs: Outputs
    is_table: bool = False

    def has(self, name: str) -> bool:
        return any(output.name == name for output in self.outputs)

    def one(self, name: str) -> Output:
        """The only column of that name. Raises `Unclear`."""
        found = [output for output in self.outputs if output.name == name]
        if len(found) != 1:
            raise Unclear(name)
        return found[0]


@dataclass(frozen=True, slots=True)
class Name:
    """What a column, a star, a table, a WITH query or a SELECT of the tree stands for."""

    text: str
    shown: str = ""
    kind: Kind | None = None
    projection: exp.Expr | None = None
    """Set where it is an alias: what that alias stands for."""


@dataclass(slots=True)
class Level:
    """What one query sees; `outer` is looked in next."""

    depth: int = 0
    queries: dict[str, Source] = field(default_factory=dict)
    """WITH queries, by their names as compared."""
    outer: Level | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)
    """Columns that USING makes one."""
    aliases: dict[str, list[exp.Expr]] = field(default_factory=dict)
    """The projections behind each name that the author gave."""
    hidden: frozenset[str] = frozenset()
    """Sources that stand to the right of the ON in which we are."""
    knows_aliases: bool = False
    """True in GROUP BY, HAVING and ORDER BY."""
    aliases_may_win: bool = False
    """True there and in windows: databases differ in whether a column or an alias is meant."""

    @property
    def label(self) -> str:
        return f"t{self.depth}."

    def inside(self, sees_out: bool = True) -> Level:
        """The level of a query that stands here. A member of FROM does not see the others."""
        return Level(self.depth + 1, dict(self.queries), self if sees_out else None)

    def holders(self, name: str) -> list[str]:
        """The sources that have a column of that name."""
        return [called for called, source in self.sources.items() if source.has(name)]


def only(node: exp.Expr, *known: str) -> None:
    """Raises `Unclear` where a node says more than we know how to take."""
    for argument, value in node.args.items():
        if value and argument not in known:
            raise Unclear(f"{node.key}: {argument}")


def ordered(node: exp.Expr) -> list[exp.Expr]:
    """What a query's own ORDER BY sorts by."""
    order = node.args.get("order")
    return [item.this for item in order.expressions] if order else []
