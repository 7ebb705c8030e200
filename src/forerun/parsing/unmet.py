"""Cues in the question to which nothing in a plan answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from forerun.parsing import typical
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import (
    BesideAggregate,
    BesideColumn,
    Compare,
    Condition,
    OfForemost,
    Plan,
    says_no,
)

_ORDERING = frozenset(("most", "least", "high", "low", "first", "last", "common", "rare"))


def unmet(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """Cues in the question to which nothing in the plan answers."""
    tags = lattice.tags
    aggregates = {t.aggregate for t in plan.select} | {o.term.aggregate for o in plan.order}
    aggregates |= {h.term.aggregate for h in plan.having}
    if plan.window is not None and typical.is_extreme(plan.window):
        aggregates.add(plan.window.moving)
    beside = {c.aggregate for c in plan.conditions if isinstance(c, BesideAggregate)}
    foremost = [c.order for c in plan.conditions if isinstance(c, OfForemost)]
    aggregates |= {order.term.aggregate for order in foremost}
    ordered = bool(plan.order or foremost)
    made = _Made(plan, aggregates, beside, ordered)
    for tag in sorted(tags & _MET.keys()):
        if not _MET[tag](made):
            yield f"unmet|{tag}"
    if tags & _ORDERING and not ordered and not (aggregates | beside) & {"max", "min"}:
        yield "unmet|extreme"
    if tags & {"starts", "ends", "contains"} and not _matches(plan):
        yield "unmet|pattern"
    if tags & {">", "<", ">=", "<="} and not _compares(plan):
        yield "unmet|comparison"


@dataclass(frozen=True, slots=True)
class _Made:
    """What a plan does: the aggregates it shows or compares with, and whether it ranks."""

    plan: Plan
    aggregates: set[str | None]
    beside: set[str]
    ordered: bool

    @property
    def all(self) -> set[str | None]:
        return self.aggregates | self.beside

    def has(self, *ops: str) -> bool:
        """Whether a condition is of one of these."""
        return any(isinstance(c, Compare) and c.op in ops for c in self.plan.conditions)

    @property
    def is_either(self) -> bool:
        setop, clauses = self.plan.setop, self.plan.where
        united = setop is not None and setop.kind == "union"
        return united or any(len(e) > 1 for e in clauses) or self.has("in", "not in", ">=", "<=")

    @property
    def is_distinct(self) -> bool:
        plan = self.plan
        return plan.distinct or bool(plan.group) or any(term.distinct for term in plan.select)

    @property
    def is_both(self) -> bool:
        semis = self.plan.semis
        return self.plan.setop is not None or len({semi.edge for semi in semis}) < len(semis)


_ADDED = frozenset(("count", "sum"))
_MET: Mapping[str, Callable[[_Made], bool]] = {
    "each": lambda made: bool(made.plan.group),
    "count": lambda made: not made.aggregates.isdisjoint(_ADDED) or made.plan.count_groups,
    "avg": lambda made: "avg" in made.all or typical.is_average(made.plan.window),
    "sum": lambda made: not made.aggregates.isdisjoint(_ADDED),
    "max": lambda made: "max" in made.all or made.ordered,
    "min": lambda made: "min" in made.all or made.ordered,
    "order": lambda made: bool(made.plan.order),
    "not": lambda made: negates(made.plan),
    "without": lambda made: negates(made.plan),
    "missing": lambda made: made.has("null"),
    "known": lambda made: made.has("not null"),
    "often": lambda made: made.ordered,
    "seldom": lambda made: made.ordered,
    "tally": lambda made: "count" in made.aggregates,
    "or": lambda made: made.is_either,
    "both": lambda made: made.is_both,
    "distinct": lambda made: made.is_distinct,
}
"""What answers to each cue."""


def _matches(plan: Plan) -> bool:
    return any(isinstance(c, Compare) and c.op.endswith("like") for c in plan.conditions)


def negates(plan: Plan) -> bool:
    """Whether anything in it says no."""
    minus = plan.setop is not None and plan.setop.kind == "except"
    return minus or any(map(_is_negation, plan.conditions)) or any(s.negated for s in plan.partners)


def _is_negation(condition: Condition) -> bool:
    """Also that a column says no."""
    if not isinstance(condition, Compare | OfForemost):
        return False
    if condition.op.startswith("not") or condition.op in ("!=", "null"):
        return True
    return isinstance(condition, Compare) and says_no(condition)


def _compares(plan: Plan) -> bool:
    if plan.having or any(isinstance(c, BesideAggregate | BesideColumn) for c in plan.conditions):
        return True
    return any(
        isinstance(c, Compare) and c.op in (">", "<", ">=", "<=", "between")
        for c in plan.conditions
    ) or any(not isinstance(c, Compare) for c in plan.conditions)
