"""Which readings an asker is offered to choose from: such as mean different things to him.

Whoever does not know the tables cannot choose between a name and a key, between a list and the
same list with each line once, or between two ways of joining. Nor would he choose a reading that
leaves out half of what he said.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from operator import le

from forerun.parsing import joins
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan, Semi, Term, without_ties
from forerun.parsing.ranking import Candidate
from forerun.parsing.reading import is_one_of_several, reading
from forerun.parsing.schema import Edge, Entity, Meaning
from forerun.parsing.shortfalls import ranks_by_letters
from forerun.parsing.vetoing import vetoed

MAX_CHOICES = 3
_FAR = 6.0
"""A reading that is less likely than the best by e to this power is not worth offering."""


def offered(lattice: Lattice, candidates: Sequence[Candidate]) -> tuple[int, ...]:
    """Ranks of the candidates to offer, the best first; no two read the same.

    None leaves out more than the best does. Of those that mean the same the best stands for all,
    but where few mean anything else, also the one with each line once.
    """
    near = [r for r, c in enumerate(candidates) if candidates[0].score - c.score <= _FAR]
    lost = {rank: _lost(lattice, candidates[rank]) for rank in near}
    best = min(lost[0], *lost.values())
    whole = [rank for rank in near if all(map(le, lost[rank], best))]
    unlike = _first_of_each(lambda rank: _sense(candidates[rank].plan), whole)
    once = (rank for rank in whole if _is_once(candidates[rank].plan, candidates[0].plan))
    chosen = [*unlike, *once][:MAX_CHOICES]
    return _first_of_each(lambda rank: reading(candidates[rank].plan), chosen)


def _first_of_each(key: Callable[[int], Hashable], ranks: Iterable[int]) -> tuple[int, ...]:
    found: dict[Hashable, int] = {}
    for rank in ranks:
        found.setdefault(key(rank), rank)
    return tuple(found.values())


def _is_once(plan: Plan, best: Plan) -> bool:
    """The same rows, each once, or as often as they come, where a join may repeat them."""
    if best.tree.edges and all(_is_one_row_each(term, best) for term in best.select):
        return False
    return plan != best and replace(plan, distinct=best.distinct) == best


def _is_one_row_each(term: Term, plan: Plan) -> bool:
    """Whether each row of a table is told by its name, and by no join more than once."""
    named = term.field in (*term.entity.display, *term.entity.primary)
    named = named and (term.field is None or term.field.meaning is not Meaning.CATEGORY)
    return named and term.aggregate is None and not joins.multiplied(plan.tree, term.entity)


def _lost(lattice: Lattice, candidate: Candidate) -> tuple[bool, bool, int]:
    """Whether something is missing without which nothing is answered, whether the first are those
    that come last in the alphabet, and how many mentions are left out.
    """
    skipped = sum(action.role == "skip" for action in candidate.roles.actions)
    return vetoed(lattice, candidate), ranks_by_letters(lattice, candidate.plan), skipped


def _sense(plan: Plan) -> Hashable:
    """What a plan means to somebody who sees no tables."""
    plan = without_ties(plan)
    plan = plan.showing(lambda term: _as_rows(term, plan))
    conditions = [either for semi in plan.semis if not semi.negated for either in semi.where]
    ranks = {order.term for order in plan.order if order.term.aggregate and plan.limit}
    return (
        frozenset(_shown(plan)) - ranks,
        frozenset(_as_rows(term, plan) for term in plan.group if not _is_idle_key(term, plan)),
        frozenset((*plan.where, *conditions)),
        frozenset(map(_nearest, (semi for semi in plan.semis if semi.negated))),
        frozenset(_told_keys(plan)),
        (plan.having, plan.order, plan.limit, plan.count_groups, plan.setop, plan.window),
    )


def _nearest(semi: Semi) -> Semi:
    """Who has no order lines has none that belong to an order: every line does."""
    edges = semi.tree.edges
    always = all(not mine.column.nullable for edge in edges for mine, _ in edge.pairs)
    outward = all(edge.many in (semi.tree.root, *(e.one for e in edges)) for edge in edges)
    if semi.where or not (always and outward):
        return semi
    return replace(semi, tree=replace(semi.tree, edges=()))


def _shown(plan: Plan) -> Iterator[Hashable]:
    """Whole rows, by whatever they are told: their names, their keys, all of their columns."""
    if plan.all_columns:
        yield plan.select[0].entity
        return
    for term in plan.select:
        names = (*term.entity.display, *term.entity.primary)
        if term.aggregate is not None:
            yield term
        elif plan.spared and _is_a_reference(term):
            yield plan.spared[0]
        else:
            yield term.entity if term.field in names else term


def _is_a_reference(term: Term) -> bool:
    """A key in hand that stands for another table's row."""
    item = term.field
    key = item is not None and item.meaning is Meaning.KEY
    return key and (item,) != term.entity.primary


def _as_rows(term: Term, plan: Plan) -> Term:
    """A count of keys counts the rows that they are of."""
    item = term.field
    if term.aggregate != "count" or item is None or item.meaning is not Meaning.KEY:
        return replace(term, distinct=False) if term.aggregate is None else term
    owner: Entity = plan.spared[0] if plan.spared else term.entity
    return replace(term, field=None, entity=owner, distinct=False)


def _is_idle_key(term: Term, plan: Plan) -> bool:
    """The key beside a name, which makes no other groups where names differ."""
    beside = {t.entity for t in plan.group if t.field in t.entity.display}
    return term.entity in beside and term.field in term.entity.primary


def _told_keys(plan: Plan) -> Iterator[Edge]:
    """Keys of several that lead to the same table: home team and away team."""
    kept: list[Semi] = [semi for semi in plan.semis if not semi.negated]
    inner = (edge for semi in kept for edge in (semi.edge, *semi.tree.edges))
    yield from (edge for edge in (*plan.tree.edges, *inner) if is_one_of_several(edge))
