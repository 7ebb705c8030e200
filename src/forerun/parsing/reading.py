"""A plan in words, so that the asker sees how the question was understood."""

from __future__ import annotations

from forerun.catalog import words
from forerun.parsing.plans import BesideAggregate, BesideColumn, Condition, During, Plan, Term
from forerun.parsing.schema import Entity, Field

_AGGREGATES = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest"}
_OPERATORS = {
    "=": "is", "!=": "is not", ">": "is more than", "<": "is less than", ">=": "is at least",
    "<=": "is at most", "like": "matches", "not like": "does not match", "in": "is one of",
    "not in": "is none of", "between": "is between",
}  # fmt: skip


def reading(plan: Plan) -> str:
    """One phrase: what is shown, per what, of which rows, in what order."""
    tables = plan.tree.entities
    if plan.count_groups:
        parts = [f"number of {table_words(plan.group[0].entity)}"]
    elif plan.all_columns:
        parts = [f"all columns of {table_words(plan.select[0].entity)}"]
    else:
        shown = [t for t in plan.select if t not in plan.group or not _aggregated(plan)]
        parts = [", ".join(_term(term, plan) for term in shown or plan.select)]
    if plan.group and _aggregated(plan) and not plan.count_groups:
        keys = [t for t in plan.group if t in plan.select] or list(plan.group)
        parts.append("for each " + " and ".join(_term(term, plan) for term in keys))
    conditions = [" or ".join(_condition(c) for c in either) for either in plan.where]
    conditions += [_semi_words(plan)] if plan.semis else []
    conditions += [f"{_term(h.term, plan)} {_OPERATORS[h.op]} {h.value}" for h in plan.having]
    if conditions:
        parts.append("where " + " and ".join(conditions))
    extra = [t for t in tables if t not in {term.entity for term in plan.select}]
    if extra and not plan.semis:
        parts.append("joined with " + ", ".join(table_words(t) for t in extra))
    if plan.order:
        orders = [
            f"{_term(order.term, plan)} ({'highest' if order.descending else 'lowest'} first)"
            for order in plan.order
        ]
        parts.append("by " + ", ".join(orders))
    if plan.setop is not None:
        side = " and ".join(" or ".join(map(_condition, either)) for either in plan.setop.where)
        kept = "and also with" if plan.setop.kind == "intersect" else "but none with"
        parts.append(f"{kept} {side}")
    if plan.limit is not None:
        parts.append(f"the first {plan.limit}" if plan.limit > 1 else "the first one")
    return ("different " if plan.distinct else "") + "; ".join(parts)


def _aggregated(plan: Plan) -> bool:
    return any(term.aggregate for term in plan.select)


def _term(term: Term, plan: Plan) -> str:
    if term.aggregate == "count" and (term.field is None or term.field in term.entity.primary):
        return f"number of {table_words(term.entity)}"
    if term.field is None:
        return table_words(term.entity)
    name = field_words(term.field, plan)
    if term.unit:
        return f"{term.unit} of {name}"
    if term.field.metric is not None:
        return name
    if term.aggregate == "count":
        return f"number of different {name}"
    return f"{_AGGREGATES[term.aggregate]} {name}" if term.aggregate else name


def field_words(item: Field, plan: Plan | None = None) -> str:
    """`customer name`, or just `name` where only one table is in play."""
    name = " ".join(words.split_identifier(item.name)) or item.name
    if plan is not None and len(plan.tree.entities) == 1:
        return name
    return (
        name
        if name.startswith(table_words(item.entity))
        else f"{name} of {table_words(item.entity)}"
    )


def table_words(entity: Entity) -> str:
    return " ".join(words.split_identifier(entity.table.name)) or entity.table.name


def _condition(condition: Condition) -> str:
    name = field_words(condition.field)
    if isinstance(condition, During):
        return f"{name} {condition.period.words}"
    if isinstance(condition, BesideColumn):
        return f"{name} {_OPERATORS[condition.op]} {field_words(condition.other)}"
    if isinstance(condition, BesideAggregate):
        return f"{name} {_OPERATORS[condition.op]} its {_AGGREGATES[condition.aggregate]}"
    joiner = " and " if condition.op == "between" else ", "
    return f"{name} {_OPERATORS[condition.op]} {joiner.join(map(str, condition.values))}"


def _semi_words(plan: Plan) -> str:
    parts = []
    for semi in plan.semis:
        verb = "without" if semi.negated else "with"
        inner = " and ".join(" or ".join(map(_condition, either)) for either in semi.where)
        names = ", ".join(table_words(e) for e in semi.tree.entities)
        parts.append(f"{verb} {names}" + (f" where {inner}" if inner else ""))
    return " and ".join(parts)
