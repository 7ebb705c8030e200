"""Sets put together: values that go with both of two conditions, with either, or with none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forerun.parsing.joins import Tree, multiplied, spanning
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Compare, Condition, Plan, SetOp, Term, entities_of, says_no

Clause = tuple[Condition, ...]
_POSITIVE = {"!=": "=", "not in": "in", "not like": "like"}
_LOWER, _UPPER = frozenset(("<", "<=")), frozenset((">", ">="))


def combined(plan: Plan, core: Tree, lattice: Lattice) -> Iterator[Plan]:
    """`plan` as a set of two sides; `core` joins what is shown, and no more."""
    if plan.semis or plan.group or plan.limit is not None or plan.order or plan.all_columns:
        return
    if not plan.select or any(term.aggregate for term in plan.select):
        return
    if "or" in lattice.tags:
        yield from _unions(plan, core)
    if names_may_repeat(plan):
        return
    yield from _intersections(plan)
    if lattice.tags & {"not", "without"}:
        yield from _differences(plan, core)


def names_may_repeat(plan: Plan) -> bool:
    """Whether rows are told by their names alone, and two may have the same: one Bella with an
    x-ray and another with a scan are no Bella with both. Countries are not told by anything else.
    """
    named = any(term.field in term.entity.display for term in plan.select)
    return named and not any(map(_tells_rows_apart, plan.select))


def _tells_rows_apart(term: Term) -> bool:
    item = term.field
    return item is not None and (item.tells_rows_apart or term.entity.primary == (item,))


def says_nothing_by_not(plan: Plan) -> bool:
    """`a dog but not a cat` of one pet, which is no cat anyway, where there may be several: who
    says so of a home port does not mean the home port.
    """
    if not any(isinstance(c, Compare) and c.op == "!=" for c in plan.conditions):
        return False
    shown = {term.entity for term in plan.select}
    repeated = any(multiplied(plan.tree, entity) for entity in shown)
    joined = tuple(c for c in plan.where if shown.isdisjoint(entities_of(c[0])))
    rows = [semi.where for semi in plan.semis] + [plan.where if repeated else joined]
    return any(map(_is_said_in_vain, rows))


def _is_said_in_vain(where: tuple[Clause, ...]) -> bool:
    alone = [clause[0] for clause in where if len(clause) == 1]
    said = [condition for condition in alone if isinstance(condition, Compare)]
    fixed = {condition.field for condition in said if condition.op == "="}
    return any(condition.field in fixed for condition in said if condition.op == "!=")


def misses_its_key(plan: Plan) -> bool:
    """Rows found by a key that they are said not to have: there are none."""
    clauses = (*plan.where, *(either for semi in plan.semis for either in semi.where))
    alone = (c[0] for c in clauses if len(c) == 1)
    missing = {c.field for c in alone if isinstance(c, Compare) and c.op == "null"}
    if not missing:
        return False
    trees = (plan.tree, *(semi.tree for semi in plan.semis))
    edges = [edge for tree in trees for edge in tree.edges] + [semi.edge for semi in plan.semis]
    return any(mine in missing for edge in edges for mine, _ in edge.pairs)


def is_either(plan: Plan) -> bool:
    """Whether rows have one partner of two kinds, or are of one themselves: a dog or a cat is not
    both a dog and a cat.
    """
    partners = [either for semi in plan.semis if not semi.negated for either in semi.where]
    repeated = {t.entity for t in plan.select if multiplied(plan.tree, t.entity)}
    joined = [either for either in plan.where if repeated.isdisjoint(entities_of(either[0]))]
    several = any(map(_has_several, (*partners, *(joined if repeated else ()))))
    alone = not plan.tree.edges and not any(term.aggregate for term in plan.select)
    return several or (alone and any(map(_is_one_of, plan.where)))


def _has_several(clause: Clause) -> bool:
    first = clause[0]
    return len(clause) > 1 or (isinstance(first, Compare) and first.op == "in")


def _intersections(plan: Plan) -> Iterator[Plan]:
    """`published in both 1989 and 1990`: one row says one of it, another row the other. Accounts in
    France and Japan are one row each.
    """
    one_each = any(term.field and term.field.tells_rows_apart for term in plan.select)
    if not plan.tree.edges and one_each and any(map(_is_one_of, plan.where)):
        return
    for at, clause in enumerate(plan.where):
        rest = plan.where[:at] + plan.where[at + 1 :]
        for one, other in _halves(clause):
            yield _intersected(plan, (*rest, one), (*rest, other))
        for later in range(at + 1, len(plan.where)):
            if _exclude_each_other(clause, plan.where[later]):
                others = tuple(c for i, c in enumerate(plan.where) if i not in (at, later))
                yield _intersected(plan, (*others, clause), (*others, plan.where[later]))


def _is_one_of(clause: Clause) -> bool:
    condition = clause[0]
    return len(clause) == 1 and isinstance(condition, Compare) and condition.op == "in"


def _unions(plan: Plan, core: Tree) -> Iterator[Plan]:
    """`hotter than 30 or once a host`: who never was a host is in no row of hosts."""
    for at, clause in enumerate(plan.where):
        if len(clause) != 2:
            continue
        rest = plan.where[:at] + plan.where[at + 1 :]
        one, other = ((*rest, (condition,)) for condition in clause)
        trees = [_holding(plan.tree, core, side) for side in (one, other)]
        if trees[0] == trees[1]:
            yield replace(plan, distinct=True)
        else:
            yield replace(plan, tree=trees[0], where=one, setop=SetOp("union", trees[1], other))


def _holding(tree: Tree, core: Tree, where: tuple[Clause, ...]) -> Tree:
    tables = (entity for clause in where for c in clause for entity in entities_of(c))
    return Tree(core.root, spanning(tree, [*core.entities, *tables]).edges)


def _intersected(plan: Plan, one: tuple[Clause, ...], other: tuple[Clause, ...]) -> Plan:
    return replace(plan, where=one, setop=SetOp("intersect", plan.tree, other))


def _halves(clause: Clause) -> Iterator[tuple[Clause, Clause]]:
    """`in (a, b)`, and `a or b` said of one column."""
    first = clause[0]
    if len(clause) == 1 and isinstance(first, Compare) and first.op == "in":
        if len(first.values) == 2:
            one, other = (Compare(first.field, "=", (value,)) for value in first.values)
            yield (one,), (other,)
    elif len(clause) == 2 and clause[0].field is clause[1].field:
        yield (clause[0],), (clause[1],)


def _exclude_each_other(one: Clause, other: Clause) -> bool:
    if len(one) != 1 or len(other) != 1 or one[0].field is not other[0].field:
        return False
    if type(one[0]) is not type(other[0]):
        return False
    if not isinstance(one[0], Compare) or not isinstance(other[0], Compare):
        return True
    ops = {one[0].op, other[0].op}
    return ops == {"="} or bool(ops & _LOWER and ops & _UPPER)


def _differences(plan: Plan, core: Tree) -> Iterator[Plan]:
    """`addresses without any such member`: all values but those that some row goes with."""
    for at, clause in enumerate(plan.where):
        if len(clause) != 1 or denies(clause) or _is_known(clause):
            continue
        rest = plan.where[:at] + plan.where[at + 1 :]
        inside = set(core.entities)
        if not all(e in inside for each in rest for c in each for e in entities_of(c)):
            continue
        yield replace(
            plan, tree=core, where=rest, setop=SetOp("except", plan.tree, (affirmed(clause),))
        )


def denies(clause: Clause) -> bool:
    """`not registered`, `without a weight`: the negation is said, and no operator takes it back."""
    condition = clause[0]
    if not isinstance(condition, Compare):
        return False
    return condition.op == "null" or says_no(condition)


def _is_known(clause: Clause) -> bool:
    """`with an email but no phone` does not lack the email."""
    return isinstance(clause[0], Compare) and clause[0].op == "not null"


def affirmed(clause: Clause) -> Clause:
    """The same without its negation."""
    condition = clause[0]
    if isinstance(condition, Compare) and condition.op in _POSITIVE:
        return (replace(condition, op=_POSITIVE[condition.op]),)
    return clause
