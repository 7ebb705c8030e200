"""From a sketch to whole plans: joins found, repeated rows avoided, DISTINCT or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forerun.catalog.words import stem
from forerun.parsing import (
    alone,
    combining,
    cues,
    doubling,
    eithers,
    joins,
    lacking,
    listing,
    opposing,
    rivals,
    sparing,
    timing,
    uniting,
    varying,
    windows,
)
from forerun.parsing.combining import combined
from forerun.parsing.directions import goes_the_wrong_way
from forerun.parsing.index import Index
from forerun.parsing.joins import Tree, spanning
from forerun.parsing.mentions import Lattice
from forerun.parsing.naming import ROW_WORDS
from forerun.parsing.nesting import figures_of_the_foremost, nested
from forerun.parsing.plans import Compare, Plan, Semi, Term, entities_of
from forerun.parsing.schema import Edge, Entity, Field, Meaning
from forerun.parsing.sketching import Sketch


def complete(sketch: Sketch, lattice: Lattice, index: Index) -> list[Plan]:
    """Every plan that the sketch may mean; empty where tables cannot be joined."""
    plans: list[Plan] = []
    for plan in _joined(sketch, lattice, index):
        if not _makes_sense(plan, lattice, index):
            continue
        plans.extend(_counted_once(plan))
    shown = [variant for plan in plans for variant in _shown(plan, sketch, lattice)]
    shown = [plan for plan in shown if not alone.is_of_one_row_each(plan)]
    shown += [other for plan in shown for other in varying.varied(plan, lattice)]
    shown = listing.whole(shown, lattice)
    shown = [opposing.apart(plan, lattice) or plan for plan in shown]
    shown = [other for plan in shown for other in sparing.spared_where_idle(plan, lattice)]
    made = [w for plan in shown for w in windows.windowed(plan, sketch, lattice)]
    return [plan for plan in made if plan.outward] or [*shown, *made]


def _makes_sense(plan: Plan, lattice: Lattice, index: Index) -> bool:
    if not rivals.comparable(plan) or not timing.is_of_the_rows(plan, lattice, index):
        return False
    if not uniting.holds_both(plan, uniting.both(lattice, index)):
        return False
    if _is_ordered_inside_periods(plan) or combining.misses_its_key(plan):
        return False
    if combining.says_nothing_by_not(plan) or lacking.repeats_what_is_had(plan, lattice):
        return False
    if doubling.compares_with_a_key(plan) or goes_the_wrong_way(plan, lattice, index):
        return False
    return doubling.tells_more_than_said(plan, lattice, index)


def _is_ordered_inside_periods(plan: Plan) -> bool:
    """Months by the amounts of their rows, of which each month has many."""
    if not any(term.unit for term in plan.group):
        return False
    ranks = (order.term for order in plan.order)
    return any(
        term.aggregate is None and term not in plan.group and not (term.field and term.field.metric)
        for term in ranks
    )


def _joined(sketch: Sketch, lattice: Lattice, index: Index) -> Iterator[Plan]:
    core = _core(sketch)
    root = core[0] if core else next(iter(sketch.tables))
    if sketch.either_group:
        for one, other in eithers.groups(_flat(sketch, Tree(root)), index):
            first, second = (next(_counted_once(side), None) for side in (one, other))
            yield from eithers.united(first, second)
        return
    if sketch.instead and core and "or" in lattice.tags:
        yield from eithers.tables(_flat(sketch, Tree(core[0])), sketch, lattice, index)
    for tree in joins.trees(index, root, [*core, *sketch.tables]):
        flat = _flat(sketch, tree)
        if sketch.of_the_foremost:
            yield from () if sketch.absent else figures_of_the_foremost(flat, lattice)
            continue
        bases = (flat, *_nested(sketch, tree, core))
        for base in () if sketch.instead and not sketch.where else bases:
            yield from _with_absent(base, sketch, index)
            if lattice.tags & cues.NEGATIVE and not sketch.absent:
                yield from varying.denied(base)
                yield from varying.unmet(base)
        if core and not sketch.absent:
            if not sketch.of_a_kind:
                yield from combined(flat, spanning(tree, core), lattice)
            yield from uniting.united(flat, uniting.both(lattice, index))
            yield from nested(flat, lattice)
            yield from doubling.doubled(flat, lattice, index)


def _core(sketch: Sketch) -> list[Entity]:
    """Tables whose columns are computed with, not merely filtered on."""
    terms = [*sketch.select, *sketch.group, *(h.term for h in sketch.having)]
    terms += [order.term for order in sketch.order]
    return list(dict.fromkeys(term.entity for term in terms))


def _flat(sketch: Sketch, tree: Tree) -> Plan:
    return Plan(
        tree,
        tuple(sketch.select),
        tuple(tuple(either) for either in sketch.where),
        (),
        tuple(sketch.group),
        tuple(sketch.having),
        tuple(sketch.order),
        sketch.limit,
        count_groups=sketch.count_groups,
        undecided=sketch.undecided,
    )


def _nested(sketch: Sketch, tree: Tree, core: list[Entity]) -> Iterator[Plan]:
    """The same with every many-sided branch that only filters turned into an IN (…)."""
    if not core or not tree.edges:
        return
    inner = spanning(tree, core)
    semis: list[Semi] = []
    kept = list(inner.edges)
    inside = set(inner.entities)
    left = [edge for edge in tree.edges if edge not in kept]
    while left:
        edge = next((e for e in left if e.one in inside or e.many in inside), None)
        if edge is None:
            return
        left.remove(edge)
        if edge.one in inside and not edge.unique:
            branch, left = _branch(edge.many, left)
            semis.append(Semi(edge.one, edge, branch))
        else:
            kept.append(edge)
            inside.update((edge.one, edge.many))
    if not semis:
        return
    plan = replace(_flat(sketch, Tree(tree.root, tuple(kept))), semis=tuple(semis))
    moved = _moved(plan)
    if moved is not None:
        yield moved
        yield from _of_both(moved)


def _branch(start: Entity, left: list[Edge]) -> tuple[Tree, list[Edge]]:
    inside, rest = {start}, list(left)
    taken: list[Edge] = []
    while True:
        edge = next((e for e in rest if e.one in inside or e.many in inside), None)
        if edge is None:
            return Tree(start, tuple(taken)), rest
        rest.remove(edge)
        taken.append(edge)
        inside.update((edge.one, edge.many))


def _moved(plan: Plan) -> Plan | None:
    """Conditions go where their table went; one that spans both sides cannot."""
    outside = set(plan.tree.entities)
    where = []
    semis = list(plan.semis)
    for either in plan.where:
        homes = {_home(e, outside, semis) for condition in either for e in entities_of(condition)}
        if len(homes) != 1:
            return None
        home = homes.pop()
        if home is None:
            where.append(either)
        else:
            semis[home] = replace(semis[home], where=(*semis[home].where, either))
    return replace(plan, where=tuple(where), semis=tuple(semis))


def _of_both(plan: Plan) -> Iterator[Plan]:
    """`students with both cats and dogs`: a partner of either kind, not of one or the other."""
    for at, semi in enumerate(plan.semis):
        if len(semi.where) != 1 or len(semi.where[0]) != 1:
            continue
        condition = semi.where[0][0]
        if isinstance(condition, Compare) and condition.op == "in":
            split = tuple(
                replace(semi, where=((Compare(condition.field, "=", (value,)),),))
                for value in condition.values
            )
            yield replace(plan, semis=plan.semis[:at] + split + plan.semis[at + 1 :])


def _home(entity: Entity, outside: set[Entity], semis: list[Semi]) -> int | None:
    if entity in outside:
        return None
    return next((i for i, semi in enumerate(semis) if entity in semi.tree.entities), None)


def _with_absent(plan: Plan, sketch: Sketch, index: Index) -> Iterator[Plan]:
    """`… without any orders`: conditions on what must not be there move inside."""
    plans = [plan]
    for entity in sketch.absent:
        plans = [lacking for each in plans for lacking in _lacking(each, entity, index)]
    for each in plans:
        outside = set(each.tree.entities)
        if all(e in outside for either in each.where for c in either for e in entities_of(c)):
            yield each
            yield from varying.without(each)


def _lacking(plan: Plan, entity: Entity, index: Index) -> Iterator[Plan]:
    """No row of the table belongs to the result, by any of the keys that lead to it."""
    if entity in plan.tree.entities:
        return
    anchor = plan.tree.root
    inside = tuple(either for either in plan.where if either[0].field.entity is entity)
    where = tuple(either for either in plan.where if either not in inside)
    for path in joins.trees(index, anchor, [entity]):
        if not inside and (key := _left_empty(path, anchor)) is not None:
            yield replace(plan, where=(*where, (Compare(key, "null", ()),)))
        if path.edges and path.edges[0].one is anchor:
            first, rest = path.edges[0], path.edges[1:]
            semi = Semi(anchor, first, Tree(first.many, rest), inside, negated=True)
            yield replace(plan, where=where, semis=(*plan.semis, semi))


def _left_empty(path: Tree, anchor: Entity) -> Field | None:
    """`inspections without a technician`: the key that refers to nobody."""
    if len(path.edges) != 1 or path.edges[0].many is not anchor:
        return None
    pairs = path.edges[0].pairs
    return pairs[0][0] if len(pairs) == 1 and pairs[0][0].column.nullable else None


def _counted_once(plan: Plan) -> Iterator[Plan]:
    """Rows repeated by a join are counted once; sums over repeated rows are no plan at all."""
    repeated = {e for e in plan.tree.entities if joins.multiplied(plan.tree, e)}
    terms = (*plan.select, *(o.term for o in plan.order), *(h.term for h in plan.having))
    for term in terms:
        added = term.aggregate in ("sum", "avg") and term.entity in repeated
        if added and not _once_a_group(plan, term.entity):
            return

    def once(term: Term) -> Term:
        if term.aggregate != "count" or term.field is not None or term.entity not in repeated:
            return term
        if len(term.entity.primary) != 1 or term.entity in _many_sides(plan.tree):
            return term
        return Term(term.entity.primary[0], term.entity, "count", distinct=True)

    single = plan.showing(once)
    yield single
    rows = {term.entity for term in terms if term.aggregate == "count" and term.field is None}
    if len(rows & repeated) > 1:
        return  # one number of rows is not that of stores and of employees
    if single != plan and (plan.group or plan.order):
        yield plan  # the most common of the one side is that with the most rows of the many


def _once_a_group(plan: Plan, entity: Entity) -> bool:
    """`citations by author`: a paper counts for each of its authors, but once for each.

    By the country of the authors it would count twice where two are of one.
    """
    way = list(joins.multiplying(plan.tree, entity))
    if len(way) != 1 or way[0].one is not entity:
        return False
    bridge = way[0].many
    beyond = {edge.one for edge in plan.tree.edges if edge.many is bridge} - {entity}
    return any(
        term.entity in (bridge, *beyond)
        and term.field in (*term.entity.primary, *term.entity.display)
        for term in plan.group
    )


def _many_sides(tree: Tree) -> set[Entity]:
    """Tables that no edge of the tree repeats."""
    return {e for e in tree.entities if not joins.multiplied(tree, e)}


def _shown(plan: Plan, sketch: Sketch, lattice: Lattice) -> Iterator[Plan]:
    if plan.setop is not None and plan.setop.select:
        yield plan  # each once anyway, and no other column in place of one of the two
        return
    plan = varying.dated(plan, lattice)
    aggregated = plan.group or any(term.aggregate for term in plan.select)
    if not aggregated and lattice.everything and sketch.shown and len(plan.select) <= 2:
        yield replace(plan, all_columns=True)
        if _says_rows(lattice):
            return  # "all rows" are whole rows; "all customers" may be their names
    yield plan
    yield from _with_measure(plan, lattice)
    if sketch.nothing_asked and plan.order and not plan.group and _is_named(plan, lattice):
        yield replace(plan, select=(plan.order[0].term,))  # "the top 3 scores"
    yield from _grouped_by_name(plan)
    yield from _counted_with_repeats(plan)
    if len(sketch.shown) == 1 and not plan.group and not plan.all_columns:
        yield from _by_key(plan, sketch.shown[0])
    if plan.group or any(term.aggregate for term in plan.select):
        return
    if plan.tree.edges or repeats(plan.select) or "distinct" in lattice.tags:
        yield replace(plan, distinct=True)


def _says_rows(lattice: Lattice) -> bool:
    """Whether what is asked for goes by no other name than that of rows."""
    words = ({token.stem for token in lattice.tokens[m.start : m.end]} for m in lattice.mentions)
    return any(said <= _ROW_STEMS for said in words)


_ROW_STEMS = frozenset(map(stem, ROW_WORDS))


def _is_named(plan: Plan, lattice: Lattice) -> bool:
    """Whether what is ranked by is spoken of: "the top 3 scores", not "the oldest"."""
    ranked = plan.order[0].term.field
    named = (mention for mention in lattice.mentions if mention.adjective is None)
    return any(link.target is ranked for mention in named for link in mention.links)


def _with_measure(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    """`top 5 products by revenue` with the revenue beside the product.

    Who asks for no more than "the store with the most orders" hears which one.
    """
    if plan.limit == 1 and lattice.tags.isdisjoint(_ASKING_FOR_MORE):
        return
    measured = [order.term for order in plan.order if order.term.aggregate]
    if plan.group and plan.limit is not None and measured and measured[0] not in plan.select:
        yield replace(plan, select=(*plan.select, measured[0]))


_ASKING_FOR_MORE = frozenset((*cues.AGGREGATES, "count", "tally", "share", "and", "also"))


def _grouped_by_name(plan: Plan) -> Iterator[Plan]:
    """Rows of the same name as one group, where the key itself is not shown."""
    named = {term.entity for term in plan.group if term.field in term.entity.display}
    keys = {
        term
        for term in plan.group
        if term.field in term.entity.primary and term.entity in named and term not in plan.select
    }
    if keys and len(keys) < len(plan.group):
        yield replace(plan, group=tuple(term for term in plan.group if term not in keys))


def _counted_with_repeats(plan: Plan) -> Iterator[Plan]:
    """`the number of patients who stayed`: each stay, where no key says who is the same."""

    def every(term: Term) -> Term:
        keyed = term.field in term.entity.primary
        return replace(term, distinct=False) if term.distinct and not keyed else term

    whole = plan.showing(every)
    if whole != plan:
        yield whole


def _by_key(plan: Plan, entity: Entity) -> Iterator[Plan]:
    """The key in place of the name, which some askers mean by "which order"."""
    shown = set(entity.display)
    keys = [Term(f, entity) for f in entity.primary]
    if keys and not set(entity.primary) & shown:
        others = [term for term in plan.select if term.field not in shown or term.aggregate]
        if len(others) == len(plan.select) - len(shown):
            yield replace(plan, select=(*keys, *others))


def repeats(select: tuple[Term, ...]) -> bool:
    """True when the columns may well hold the same values in several rows."""
    return not any(_is_unique(term.field) for term in select if term.field)


def _is_unique(item: Field) -> bool:
    entity = item.entity
    return entity.primary == (item,) or (item.meaning is Meaning.NAME and item in entity.display)


def uses_all_tables(plan: Plan) -> bool:
    """False when a table was joined for nothing but its mention."""
    used = {term.entity for term in (*plan.select, *plan.group)}
    used |= {condition.field.entity for condition in plan.conditions}
    return set(plan.tree.entities) <= used


def is_filtered_on(plan: Plan, item: Field) -> bool:
    """True when a condition already pins `item` to one value."""
    return any(isinstance(c, Compare) and c.field is item and c.op == "=" for c in plan.conditions)
