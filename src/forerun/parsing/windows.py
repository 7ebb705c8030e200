"""Shares, running totals, changes and the first few of each: what becomes of a grouped measure.

Every proposal needs its cue in the question. A cue that no part of the plan answers is a feature
that vetoes the answer: a share is never answered with a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from forerun.catalog.words import stem
from forerun.parsing import along, cues, joins, typical
from forerun.parsing.measures import adds_up, measure
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.outward import outwards
from forerun.parsing.plans import (
    Compare,
    Condition,
    During,
    Part,
    Plan,
    Term,
    Window,
    fields_of,
)
from forerun.parsing.schema import Entity, Field, Stored
from forerun.parsing.sketching import Sketch

ASKED = (*sorted(cues.WINDOWS), "top-of-each")
"""What may go unmet."""
Where = tuple[tuple[Condition, ...], ...]


def windowed(plan: Plan, sketch: Sketch, lattice: Lattice) -> Iterator[Plan]:
    """What else the plan may mean, given the question's cues."""
    if plan.all_columns or plan.count_groups or plan.setop or plan.having:
        return
    tags = lattice.tags
    if tags.isdisjoint(_CUES) and not _asks_for_top_of_each(lattice):
        return
    if any(mention.links and cues.is_window(mention.text) for mention in lattice.mentions):
        return  # the data holds shares of its own
    whole = _groups_by_all_said(plan, lattice)
    if "ratio" in tags and whole and not plan.distinct:
        yield from _ratio(plan)
        yield from _of_two_parts(plan, lattice)
    if "share" in tags and whole and not _is_compared(lattice):
        yield from _shares(plan, lattice)
    if tags & along.CUES and whole:
        yield from along.along_time(plan, lattice)
    if tags & typical.ASKED and whole:
        yield from typical.averaged(plan, sketch, lattice)
    elif "zeros" in tags and whole:
        yield from outwards(plan)
    if _asks_for_top_of_each(lattice):
        yield from _top_of_each(plan, sketch)


_CUES = frozenset(("ratio", "share", "zeros", *along.CUES, *typical.ASKED))


def _groups_by_all_said(plan: Plan, lattice: Lattice) -> bool:
    """False where the plan drops a group that was asked for with `each`."""
    grouped = {target for term in plan.group for target in (term.entity, term.field)}
    each = (mention for mention in lattice.mentions if "each" in mention.left)
    return all(any(link.target in grouped for link in m.links) for m in each if m.links)


def features(plan: Plan, ranks_in_groups: bool, lattice: Lattice) -> Iterator[str]:
    """What the plan makes of its measure, and the cues that it leaves unanswered."""
    made = set(_made(plan))
    yield from (f"window|{kind}" for kind in sorted(made))
    answered = {"share": {"share", "part", "growth"}, "change": {"change", "growth"}}
    for tag in sorted(lattice.tags & cues.WINDOWS):
        if made.isdisjoint(answered.get(tag, {tag})):
            yield f"unmet|{tag}"
    cut = plan.limit is not None and "top" not in made
    if cut and (ranks_in_groups or _asks_for_top_of_each(lattice)):
        yield "unmet|top-of-each"


def ranks_in_groups(plan: Plan, sketch: Sketch) -> bool:
    """Whether the first few may be those of each group that was asked for with `each`."""
    return plan.limit is not None and bool(_ranked(plan, sketch))


def _is_compared(lattice: Lattice) -> bool:
    """`more than 10 percent of`: a share that is a condition, which no plan can have."""
    numbers = (mention for mention in lattice.mentions if mention.number is not None)
    return any("share" in mention.right for mention in numbers)


def _is_share_of(lattice: Lattice) -> bool:
    """`percentage of orders`; the "hispanic percentage for cities" is a column's."""
    lefts = (m.left for m in lattice.mentions if "share" in m.left)
    return any(set(left[left.index("share") :]) <= _OF for left in lefts)


_OF = frozenset(("share", "of", "in", "sum", "count", "distinct"))


def _is_grouped_as_said(plan: Plan, lattice: Lattice) -> bool:
    """False for the "percentages of cities and their names": more likely columns of percentages."""
    return not plan.group or not lattice.tags.isdisjoint(("each", "by"))


