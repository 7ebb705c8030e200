"""Which words of a question became which part of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from forerun.domain import Said, Understood
from forerun.parsing.actions import Action
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import (
    BesideAggregate,
    BesideColumn,
    Compare,
    Condition,
    During,
    OfForemost,
    Plan,
)
from forerun.parsing.reading import having_words
from forerun.parsing.schema import Field

_PARTS = {
    "show": "shown", "count": "counted", "tally": "counted, where", "from": "where it is looked up",
    "group": "grouped by", "order": "sorted by", "top": "ranked by", "mode": "the most frequent",
    "limit": "how many rows", "having": "condition on a group", "counted": "counted for each",
    "absent": "must be missing", "subject": "compared", "compare": "condition",
    "beside": "compared with the average", "equal": "condition", "literal": "condition",
    "period": "condition", "bucket": "grouped by", "lacks": "missing or known",
    "overdue": "condition",
}  # fmt: skip
_AGGREGATES = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest"}


def provenance(
    question: str, lattice: Lattice, actions: tuple[Action, ...] = (), plan: Plan | None = None
) -> tuple[Said, ...]:
    """Every mention and every unknown word, each with the words that lead to it."""
    return tuple(_said(question, lattice, actions, plan))


def _said(
    question: str, lattice: Lattice, actions: tuple[Action, ...], plan: Plan | None
) -> Iterator[Said]:
    played = {action.mention.start: action for action in actions}
    spans = {mention.start: mention.end for mention in lattice.mentions}
    unknown = _unknown_positions(lattice)
    spans |= {at: at + 1 for at in unknown}
    before = 0
    for start, end in (*sorted(spans.items()), (len(lattice.tokens), len(lattice.tokens))):
        lead, words = _text(question, lattice, before, start), _text(question, lattice, start, end)
        before = end
        if start in unknown:
            yield Said(lead, words, Understood.UNKNOWN, "not known")
        elif start in played and plan is not None and played[start].role != "skip":
            action = played[start]
            yield Said(lead, words, Understood.USED, _part(action), _target(action, plan))
        elif words:
            part = "left out" if plan is not None else "known"
            yield Said(lead, words, Understood.LEFT_OUT, part)
        elif lead and (lattice.mentions and lattice.mentions[-1].right):
            yield Said(lead, "", Understood.USED, "goes with the words before")


def _unknown_positions(lattice: Lattice) -> set[int]:
    """Unknown words are told by the number of mentions before them."""
    borders = (0, *(mention.end for mention in lattice.mentions), len(lattice.tokens))
    gaps = list(pairwise(borders))
    found: set[int] = set()
    for unknown in lattice.unknown:
        start, end = gaps[unknown.position]
        at = (i for i in range(start, end) if lattice.tokens[i].text == unknown.word)
        found.update(list(at)[:1])
    return found


def _text(question: str, lattice: Lattice, start: int, end: int) -> str:
    if start >= end:
        return ""
    return question[lattice.tokens[start].start : lattice.tokens[end - 1].end]


def _part(action: Action) -> str:
    part = _PARTS.get(action.role, action.role)
    if action.aggregates and action.role == "show":
        part += " as " + " and ".join(_AGGREGATES.get(each, each) for each in action.aggregates)
    if action.role == "mode" and not action.descending:
        part = "the least frequent"
    if action.role in ("order", "top"):
        part += " (highest first)" if action.descending else " (lowest first)"
    if action.unit and action.role == "bucket":
        part += f" {action.unit}"
    return part


def _target(action: Action, plan: Plan) -> str | None:
    if action.role == "limit":
        return str(action.value)
    if action.role == "having":
        found = (h for h in plan.having if action.value in (h.value, h.upper))
        return next(map(having_words, found), None)
    if action.role in ("compare", "literal", "period", "beside", "equal", "tally"):
        conditions = (c for c in plan.conditions if _comes_from(c, action))
        if condition := next(conditions, None):
            return _condition(condition, action)
    if action.field is not None:
        return _column(action.field)
    return action.entity.table.name if action.entity is not None else None


def _comes_from(condition: Condition, action: Action) -> bool:
    if action.field is not None and condition.field is not action.field:
        return False
    if isinstance(condition, During):
        return action.role == "period"
    if isinstance(condition, BesideAggregate):
        return action.role == "beside"
    if isinstance(condition, BesideColumn | OfForemost):
        return False
    if action.role == "literal":
        return any(str(action.value) in str(value) for value in condition.values)
    wanted = action.numbers or (action.value,)
    return all(value in condition.values for value in wanted)


def _condition(condition: Condition, action: Action) -> str:
    column = _column(condition.field)
    if isinstance(condition, During):
        return f"{column} {condition.period.words}"
    if isinstance(condition, BesideColumn):
        return f"{column} {condition.op} {_column(condition.other)}"
    if isinstance(condition, BesideAggregate):
        return f"{column} {condition.op} its {_AGGREGATES[condition.aggregate]}"
    if isinstance(condition, OfForemost):
        return f"{column} {condition.op} the first {_column(condition.key)}"
    return f"{column} {_comparison(condition, action)}"


def _comparison(condition: Compare, action: Action) -> str:
    """Of several values only the one that these words name."""
    if condition.op in ("in", "not in") and action.role in ("equal", "tally"):
        return f"{'=' if condition.op == 'in' else '!='} {action.value}"
    return f"{condition.op} {' and '.join(map(str, condition.values))}"


def _column(item: Field) -> str:
    return f"{item.entity.table.name}.{item.name}"
