"""What a whole plan says for or against itself, and the fitted weights that judge it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from forerun.catalog.words import stem
from forerun.parsing import completion, cues, doubling, joins, repetition, windows
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import (
    BesideAggregate,
    Compare,
    During,
    OfForemost,
    Plan,
    SetOp,
    Term,
)
from forerun.parsing.schema import Entity, Field, Meaning
from forerun.parsing.search import Path as Roles
from forerun.parsing.sketching import Sketch
from forerun.parsing.unmet import unmet
from forerun.parsing.weighing import read_weights

_WEIGHTS = Path(__file__).with_name("weights.txt")


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """A plan, the roles that led to it, and every feature that was summed. Compared by identity."""

    plan: Plan
    roles: Roles
    features: tuple[str, ...]
    score: float

    @property
    def is_edit(self) -> bool:
        """Whether the plan is a change of an earlier one."""
        return "~edit" in self.features


@lru_cache(maxsize=1)
def weights() -> Mapping[str, float]:
    """The fitted weights: one `feature<TAB>weight` a line."""
    return read_weights(_WEIGHTS)


@dataclass(frozen=True, slots=True)
class Manner:
    """What a plan alone does not tell of how it was asked for."""

    rows_asked: bool
    """Whether rows of a table were asked for as such."""
    root_asked: bool
    """Whether those of the table at the root were."""
    nothing_asked: bool
    mismatched: bool
    ranks_in_groups: bool


def manner(plan: Plan, sketch: Sketch) -> Manner:
    """How the plan was asked for, by the sketch that it was made of."""
    return Manner(
        bool(sketch.shown),
        plan.tree.root in sketch.shown,
        sketch.nothing_asked,
        sketch.mismatched > 0,
        windows.ranks_in_groups(plan, sketch),
    )


def features(plan: Plan, manner: Manner, lattice: Lattice) -> Iterator[str]:
    """Features of the plan as a whole."""
    shape = _shape(plan)
    size = len(plan.tree.edges)
    yield f"joins={min(size, 4)}"
    yield f"shape={shape}"
    yield from ("guessed-join" for _ in range(plan.tree.guessed))
    yield from doubling.features(plan, lattice)
    unnamed = [e for e in plan.tree.entities if e not in lattice.entities]
    yield f"unnamed-tables={min(len(unnamed), 4)}"
    missing = lattice.entities - set(plan.tree.entities)
    missing -= {e for semi in plan.partners for e in semi.tree.entities}
    missing -= set(plan.spared)
    yield f"missing-tables={min(len(missing), 3)}"
    if not completion.uses_all_tables(plan):
        yield f"idle-table|{shape}"
    if plan.spared:
        yield f"spared|{shape}"
        yield f"spared|{plan.tree.guessed > 0}|{bool(plan.semis)}"
    if plan.distinct:
        asked = "asked" if "distinct" in lattice.tags else "unasked"
        yield f"distinct-{asked}|joins={min(size, 2)}|semis={bool(plan.semis)}"
    elif "distinct" in lattice.tags and not plan.group:
        yield "distinct-dropped"
    yield from repetition.features(plan, shape, lattice)
    yield from (f"semi|negated={semi.negated}" for semi in plan.partners)
    yield from _denials(plan, lattice)
    if plan.setop is not None:
        yield from _setop_features(plan.setop, lattice)
    yield f"columns={min(len(plan.select), 5)}|{lattice.opener}"
    yield from _oddities(plan, manner, lattice)
    yield from unmet(plan, lattice)
    yield from windows.features(plan, manner.ranks_in_groups, lattice)
    yield from _inside(plan, lattice)
    listed = {c.field for c in plan.conditions if isinstance(c, Compare) and c.op == "in"}
    if any(term.field in listed for term in plan.group):
        yield "groups-what-is-listed" + ("|both" if "both" in lattice.tags else "")


def _inside(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """Queries inside the query."""
    for condition in plan.conditions:
        if isinstance(condition, BesideAggregate):
            kind = f"beside|{condition.op}|{condition.among is not None}"
        elif isinstance(condition, OfForemost):
            ranked = condition.order.term.aggregate or "plain"
            kind = f"foremost|{ranked}|same={condition.field is condition.key}"
        else:
            continue
        yield kind
        yield from (f"{kind}|{tag}" for tag in sorted(lattice.tags & _INSIDE))


_INSIDE = frozenset(("most", "least", "high", "low", "common", "rare", "max", "min", "avg"))


def _denials(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """Partners that must not be there, and that something is said of."""
    for semi in plan.semis:
        if semi.negated and semi.where:
            yield "denied"
            yield from (f"denied|{tag}" for tag in sorted(lattice.tags & cues.NEGATIVE))
            yield f"denied|distinct={plan.distinct}|group={bool(plan.group)}"


def _setop_features(setop: SetOp, lattice: Lattice) -> Iterator[str]:
    yield f"setop|{setop.kind}"
    cues = _SET_CUES[setop.kind]
    yield from (f"setop|{setop.kind}|{cue}" for cue in cues if cue in lattice.tags)


_SET_CUES = {
    "intersect": ("both", "and", "also"),
    "except": ("not", "without"),
    "union": ("or", "and", "both"),
}


def _shape(plan: Plan) -> str:
    if plan.count_groups:
        return "count-groups"
    aggregated = any(term.aggregate for term in plan.select)
    parts = ["agg" if aggregated else "list"]
    parts += ["group"] if plan.group else []
    parts += ["having"] if plan.having else []
    parts += ["top"] if plan.limit is not None else ["order"] if plan.order else []
    return "+".join(parts)


def _place(item: Field, plan: Plan, measured: set[Entity], lattice: Lattice) -> str:
    """Where a date column lies, seen from what is measured."""
    if not measured:
        return "of-named" if item.entity in lattice.entities else "of-unnamed"
    if item.entity in measured:
        return "measured"
    if _is_calendar(item.entity):
        return "lookup"
    dated = any(f.meaning is Meaning.DATE for entity in measured for f in entity.fields)
    parents = {edge.one for edge in plan.tree.edges if edge.many in measured}
    if not dated and item.entity in parents:
        return "parent"  # the date of an order, for its lines
    said = set(item.stems) - _TIME_WORDS - set(item.entity.stems)
    return "elsewhere-said" if said & lattice.stems else "elsewhere"


def _is_calendar(entity: Entity) -> bool:
    """A table with a row a day."""
    keyed = any(item.meaning is Meaning.DATE for item in entity.primary)
    return keyed or bool(_CALENDARS & set(entity.stems))


_CALENDARS = frozenset(map(stem, ("calendar", "date", "dates", "day", "time", "period")))
_TIME_WORDS = frozenset(("date", "time", "dai", "day", "on", "at", "in", "sinc", "from", "to"))
_KEY_WORDS = frozenset(("id", "code", "key", "number", "name"))


def _oddities(plan: Plan, manner: Manner, lattice: Lattice) -> Iterator[str]:
    yield from _shown_oddities(plan, manner, lattice)
    for term in plan.select:
        yield from _term_oddities(term, plan)
    yield from _time_oddities(plan, lattice)
    yield from _order_oddities(plan, lattice)
    if manner.mismatched:
        yield "value-of-another-column"
    if _denies_a_partner(plan):
        yield "denies-a-partner"
    if lattice.tags & {"count", "tally"} and _only_ranked_by_count(plan):
        yield "count-only-ranks"
    fields = [c.field for c in plan.conditions if isinstance(c, Compare)]
    if len(set(fields)) < len(fields):
        yield "same-column-twice"
    for edge in plan.tree.edges:
        stems = {stem for mine, _ in edge.pairs for stem in mine.stems} - _KEY_WORDS
        stems -= {*edge.one.stems}
        if stems:
            yield "edge-said" if stems & lattice.stems else "edge-unsaid"


def _denies_a_partner(plan: Plan) -> bool:
    """`without an order of 2003` is not "with an order of another year"."""
    repeated, shown = plan.tree.repeated, {term.entity for term in plan.select}
    if shown.isdisjoint(repeated):
        return False
    denied = {
        condition.field.entity
        for either in plan.where
        for condition in either
        if isinstance(condition, Compare) and condition.op in ("!=", "not in", "not like")
    }
    return not denied <= shown | repeated


def _only_ranked_by_count(plan: Plan) -> bool:
    shown = any(term.aggregate for term in plan.select)
    return not shown and any(order.term.aggregate == "count" for order in plan.order)


def _shown_oddities(plan: Plan, manner: Manner, lattice: Lattice) -> Iterator[str]:
    if plan.all_columns:
        yield "all-columns"
    elif lattice.everything and manner.rows_asked:
        yield "not-all-columns"
    if manner.nothing_asked:
        measured = bool(plan.order) and plan.select == (plan.order[0].term,)
        yield "nothing-asked|measure" if measured else "nothing-asked"
    if manner.root_asked and plan.select[0].field:
        yield "by-key" if plan.select[0].field.meaning is Meaning.KEY else "by-name"
    if any(t.field in t.entity.display and t.entity.primary for t in plan.group):
        keyed = any(t.field in t.entity.primary for t in plan.group)
        yield "group-by-key" if keyed else "group-by-name"
    if plan.group and len(plan.select) > len(plan.group):
        yield f"group-keys-shown|{bool(plan.order)}"


def _term_oddities(term: Term, plan: Plan) -> Iterator[str]:
    item = term.field
    if item is None:
        return
    if term.aggregate == "count" and term.distinct:
        yield "count-distinct-key" if item in term.entity.primary else "count-distinct"
    elif term.aggregate == "count":
        yield "count-repeats"
    if completion.is_filtered_on(plan, item):
        yield "shows-what-is-fixed"
    if item.meaning is Meaning.KEY and not term.aggregate:
        yield "shows-key"
    if item.meaning is Meaning.KEY and term.aggregate in ("sum", "avg"):
        yield "sum-of-key"


def _time_oddities(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """A time belongs to what is measured: the sale, not the opening of the shop."""
    terms = (*plan.select, *(o.term for o in plan.order), *(h.term for h in plan.having))
    measured = {term.entity for term in terms if term.aggregate}
    times = [c.field for c in plan.conditions if isinstance(c, During)]
    cuts = [term.field for term in plan.group if term.unit and term.field]
    missing = {c.field for semi in plan.partners if semi.negated for e in semi.where for c in e}
    for item in (*times, *cuts):
        place = "missing" if item in missing else _place(item, plan, measured, lattice)
        yield f"time|{place}"  # "no sales in 2024" speaks of the sales that are not there
    if times and cuts:
        yield "cut-and-range-agree" if set(times) >= set(cuts) else "cut-and-range-differ"


def _order_oddities(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """Ranking things by a measure of which each has many rows."""
    for order in plan.order:
        item = order.term.field
        if item is None or order.term.aggregate == "count":
            continue
        shown = {term.entity for term in plan.select if not term.aggregate}
        repeated = shown and all(joins.multiplied(plan.tree, entity) for entity in shown)
        if repeated and item.entity not in shown:
            kind = "additive" if item.is_additive else "other"
            yield f"ranked-by-many|{kind}|{order.term.aggregate}"
    aggregates = [order.term for order in plan.order if order.term.aggregate]
    if plan.limit is not None and aggregates and aggregates[0] in plan.select:
        yield "measure-shown" + ("|first" if "first" in lattice.tags else "")
