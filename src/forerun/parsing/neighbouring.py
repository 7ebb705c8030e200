"""`and the year before?`, said after a question about 2023: the time beside the one spoken of."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from forerun.parsing.mentions import Kind, Lattice
from forerun.parsing.spells import shifted

_UNIT = "year|quarter|month|week|day"
_SAID = re.compile(
    rf"^(?:(?:in|for|from|during) )?(?:the )?(?:(?P<unit>{_UNIT}) (?P<side>before|after)"
    rf"(?: (?:that|this|it))?|(?P<which>previous|prior|preceding|following) (?P<other>{_UNIT}))$",
    re.IGNORECASE,
)
_DAYS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
"""How long one lasts at least."""
_MONTHS = tuple(calendar.month_name)
"""As they were called when `dates` learned them, whatever the process's locale has become."""


def beside(fragment: str, before: Lattice) -> str | None:
    """The words of the time meant, where `before` speaks of one time that begins and ends."""
    said = _SAID.match(" ".join(fragment.split()))
    periods = [m.period for m in before.mentions if m.kind is Kind.PERIOD and m.period]
    if said is None or len(periods) != 1:
        return None
    unit = (said["unit"] or said["other"]).lower()
    step = 1 if (said["side"] or said["which"]).lower() in ("after", "following") else -1
    start, end = periods[0].start, periods[0].end
    return None if start is None or end is None else _words(*_moved(start, end, unit, step))


def _moved(start: date, end: date, unit: str, step: int) -> tuple[date, date]:
    """The same stretch a unit on, or the unit that adjoins it where it is longer than one. Of a
    day that the other month does not have, its last one.
    """
    if (end - start).days < 2 * _DAYS[unit]:
        first = shifted(start, unit, step)
        return first, max(shifted(end, unit, step), shifted(first, "day", 1))
    return (shifted(start, unit, -1), start) if step < 0 else (end, shifted(end, unit, 1))


def _words(start: date, end: date) -> str:
    """As an asker would say it."""
    if start.day == 1 and end == shifted(start, "month", 1):
        return f"in {_MONTHS[start.month]} {start.year}"
    if (start.month, start.day) == (1, 1) and end == shifted(start, "year", 1):
        return f"in {start.year}"
    return f"from {start} to {end - timedelta(days=1)}"
