"""Spells of days: from one to another, whole units of the calendar, and moving along it."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` up to but not including `end`; None means open on that side."""

    start: date | None
    end: date | None
    grain: str
    """The finest unit that was said: day, month, quarter or year."""

    def overlaps(self, other: Period) -> bool:
        """Whether some day lies in both."""
        ends = ((self.start, other.end), (other.start, self.end))
        return all(start is None or end is None or start < end for start, end in ends)

    @property
    def words(self) -> str:
        if self.start and self.end:
            if self.grain == "year" and (self.end.year, self.end.month) == (self.start.year + 1, 1):
                return f"in {self.start.year}"
            return f"from {self.start} to {self.end - timedelta(days=1)}"
        return f"since {self.start}" if self.start else f"before {self.end}"


def calendar_unit(unit: str, step: int, now: date) -> Period:
    """The whole calendar unit that lies `step` units from the present one."""
    if unit == "day":
        start = now
    elif unit == "week":
        start = now - timedelta(days=now.weekday())
    elif unit == "month":
        start = now.replace(day=1)
    elif unit == "quarter":
        start = date(now.year, 3 * ((now.month - 1) // 3) + 1, 1)
    else:
        start = date(now.year, 1, 1)
    start = shifted(start, unit, step)
    return Period(start, shifted(start, unit, 1), unit)


def shifted(day: date, unit: str, count: int) -> date:
    """`day` moved by `count` units; the day of the month is cut to the month's length.

    Moves past what the calendar holds end at its first or last day.
    """
    try:
        if unit in ("day", "week"):
            return day + timedelta(days=count * (7 if unit == "week" else 1))
        index = day.year * 12 + day.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
        year, month = divmod(index, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return date.max if count > 0 else date.min


def months(year: int, first: int, count: int, grain: str) -> Period:
    """`count` months from month `first` of `year`."""
    start = date(year, first, 1)
    return Period(start, shifted(start, "month", count), grain)
