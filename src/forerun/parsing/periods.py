"""Date ranges read back from the comparisons that they are written as."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from forerun.parsing.plans import Compare, Condition, During
from forerun.parsing.schema import Field, Meaning
from forerun.parsing.spells import Period

Clause = tuple[Condition, ...]
_ENDS = (">=", "<")


def periods(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """The same conditions; `since a day` and `before a day` of one date together as a range."""
    found: list[Clause] = []
    ends: dict[Field, dict[str, date]] = {}
    for clause in clauses:
        end = _end(clause)
        if end is None or end[1] in ends.get(end[0], {}):
            found.append(clause)
            continue
        item, op, day = end
        ends.setdefault(item, {})[op] = day
    for item, given in ends.items():
        start, stop = given.get(">="), given.get("<")
        found.append((During(item, Period(start, stop, _grain(start, stop))),))
    return tuple(found)


def _end(clause: Clause) -> tuple[Field, str, date] | None:
    condition = clause[0]
    if len(clause) > 1 or not isinstance(condition, Compare) or condition.op not in _ENDS:
        return None
    if condition.field.meaning is not Meaning.DATE or not isinstance(condition.values[0], str):
        return None
    try:
        return condition.field, condition.op, date.fromisoformat(condition.values[0])
    except ValueError:
        return None


def _grain(start: date | None, stop: date | None) -> str:
    """The coarsest unit at which both ends lie."""
    days = [day for day in (start, stop) if day is not None]
    if any(day.day > 1 for day in days):
        return "day"
    if any(day.month % 3 != 1 for day in days):
        return "month"
    return "quarter" if any(day.month > 1 for day in days) else "year"
