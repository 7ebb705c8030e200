"""A table that is joined twice: from one airport to another, the employees of a manager.

The second time it goes by another name. Both are tables of their own to a plan, so that nothing
but the FROM clause needs to know that they are one and the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from forerun.catalog.words import stem
from forerun.parsing.index import Index
from forerun.parsing.joins import Tree
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import BesideColumn, Compare, Condition, Plan, Term
from forerun.parsing.schema import Edge, Entity, Field, Meaning, Stored
from forerun.parsing.subordinates import is_of_the_superior

Clause = tuple[Condition, ...]


def doubled(plan: Plan, lattice: Lattice, index: Index) -> Iterator[Plan]:
    """`plan` with one of its tables joined a second time, where keys allow for it."""
    if plan.semis or plan.setop is not None:
        return
    for edge in plan.tree.edges:
        for other in index.edges_of(edge.one):
            if other is not edge and other.many is edge.many and other.one is edge.one:
                yield from _by_two_keys(plan, edge, other, index)
    for entity in plan.tree.entities:
        for edge in index.edges_of(entity):
            if edge.one is edge.many:
                yield from _of_its_own_kind(plan, edge, lattice, index)
                yield from _by_name(plan, edge, lattice, index)
                yield from _beside_whom_it_refers_to(plan, edge, index)


def compares_with_a_key(plan: Plan) -> bool:
    """A salary beside the number by which the manager is known."""
    return any(
        isinstance(c, BesideColumn)
        and c.op not in ("=", "!=")
        and (c.field.meaning is Meaning.KEY) != (c.other.meaning is Meaning.KEY)
        for c in plan.conditions
    )


def tells_more_than_said(plan: Plan, lattice: Lattice, index: Index) -> bool:
    """False for the staff named Bob where those that belong to Bob were asked for.

    Rows that refer to rows of their own kind are asked for by whom they refer to: who finds only
    the one that was named has looked for the wrong one. Unless it was a name that was asked for.
    Nor is it a number by which somebody who leads the others is told.
    """
    tables = (entity for entity in plan.tree.entities if not entity.alias)
    edges = (edge for entity in tables for edge in index.edges_of(entity))
    if any(edge.one is edge.many and _goes_by_number(plan, edge, lattice) for edge in edges):
        return False
    for condition in plan.conditions:
        if not isinstance(condition, Compare) or not _pins(condition):
            continue
        entity = condition.field.entity
        of_its_kind = any(edge.one is edge.many for edge in index.edges_of(entity))
        if not of_its_kind or not _NAMING.isdisjoint(_words_before(condition, lattice)):
            continue
        anything = is_of_the_superior(condition, lattice)  # the salary of who reports to Bob
        if all(t.entity is entity and (anything or _tells_who(t)) for t in plan.select):
            return False
    return True


_NAMING = frozenset(("name", "named", "called"))


def _pins(condition: Compare) -> bool:
    """Whether it names one row."""
    item = condition.field
    fixed = condition.op == "=" and len(condition.values) == 1
    return fixed and item in item.entity.display and not item.entity.alias


def _tells_who(term: Term) -> bool:
    """Nothing but which row it is, or how many."""
    if term.field is None or term.field in term.entity.display:
        return True
    return term.aggregate == "count" and term.field in term.entity.primary


def features(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """Whether what is said of a place goes with the key: from here, to there."""
    twins = {entity.table.key for entity in plan.tree.entities if entity.alias}
    if not twins:
        return
    yield "doubled"
    yield f"doubled|shown={any(term.entity.table.key in twins for term in plan.select)}"
    conditions = [c for c in plan.conditions if isinstance(c, Compare) and len(c.values) == 1]
    for edge in plan.tree.edges:
        end = end_of(edge)
        for condition in conditions:
            if condition.field.entity is edge.one and edge.one.table.key in twins and end:
                yield f"doubled|{end}|{_said_before(condition, lattice)}"


_ENDS = {
    "start": "start begin origin source src depart from orig home",
    "end": "end destination dest target arrive arrival to away",
}
_NEAR = 4
_STEMS = {end: frozenset(map(stem, words.split())) for end, words in _ENDS.items()}


def end_of(edge: Edge) -> str | None:
    """Whether the key tells where something begins or ends."""
    stems = {stem for mine, _ in edge.pairs for stem in mine.stems}
    return next((end for end, known in _STEMS.items() if known & stems), None)


def end_said_by(said: str) -> str | None:
    """The same of a word's stem: `origin`, `destination`."""
    return next((end for end, known in _STEMS.items() if said in known), None)


