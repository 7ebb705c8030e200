"""What a whole plan says for or against itself, and the fitted weights that judge it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from forerun.parsing import completion, joins
from forerun.parsing.assembly import Sketch
from forerun.parsing.index import Meaning
from forerun.parsing.lattice import Lattice
from forerun.parsing.plans import BesideAverage, Compare, During, Plan
from forerun.parsing.search import Path as Roles

_WEIGHTS = Path(__file__).with_name("weights.txt")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan, the roles that led to it, and every feature that was summed."""

    plan: Plan
    roles: Roles
    features: tuple[str, ...]
    score: float


@lru_cache(maxsize=1)
def weights() -> Mapping[str, float]:
    """The fitted weights: one `feature<TAB>weight` a line."""
    lines = _WEIGHTS.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {feature: float(weight) for feature, weight in pairs}


def features(plan: Plan, sketch: Sketch, lattice: Lattice) -> Iterator[str]:
    """Features of the plan as a whole."""
    shape = _shape(plan)
    size = len(plan.tree.edges)
    yield f"joins={min(size, 4)}"
    yield f"shape={shape}"
    yield from ("guessed-join" for _ in range(plan.tree.guessed))
    unnamed = [e for e in plan.tree.entities if e not in lattice.entities]
    yield f"unnamed-tables={min(len(unnamed), 4)}"
    missing = lattice.entities - set(plan.tree.entities)
    missing -= {e for semi in plan.semis for e in semi.tree.entities}
    yield f"missing-tables={min(len(missing), 3)}"
    if not completion.uses_all_tables(plan):
        yield f"idle-table|{shape}"
    if plan.distinct:
        asked = "asked" if "distinct" in lattice.tags else "unasked"
        yield f"distinct-{asked}|joins={min(size, 2)}|semis={bool(plan.semis)}"
    elif "distinct" in lattice.tags and not plan.group:
        yield "distinct-dropped"
    yield from (f"semi|negated={semi.negated}" for semi in plan.semis)
    yield f"columns={min(len(plan.select), 5)}|{lattice.opener}"
    yield from _oddities(plan, sketch, lattice)
    yield from _unmet(plan, lattice)


def _shape(plan: Plan) -> str:
    if plan.count_groups:
        return "count-groups"
    aggregated = any(term.aggregate for term in plan.select)
    parts = ["agg" if aggregated else "list"]
    parts += ["group"] if plan.group else []
    parts += ["having"] if plan.having else []
    parts += ["top"] if plan.limit is not None else ["order"] if plan.order else []
    return "+".join(parts)


_KEY_WORDS = frozenset(("id", "code", "key", "number", "name"))


def _oddities(plan: Plan, sketch: Sketch, lattice: Lattice) -> Iterator[str]:
    if plan.all_columns:
        yield "all-columns"
    if sketch.mismatched:
        yield "value-of-another-column"
    for term in plan.select:
        if term.aggregate == "count" and term.distinct:
            key = term.field is not None and term.field in term.entity.primary
            yield "count-distinct-key" if key else "count-distinct"
        if term.field is not None and completion.is_filtered_on(plan, term.field):
            yield "shows-what-is-fixed"
        if term.field is not None and term.field.meaning is Meaning.KEY and not term.aggregate:
            yield "shows-key"
        if term.aggregate in ("sum", "avg") and term.field and term.field.meaning is Meaning.KEY:
            yield "sum-of-key"
    yield from _time_oddities(plan)
    yield from _order_oddities(plan, lattice)
    fields = [c.field for c in plan.conditions if isinstance(c, Compare)]
    if len(set(fields)) < len(fields):
        yield "same-column-twice"
    for edge in plan.tree.edges:
        stems = {stem for mine, _ in edge.pairs for stem in mine.stems} - _KEY_WORDS
        stems -= {*edge.one.stems}
        if stems:
            yield "edge-said" if stems & lattice.stems else "edge-unsaid"
    if sketch.shown and plan.tree.root in sketch.shown and plan.select[0].field:
        yield "by-key" if plan.select[0].field.meaning is Meaning.KEY else "by-name"
    if any(t.field in t.entity.display and t.entity.primary for t in plan.group):
        keyed = any(t.field in t.entity.primary for t in plan.group)
        yield "group-by-key" if keyed else "group-by-name"
    if plan.group and len(plan.select) > len(plan.group):
        yield f"group-keys-shown|{bool(plan.order)}"


def _time_oddities(plan: Plan) -> Iterator[str]:
    """A time belongs to what is measured: the sale, not the opening of the shop."""
    terms = (*plan.select, *(o.term for o in plan.order), *(h.term for h in plan.having))
    measured = {term.entity for term in terms if term.aggregate}
    lookups = {edge.one for edge in plan.tree.edges if edge.many in measured}
    times = [c.field for c in plan.conditions if isinstance(c, During)]
    cuts = [term.field for term in plan.group if term.unit and term.field]
    for item in (*times, *cuts):
        place = "measured" if item.entity in measured else "lookup"
        if measured and item.entity not in measured | lookups:
            place = "elsewhere"
        yield f"time|{place if measured else 'unmeasured'}"
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


_ORDERING = frozenset(("most", "least", "high", "low", "first", "last", "common", "rare"))


def _unmet(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """Cues in the question to which nothing in the plan answers."""
    tags = lattice.tags
    aggregates = {t.aggregate for t in plan.select} | {o.term.aggregate for o in plan.order}
    aggregates |= {h.term.aggregate for h in plan.having}
    beside = any(isinstance(c, BesideAverage) for c in plan.conditions)
    met = {
        "each": bool(plan.group),
        "count": "count" in aggregates or plan.count_groups or "sum" in aggregates,
        "avg": "avg" in aggregates or beside,
        "sum": bool(aggregates & {"sum", "count"}),
        "max": bool(aggregates & {"max"}) or bool(plan.order),
        "min": bool(aggregates & {"min"}) or bool(plan.order),
        "order": bool(plan.order),
        "not": _negates(plan),
        "without": _negates(plan),
        "or": any(len(e) > 1 for e in plan.where)
        or any(
            isinstance(c, Compare) and c.op in ("in", "not in", ">=", "<=") for c in plan.conditions
        ),
        "both": len({semi.edge for semi in plan.semis}) < len(plan.semis),
        "distinct": plan.distinct or bool(plan.group) or any(t.distinct for t in plan.select),
    }
    yield from (f"unmet|{tag}" for tag in sorted(tags & met.keys()) if not met[tag])
    if tags & _ORDERING and not plan.order and not aggregates & {"max", "min"}:
        yield "unmet|extreme"
    if tags & {">", "<", ">=", "<="} and not _compares(plan):
        yield "unmet|comparison"


def _negates(plan: Plan) -> bool:
    negated = any(
        isinstance(c, Compare) and (c.op.startswith("not") or c.op == "!=") for c in plan.conditions
    )
    return negated or any(semi.negated for semi in plan.semis)


def _compares(plan: Plan) -> bool:
    if plan.having or any(isinstance(c, BesideAverage) for c in plan.conditions):
        return True
    return any(
        isinstance(c, Compare) and c.op in (">", "<", ">=", "<=", "between")
        for c in plan.conditions
    ) or any(not isinstance(c, Compare) for c in plan.conditions)
