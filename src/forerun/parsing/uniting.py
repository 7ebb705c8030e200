"""One list out of two tables: the cities of customers and stores.

Two tables are coordinated that neither refer to each other nor meet in a third one, and both have
the column. Who asks so wants the rows of both, not those of one that have to do with the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from forerun.parsing.index import Index
from forerun.parsing.joins import Tree
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Plan, SetOp, Term
from forerun.parsing.schema import Entity, Field

_OF = frozenset(("of", "for", "from"))
_AND = frozenset(("and", "comma", "or", "both"))
_WHOLE = frozenset(("exact", "tail", "synonym"))


@dataclass(frozen=True, slots=True)
class Both:
    """The column as it is in one table and in the other."""

    one: Field
    other: Field


def both(lattice: Lattice, index: Index) -> tuple[Both, ...]:
    """The columns of two tables that a question asks for, and for nothing else."""
    if len(lattice.mentions) != 3 or lattice.tags & {"each", "by", "count", "distinct"}:
        return ()
    column, first, second = lattice.mentions
    if not first.left or not second.left or set(first.left) - _OF or set(second.left) - _AND:
        return ()
    return tuple(
        Both(one, other)
        for here in _tables(first)
        for there in _tables(second)
        if here is not there and not _meet(here, there, index)
        for one, other in ((_of(column, here, lattice), _of(column, there, lattice)),)
        if one is not None and other is not None and one.is_numeric == other.is_numeric
    )


def united(plan: Plan, pairs: tuple[Both, ...]) -> Iterator[Plan]:
    """`plan`, which shows the column of one table, with that of the other below."""
    for pair in pairs:
        if plan.where or plan.semis or plan.order or plan.limit is not None:
            continue
        if plan.select == (Term(pair.one, pair.one.entity),):
            there = pair.other.entity
            other = SetOp("union", Tree(there), (), (Term(pair.other, there),))
            tree = Tree(pair.one.entity)
            yield replace(plan, tree=tree, setop=other, group=(), spared=(there,))


def holds_both(plan: Plan, pairs: tuple[Both, ...]) -> bool:
    """False for a plan that shows the column of only one of the two tables."""
    if plan.setop is not None and plan.setop.select:
        return True
    shown = {term.entity for term in plan.select}
    return all(shown >= {pair.one.entity, pair.other.entity} for pair in pairs)


def _tables(mention: Mention) -> list[Entity]:
    return [
        link.target
        for link in mention.links
        if isinstance(link.target, Entity) and link.quality in _WHOLE
    ]


def _of(column: Mention, entity: Entity, lattice: Lattice) -> Field | None:
    """What the words mean of that table; its name is what is shown of it, however it is called."""
    fields = (link.target for link in column.links if isinstance(link.target, Field))
    mine = [item for item in fields if item.entity is entity and item.metric is None]
    said = {token.stem for token in lattice.tokens[column.start : column.end]}
    if not mine and said == {"name"} and len(entity.display) == 1:
        return entity.display[0]
    return mine[0] if mine else None


def _meet(one: Entity, other: Entity, index: Index) -> bool:
    """Whether a row of one has to do with certain rows of the other."""
    here, there = index.edges_of(one), index.edges_of(other)
    if any(other in (edge.one, edge.many) for edge in here):
        return True
    between = {edge.many for edge in here if edge.one is one}
    return any(edge.many in between for edge in there if edge.one is other)