def _made(plan: Plan) -> Iterator[str]:
    if plan.window is not None:  # an average over groups is a sum by their number
        yield "ratio" if plan.window.kind == typical.KIND else plan.window.kind
        if plan.window.whole is not None:
            yield "zeros"
    if plan.outward:
        yield "zeros"
    if any(True for _ in plan.parts):
        yield "part"
    if any(term.per for term in plan.select):
        yield "ratio"


# --- ratios and shares


def _ratio(plan: Plan) -> Iterator[Plan]:
    """`amount divided by quantity`: two aggregates over rows of one table."""
    measures = [term for term in plan.select if term.aggregate]
    if len(measures) != 2 or measures[0].entity is not measures[1].entity:
        return
    if any(order.term.aggregate for order in plan.order):
        return
    kept = (term for term in plan.select if not term.aggregate)
    yield replace(plan, select=(*kept, replace(measures[0], per=measures[1])))


def _of_two_parts(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    """`ratio of those above 4 to those below 4`, `of those of 2020 to all`."""
    if plan.group or plan.semis or plan.order or not plan.where:
        return
    terms = [term for term in plan.select if term.aggregate]
    if len(terms) > 1 or any(term.aggregate != "count" or term.distinct for term in terms):
        return
    entity = terms[0].entity if terms else plan.select[0].entity
    if joins.multiplied(plan.tree, entity) or not _asks_for_rows_alone(plan, entity, lattice):
        return
    rows = Term(None, entity, "count")
    to_all = not lattice.stems.isdisjoint(_ALL)
    for rest, part, whole in _parts_of(plan):
        if whole is None and not to_all:
            continue  # to something that was not understood
        ratio = replace(rows, part=part, per=replace(rows, part=whole))
        yield replace(plan, select=(ratio,), where=rest)


def _asks_for_rows_alone(plan: Plan, entity: Entity, lattice: Lattice) -> bool:
    """False where a column, a measure, another table or one line for each is spoken of too."""
    own = {*entity.display, *entity.primary}
    plain = [term for term in plan.select if not term.aggregate]
    if any(term.entity is not entity or term.field not in own for term in plain):
        return False
    if any(not cues.EACH.isdisjoint(mention.left) for mention in lattice.mentions):
        return False
    known = {*own, *plan.tree.entities, *(f for c in plan.conditions for f in fields_of(c))}
    meant = [_best_targets(mention) for mention in lattice.mentions if mention.links]
    if any(targets.isdisjoint(known) for targets in meant if not _holds_a_value(targets)):
        return False
    tables = {target for targets in meant for target in targets if isinstance(target, Entity)}
    return not tables or entity in tables


def _best_targets(mention: Mention) -> set[Field | Entity | Stored]:
    """What the words mean, as far as names tell: `country` is that of several tables."""
    best = mention.links[0].quality
    return {link.target for link in mention.links if link.quality == best}


def _holds_a_value(targets: Iterable[Field | Entity | Stored]) -> bool:
    return any(isinstance(target, Stored) for target in targets)


_ALL = frozenset(map(stem, ("all", "total", "overall", "entire", "every", "whole")))


def _parts_of(plan: Plan) -> Iterator[tuple[Where, Part, Part | None]]:
    """What may be divided by what: two conditions of one column, or one of them and all."""
    for at, one in enumerate(plan.where):
        others = plan.where[:at] + plan.where[at + 1 :]
        yield others, Part(one), None
        for other in plan.where[at + 1 :]:
            if other[0].field is one[0].field:
                yield tuple(c for c in others if c != other), Part(one), Part(other)
        first = one[0]
        if isinstance(first, Compare) and first.op == "in" and len(first.values) == 2:
            mine, theirs = (Part((Compare(first.field, "=", (v,)),)) for v in first.values)
            yield others, mine, theirs


def _shares(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    if not _is_grouped_as_said(plan, lattice):
        return
    if _is_share_of(lattice):
        yield from _shares_of_rows(plan)
    groups = [mention for mention in lattice.mentions if {"each", "by"} & set(mention.left)]
    if len(groups) == 1:  # "by status for each store" may mean of all, or of the store's
        yield from _shares_of_groups(plan)


def _shares_of_rows(plan: Plan) -> Iterator[Plan]:
    """`what percentage of orders are cancelled`: a condition says of which rows the share is.

    A period only narrows all rows down, unless nothing else is said. Where several conditions
    may be meant, each is proposed, so that none is sure.
    """
    figure = measure(plan)
    if figure is None or not adds_up(figure, plan) or (figure.field and figure.field.metric):
        return
    telling = [clause for clause in plan.where if not isinstance(clause[0], During)]
    for clause in telling or (() if plan.group or plan.semis else plan.where):
        rest = tuple(other for other in plan.where if other is not clause)
        yield _of_part(replace(plan, where=rest), figure, Part(clause))
    for semi in plan.semis:
        others = tuple(other for other in plan.semis if other is not semi)
        yield _of_part(replace(plan, semis=others), figure, Part(semi=semi))


def _of_part(plan: Plan, measure: Term, part: Part) -> Plan:
    share = replace(measure, part=part)
    return replace(
        plan,
        select=tuple(share if term == measure else term for term in plan.select),
        order=tuple(replace(o, term=share) if o.term == measure else o for o in plan.order),
    )


def _shares_of_groups(plan: Plan) -> Iterator[Plan]:
    """`revenue share by brand`: a group's part of the sum over all groups."""
    figure = measure(plan)
    if figure is not None and plan.group and figure in plan.select and adds_up(figure, plan):
        yield replace(plan, window=Window("share", figure))


# --- the first few of each


def _top_of_each(plan: Plan, sketch: Sketch) -> Iterator[Plan]:
    """`top 3 products by revenue in each region`: not three in all, but three of every region."""
    ranked = _ranked(plan, sketch)
    if plan.limit is None or not ranked or len(plan.order) != 1:
        return
    if any(term not in plan.group for term in sketch.per):
        return
    order = plan.order[0]
    if not order.term.aggregate and any(joins.multiplied(plan.tree, t.entity) for t in ranked):
        return  # each of them has many such values
    shown = [term for term in plan.select if term.aggregate]
    if any(term != order.term for term in shown):
        return
    partition = tuple(term for term in plan.group if term in sketch.per)
    keys = (Term(item, term.entity) for term in ranked for item in _row_key(term))
    yield replace(
        plan,
        group=tuple(dict.fromkeys((*partition, *keys, *ranked))),
        window=Window("top", order.term, partition),
    )


@lru_cache(maxsize=16)
def _asks_for_top_of_each(lattice: Lattice) -> bool:
    """`top 3 … in each region`, also where the region found no place in the plan.

    "Orders for each customer, the top 3" is another thing, "for each customer, the top 3" not.
    """
    mentions = lattice.mentions
    ranking = [mention.position for mention in mentions if _ranks(mention)]
    each = [mention.position for mention in mentions if _is_each(mention, lattice)]
    return bool(ranking and each) and (each[0] == 0 or each[-1] > ranking[0])


def _is_each(mention: Mention, lattice: Lattice) -> bool:
    """The most common of all, across products, is one."""
    near = lattice.tokens[max(mention.start - 2, 0) : mention.start]
    return "each" in mention.left and all(token.lower != "across" for token in near)


def _ranks(mention: Mention) -> bool:
    adjective = mention.adjective
    superlative = adjective is not None and adjective.degree == "superlative"
    return superlative or not _RANKING.isdisjoint(mention.left)


_RANKING = frozenset(("most", "least", "high", "low", "first", "last", "common", "rare"))


def _row_key(term: Term) -> tuple[Field, ...]:
    return term.entity.primary if term.field in term.entity.display else ()


def _ranked(plan: Plan, sketch: Sketch) -> list[Term]:
    """What is shown beside the groups that were asked for with `each`."""
    if not any(term in sketch.per for term in plan.group):
        return []
    told = {term.entity for term in sketch.per if term.field in term.entity.primary}
    orders = {order.term for order in plan.order}
    plain = (term for term in plan.select if not term.aggregate and term not in orders)
    return [term for term in plain if term not in sketch.per and term.entity not in told]
