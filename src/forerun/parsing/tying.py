"""Ties for the last place of a list that is cut short: who else comes first, and is not shown.

The parser runs nothing: it names the query that tells, and is told its rows.
"""

from __future__ import annotations

from dataclasses import replace

from forerun.domain import Rows
from forerun.parsing.parser import Parsed
from forerun.parsing.plans import Plan, Term

_FURTHER = 9
"""So many more rows are looked at; of more ties nobody needs to know the number."""


def ties(parsed: Parsed) -> str | None:
    """The rows of the answer and the next few, with what they are ranked by; None where nothing
    is cut off, or nothing is to be answered.
    """
    plan = _ranked(parsed)
    if plan is None or parsed.considered is None or plan.limit is None:
        return None
    from forerun.parsing import emission  # sqlglot is not needed to abstain

    further = replace(plan, select=_columns(plan), limit=plan.limit + _FURTHER)
    return emission.sql(further, parsed.considered.index.dialect)


def noted(parsed: Parsed, rows: Rows | None) -> Parsed:
    """The same with a note, where the last of the rows that are shown ties with one that is not."""
    plan = _ranked(parsed)
    if rows is None or plan is None or plan.limit is None or parsed.best is None:
        return parsed
    columns = _columns(plan)
    ranks = [columns.index(order.term) for order in plan.order]
    note = _note(rows, ranks, len(plan.select), plan.limit)
    return parsed if note is None else replace(parsed, best=replace(parsed.best, note=note))


def _ranked(parsed: Parsed) -> Plan | None:
    """The plan of the best reading, where it shows the first few of all."""
    if parsed.considered is None or parsed.best is None:
        return None
    plan = parsed.considered.candidates[0].plan
    plain = plan.window is None and plan.setop is None and not plan.distinct
    shown = not plan.all_columns and not plan.count_groups
    return plan if plan.limit and plan.order and plain and shown else None


def _columns(plan: Plan) -> tuple[Term, ...]:
    """What is shown, and what it is ranked by."""
    return tuple(dict.fromkeys((*plan.select, *(order.term for order in plan.order))))


def _note(rows: Rows, ranks: list[int], width: int, limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    places = [tuple(row[at] for at in ranks) for row in rows.rows]
    shown = [repr(row[:width]) for row in rows.rows]
    last = places[limit - 1]
    tied = {row for row, place in zip(shown, places, strict=True) if place == last}
    if None in last or tied <= set(shown[:limit]):
        return None  # the same row again, as a join repeats it, is nobody else
    open_end = places[-1] == last and (rows.truncated or len(rows) == limit + _FURTHER)
    many = f"{len(tied)} or more" if open_end else str(len(tied))
    if limit == 1:
        return f"{many} tie for the first place; one of them is shown."
    return f"{many} tie for the last of these places; not all of them are shown."
