"""A plan in words, so that the asker sees how the question was understood."""

from __future__ import annotations

from dataclasses import replace

from forerun.catalog import words
from forerun.parsing.plans import (
    BesideAggregate,
    BesideColumn,
    Condition,
    During,
    Part,
    Plan,
    Semi,
    Term,
)  # fmt: skip
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
        parts = [", ".join(_made(term, plan) for term in shown or plan.select)]
    if plan.group and _aggregated(plan) and not plan.count_groups:
        keys = [t for t in plan.group if t in plan.select] or list(plan.group)
        parts.append("for each " + " and ".join(_term(term, plan) for term in keys))
    conditions = [" or ".join(_condition(c) for c in either) for either in plan.where]
    conditions += [_semi_words(plan.semis)] if plan.semis else []
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
        first = f"the first {plan.limit}" if plan.limit > 1 else "the first one"
        parts.append(first + _of_each(plan))
    return ("different " if plan.distinct else "") + "; ".join(parts)


def _aggregated(plan: Plan) -> bool:
    return any(term.aggregate for term in plan.select)


def _made(term: Term, plan: Plan) -> str:
    """What is shown in place of a measure that a window is about."""
    window, name = plan.window, _term(term, plan)
    if window is None or window.kind == "top" or term != window.measure:
        return name
    before = window.over.unit if window.over and window.over.unit else "row"
    made = _MADE[window.kind].format(name, before)
    if window.partition:
        keys = " and ".join(_term(key, plan) for key in _telling(window.partition))
        made += f" within each {keys}"
    return f"{name}, {made}" if window.beside else made


_MADE = {
    "share": "{} in percent of all",
    "running": "{} added up so far",
    "change": "change of {} to the {} listed before",
    "growth": "change of {} to the {} listed before, in percent",
}


def _of_each(plan: Plan) -> str:
    if plan.window is None or not plan.window.partition:
        return ""
    return " of each " + " and ".join(_term(k, plan) for k in _telling(plan.window.partition))


def _telling(keys: tuple[Term, ...]) -> tuple[Term, ...]:
    """The names of rows; their keys only where they have no name."""
    named = {key.entity for key in keys if key.field not in key.entity.primary}
    return tuple(k for k in keys if k.entity not in named or k.field not in k.entity.primary)


def _term(term: Term, plan: Plan) -> str:
    if term.part is not None:
        whole = _term(replace(term, part=None), plan)
        return f"percentage of the {whole} {_part_words(term.part)}"
    if term.per is not None:
        return f"{_term(replace(term, per=None), plan)} divided by {_term(term.per, plan)}"
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


def _part_words(part: Part) -> str:
    if part.semi is not None:
        return _semi_words((part.semi,))
    return "where " + " or ".join(map(_condition, part.either))


def _semi_words(semis: tuple[Semi, ...]) -> str:
    parts = []
    for semi in semis:
        verb = "without" if semi.negated else "with"
        inner = " and ".join(" or ".join(map(_condition, either)) for either in semi.where)
        names = ", ".join(table_words(e) for e in semi.tree.entities)
        parts.append(f"{verb} {names}" + (f" where {inner}" if inner else ""))
    return " and ".join(parts)
