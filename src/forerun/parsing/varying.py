"""What else the same words may mean: the same plan with one thing counted, grouped or kept apart.

Nothing here is right by itself. Each is a candidate beside the plan that it varies, and the
fitted weights choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forerun.parsing.combining import affirmed, denies, names_may_repeat
from forerun.parsing.joins import Tree
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import BesideAggregate, Compare, Condition, Plan, Semi, SetOp, Term
from forerun.parsing.schema import Meaning


def varied(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    """Every variation of a plan whose joins and columns are known."""
    if plan.all_columns or plan.setop is not None:
        return
    yield from _by_row(plan, lattice)
    yield from _by_listed(plan)
    yield from _with_ties(plan)


def dated(plan: Plan, lattice: Lattice) -> Plan:
    """`when was the first order?`: its day, where nothing but its name would be shown."""
    if lattice.opener != "when" or plan.limit != 1 or plan.group or not plan.order:
        return plan
    first = plan.order[0].term
    by_time = first.field is not None and first.field.meaning in (Meaning.DATE, Meaning.YEAR)
    if not by_time or any(term.field not in term.entity.display for term in plan.select):
        return plan
    return replace(plan, select=(first,))


def without(plan: Plan) -> Iterator[Plan]:
    """`teachers without detention` by what is shown of them: names that none in detention has."""
    listed = not plan.group and plan.limit is None and not plan.order and bool(plan.select)
    if not listed or any(term.aggregate or _tells_rows(term) for term in plan.select):
        return
    if names_may_repeat(plan):
        return
    for at, semi in enumerate(plan.semis):
        if semi.negated and not set(semi.tree.entities) & set(plan.tree.entities):
            others = (*plan.semis[:at], *plan.semis[at + 1 :])
            yield replace(
                plan, semis=others, setop=SetOp("except", _met(plan.tree, semi), semi.where)
            )


def _tells_rows(term: Term) -> bool:
    """What differs from row to row, so that names and rows are the same."""
    item, entity = term.field, term.entity
    if item is None or entity.primary == (item,):
        return True
    return entity.display == (item,) and item.meaning is Meaning.NAME


def denied(plan: Plan) -> Iterator[Plan]:
    """`films never shown in China`: no partner that meets the condition, not one that does not.

    `with a dog but not a cat` keeps what is said of the partner without the negation.
    """
    for other in _denied(plan):
        if not _contradict(other.semis):
            yield other


def _denied(plan: Plan) -> Iterator[Plan]:
    for at, semi in enumerate(plan.semis):
        if semi.negated or not semi.where or any(map(denies, semi.where)):
            continue
        plain = tuple(either for either in semi.where if affirmed(either) == either)
        others = (*plan.semis[:at], *plan.semis[at + 1 :])
        if len(plain) == len(semi.where):
            yield replace(plan, semis=(*others, replace(semi, negated=True)))
            continue
        same = {either[0].field for either in semi.where}
        if plain and len(same) < len(semi.where):
            none = tuple(affirmed(either) for either in semi.where if either not in plain)
            lacking = replace(semi, where=none, negated=True)
            yield replace(plan, semis=(*others, replace(semi, where=plain), lacking))
        else:
            none = tuple(map(affirmed, semi.where))
            yield replace(plan, semis=(*others, replace(semi, where=none, negated=True)))


def unmet(plan: Plan) -> Iterator[Plan]:
    """`parties without a delegate`, of which each election has a column: no partner with one."""
    for at, semi in enumerate(plan.semis):
        lacked = [either for either in semi.where if _is_missing(either)]
        if semi.negated or len(lacked) != 1 or plan.setop is not None:
            continue
        item = lacked[0][0].field
        is_key = any(item is mine for mine, _ in semi.edge.pairs)
        if item.meaning is Meaning.KEY and not is_key:
            continue
        known = () if is_key else ((Compare(item, "not null", ()),),)
        rest = tuple(either for either in semi.where if either not in lacked)
        lacking = replace(semi, where=(*rest, *known), negated=True)
        yield replace(plan, semis=(*plan.semis[:at], lacking, *plan.semis[at + 1 :]))


def _is_missing(clause: tuple[Condition, ...]) -> bool:
    condition = clause[0]
    return len(clause) == 1 and isinstance(condition, Compare) and condition.op == "null"


def _contradict(semis: tuple[Semi, ...]) -> bool:
    """Whether a partner is asked for that must not be there."""
    return any(
        lacking.edge is semi.edge and set(lacking.where) <= set(semi.where)
        for lacking in semis
        for semi in semis
        if lacking.negated and not semi.negated
    )


def _met(tree: Tree, semi: Semi) -> Tree:
    """The rows with the partner, not without it."""
    return Tree(tree.root, (*tree.edges, semi.edge, *semi.tree.edges))


def _by_row(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    """`the country of the artist with the most songs`: it is artists that are ranked."""
    if not plan.group or (plan.limit is None and not plan.having):
        return
    measured = {order.term.entity for order in plan.order}
    measured |= {having.term.entity for having in plan.having}
    grouped = {term.entity for term in plan.group} - measured  # each row of them is there once
    for entity in plan.tree.entities:
        keys = tuple(Term(item, entity) for item in entity.primary)
        if entity in grouped and entity in lattice.entities and keys and keys[0] not in plan.group:
            yield replace(plan, group=(*keys, *plan.group))


def _by_listed(plan: Plan) -> Iterator[Plan]:
    """`the average age of male and female students`: of either, not of both together, as a mere
    number of them would be.
    """
    measured = plan.select and all(t.aggregate not in (None, "count") for t in plan.select)
    if not measured or plan.group or plan.having or plan.order:
        return
    listed = [c.field for c in plan.conditions if isinstance(c, Compare) and c.op == "in"]
    if len(listed) == 1 and listed[0].entity in plan.tree.entities:
        key = Term(listed[0], listed[0].entity)
        yield replace(plan, select=(key, *plan.select), group=(key,))


def _with_ties(plan: Plan) -> Iterator[Plan]:
    """`the oldest singer`: all who are as old as the oldest."""
    if plan.limit != 1 or plan.group or plan.where or plan.semis or len(plan.order) != 1:
        return
    order = plan.order[0]
    item = order.term.field
    if item is None or order.term.aggregate or item.metric or not plan.select:
        return
    if not item.is_numeric and item.meaning not in (Meaning.DATE, Meaning.YEAR):
        return
    highest = BesideAggregate(item, "=", "max" if order.descending else "min")
    yield replace(plan, order=(), limit=None, where=((highest,),))