_BELOW = frozenset(("to", "by", "for", "under"))
"""Who reports to somebody, or is led by them, has them as a superior."""


def _words_before(condition: Compare, lattice: Lattice) -> list[str]:
    """The few words before the value, the nearest last."""
    value = condition.values[0] if condition.values else None
    for mention in lattice.mentions:
        values = (link.target.value for link in mention.links if isinstance(link.target, Stored))
        if mention.text == value or value in values:
            near = lattice.tokens[max(mention.start - _NEAR + 1, 0) : mention.start]
            return [token.lower for token in near]
    return []


def _said_before(condition: Compare, lattice: Lattice) -> str:
    """The cue or the word before the value, as far as it tells a direction."""
    (value,) = condition.values
    for mention in lattice.mentions:
        values = (link.target.value for link in mention.links if isinstance(link.target, Stored))
        if mention.text == value or value in values:
            near = reversed(lattice.tokens[max(mention.start - _NEAR, 0) : mention.start])
            told = (end for token in near for end, known in _STEMS.items() if token.stem in known)
            return next(told, "-")
    return "-"


def _by_two_keys(plan: Plan, edge: Edge, other: Edge, index: Index) -> Iterator[Plan]:
    """`from Ashford to Dunley`: one condition each. `friends of Ann`: shown here, named there."""
    twin = index.twin(edge.one)
    tree = Tree(plan.tree.root, (*plan.tree.edges, _to(other, twin)))
    first = index.comes_first(edge, other)
    for one, two in _pairs(plan.where, edge.one) if first else ():
        said = (one, two)
        rest = tuple(c for c in plan.where if c not in said and not _holds_both(c, one, two))
        yield replace(plan, tree=tree, where=(*rest, one, _moved(two, twin)))
        yield replace(plan, tree=tree, where=(*rest, two, _moved(one, twin)))
    if any(term.entity is edge.one for term in plan.select):
        moved = tuple(_moved(c, twin) if _is_about(c, edge.one) else c for c in plan.where)
        if moved != plan.where:
            yield replace(plan, tree=tree, where=moved)


def _of_its_own_kind(plan: Plan, edge: Edge, lattice: Lattice, index: Index) -> Iterator[Plan]:
    """`the employees who report to Ann`, and `the manager of Ann`."""
    entity, twin = edge.one, index.twin(edge.one)
    about = [clause for clause in plan.where if _is_about(clause, entity)]
    above = [clause for clause in about if _is_of_the_superior(clause, lattice)] or about
    moved = tuple(_moved(clause, twin) if clause in above else clause for clause in plan.where)
    if not above or not any(term.entity is entity for term in plan.select):
        return
    keys = {mine for mine, _ in edge.pairs}
    if any(c.field in keys for c in plan.conditions):
        return  # whose manager is number 7
    if not edge.declared and not _is_spoken_of(edge, plan, lattice):
        return
    said = [_words_before(c, lattice)[-1:] for c in plan.conditions if isinstance(c, Compare)]
    below = any(not _BELOW.isdisjoint(word) for word in said)
    for link in (_to(edge, twin),) if below else (_to(edge, twin), _from(edge, twin)):
        yield replace(plan, tree=Tree(plan.tree.root, (*plan.tree.edges, link)), where=moved)


def _is_of_the_superior(clause: Clause, lattice: Lattice) -> bool:
    """Of that one alone: who reports to Ann and earns more than 5000 earns it, not Ann."""
    return any(isinstance(c, Compare) and is_of_the_superior(c, lattice) for c in clause)


def _is_spoken_of(edge: Edge, plan: Plan, lattice: Lattice) -> bool:
    """Whether anything is said of who is above whom."""
    if any(_is_of_the_superior(clause, lattice) for clause in plan.where):
        return True
    said = lattice.stems - _OF_KEYS
    return any(not said.isdisjoint(mine.stems) for mine, _ in edge.pairs)


def _by_name(plan: Plan, edge: Edge, lattice: Lattice, index: Index) -> Iterator[Plan]:
    """`the manager with the most employees`: who that is, not the number of the one."""
    if not _goes_by_number(plan, edge, lattice):
        return
    twin, keys = index.twin(edge.one), {mine for mine, _ in edge.pairs}
    names = tuple(Term(item, twin) for item in twin.display)
    rows = tuple(Term(item, twin) for item in twin.primary)

    def named(terms: tuple[Term, ...], instead: tuple[Term, ...]) -> tuple[Term, ...]:
        found = (instead if term.field in keys else (term,) for term in terms)
        return tuple(dict.fromkeys(chain.from_iterable(found)))

    yield replace(
        plan,
        tree=Tree(plan.tree.root, (*plan.tree.edges, _to(edge, twin))),
        select=named(plan.select, names),
        group=named(plan.group, (*rows, *names)),
    )


def _goes_by_number(plan: Plan, edge: Edge, lattice: Lattice) -> bool:
    """Whether rows are grouped by whom they refer to, of whom only the key is told."""
    keys = {mine for mine, _ in edge.pairs}
    if set(edge.one.display) <= set(edge.one.primary):
        return False
    told = any(term.field in keys and term.aggregate is None for term in plan.select)
    grouped = any(term.field in keys for term in plan.group)
    return told and grouped and _OF_KEYS.isdisjoint(lattice.stems)


_OF_KEYS = frozenset(map(stem, ("id", "ids", "key", "code")))


def _beside_whom_it_refers_to(plan: Plan, edge: Edge, index: Index) -> Iterator[Plan]:
    """`who earn more than their manager`: the same figure of who is referred to."""
    twin = index.twin(edge.one)
    keys = {mine for mine, _ in edge.pairs}

    def of_the_other(condition: Condition) -> Condition:
        if not isinstance(condition, BesideColumn) or condition.other not in keys:
            return condition
        return replace(condition, other=twin.fields[condition.field.position])

    named = (c for c in plan.conditions if isinstance(c, BesideColumn) and c.other in keys)
    if any(c.field.entity is edge.one and c.field.meaning is not Meaning.KEY for c in named):
        where = tuple(tuple(map(of_the_other, clause)) for clause in plan.where)
        tree = Tree(plan.tree.root, (*plan.tree.edges, _to(edge, twin)))
        yield replace(plan, tree=tree, where=where)


def _pairs(where: tuple[Clause, ...], entity: Entity) -> Iterator[tuple[Clause, Clause]]:
    """Two values of one column, which no row has both of."""
    for at, clause in enumerate(where):
        first = clause[0]
        if len(clause) > 1 or not isinstance(first, Compare) or first.field.entity is not entity:
            continue
        if first.op == "in" and len(first.values) == 2:
            one, other = (Compare(first.field, "=", (value,)) for value in first.values)
            yield (one,), (other,)
        for later in where[at + 1 :]:
            second = later[0]
            if len(later) == 1 and isinstance(second, Compare) and second.field is first.field:
                yield clause, later


def _holds_both(clause: Clause, one: Clause, two: Clause) -> bool:
    first, a, b = clause[0], one[0], two[0]
    if not isinstance(first, Compare) or not isinstance(a, Compare) or not isinstance(b, Compare):
        return False
    return first.field is a.field and first.values == (*a.values, *b.values)


def _is_about(clause: Clause, entity: Entity) -> bool:
    return all(isinstance(c, Compare) and c.field.entity is entity for c in clause)


def _moved(clause: Clause, twin: Entity) -> Clause:
    return tuple(replace(c, field=twin.fields[c.field.position]) for c in clause)


def _to(edge: Edge, twin: Entity) -> Edge:
    pairs = tuple((mine, _twin_of(theirs, twin)) for mine, theirs in edge.pairs)
    return replace(edge, one=twin, pairs=pairs)


def _from(edge: Edge, twin: Entity) -> Edge:
    pairs = tuple((_twin_of(mine, twin), theirs) for mine, theirs in edge.pairs)
    return replace(edge, many=twin, pairs=pairs)


def _twin_of(item: Field, twin: Entity) -> Field:
    return twin.fields[item.position]
