"""How many values generate_series() and range() give: from number to number, or day to day."""

from __future__ import annotations

import re
from datetime import datetime
from math import inf

from sqlglot import exp

from forerun.checking.arithmetic import number, written
from forerun.checking.counts import Counts, name_of

SERIES = frozenset({"generate_series", "range"})
STORED_DAYS = 20 * 365.25
"""From the first to the last day of what is stored."""
ABOUT_THIS_YEAR = 2025
"""What a query may do must not hang on the clock."""
DAYS = dict(
    (
        *(("microsecond", 1 / 86_400_000_000), ("millisecond", 1 / 86_400_000)),
        *(("second", 1 / 86_400), ("sec", 1 / 86_400), ("minute", 1 / 1_440), ("min", 1 / 1_440)),
        *(("hour", 1 / 24), ("day", 1.0), ("week", 7.0), ("month", 30.0), ("mon", 30.0)),
        *(("quarter", 91.0), ("year", 365.25), ("decade", 3_652.5), ("century", 36_525.0)),
    )
)
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)
RELATIVE = frozenset({"now", "today", "tomorrow", "yesterday"})
KEEPS_DATE = frozenset(
    {
        *("date", "date_trunc", "datetrunc", "greatest", "least", "coalesce", "max", "min", "now"),
        *("timestamp", "today", "trunc", "last_day", "current_date", "timezone"),
        *("current_timestamp", "localtimestamp", "transaction_timestamp"),
    }
)


def series_length(call: exp.Anonymous, counts: Counts) -> float:
    """How many values at most; infinite where the bounds do not plainly say."""
    bounds, step = call.expressions[:2], call.expressions[2:3]
    if step and is_interval(step[0]):
        days = days_of(step[0], counts)
        span = abs_span(bounds, counts)
        return span / days if days else inf
    by = number(step[0]) if step else 1.0
    if not by:
        return 1.0 if by == 0 else inf
    values = [number(bound) for bound in bounds]
    if len(values) == 2 and None not in values:
        return abs((values[1] or 0.0) - (values[0] or 0.0)) / abs(by)
    if len(bounds) == 1 and counts.origins.catalog.dialect == "sqlite":
        return inf  # it goes on to four thousand millions
    *start, stop = bounds
    last = counts.at_most(stop) if by > 0 else counts.most(stop)
    return (last + sum(map(counts.most, start))) / abs(by)


def is_interval(step: exp.Expr) -> bool:
    inner = step.unnest()
    if isinstance(inner, exp.Cast):
        return inner.is_type("interval") or is_interval(inner.this)
    if isinstance(inner, exp.Mul):
        return is_interval(inner.this) or is_interval(inner.expression)
    text = isinstance(inner, exp.Literal) and inner.is_string
    return text or isinstance(inner, exp.Interval) or name_of(inner).startswith("to_")


def days_of(node: exp.Expr, counts: Counts) -> float | None:
    """How many days an interval lasts; None where it is not plainly written."""
    inner = node.unnest()
    if isinstance(inner, exp.Cast):
        return days_of(inner.this, counts)
    if isinstance(inner, exp.Mul):
        sides = (inner.this, inner.expression)
        days = [days_of(side, counts) for side in sides if is_interval(side)]
        times = [counts.most(side) for side in sides if not is_interval(side)]
        return days[0] * times[0] if days and days[0] and times else None
    if isinstance(inner, exp.Interval) and inner.args.get("unit") is not None:
        unit = inner.args["unit"].name.lower()
        return combined_days([(counts.most(inner.this), unit)])
    text = inner.this if isinstance(inner, exp.Interval) else inner
    if not isinstance(text, exp.Literal):
        return None
    if SPAN.sub("", text.name).strip():
        return None
    return combined_days([(float(n), unit.lower()) for n, unit in SPAN.findall(text.name)])


def combined_days(parts: list[tuple[float, str]]) -> float | None:
    lengths = [count * DAYS.get(unit.removesuffix("s"), inf) for count, unit in parts]
    return sum(lengths) if lengths and inf not in lengths else None


def abs_span(bounds: list[exp.Expr], counts: Counts) -> float:
    """Days between two dates."""
    dates = [plain_date(bound) for bound in bounds]
    if len(dates) == 2 and dates[0] and dates[1]:
        return abs((dates[1] - dates[0]).total_seconds()) / 86_400
    known: dict[int, float] = {}
    return STORED_DAYS + sum(distance(bound, counts, known) for bound in bounds)


def plain_date(bound: exp.Expr) -> datetime | None:
    inner = bound.unnest()
    while isinstance(inner, exp.Cast):
        inner = inner.this.unnest()
    if not isinstance(inner, exp.Literal) or not inner.is_string:
        return None
    try:
        return datetime.fromisoformat(inner.name.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def distance(node: exp.Expr, counts: Counts, known: dict[int, float]) -> float:
    """How many days a bound may be away from what is stored; infinite where it is made up."""
    if id(node) not in known:
        known[id(node)] = inf  # where it leads back to itself
        known[id(node)] = days_away(node, counts, known)
    return known[id(node)]


def days_away(node: exp.Expr, counts: Counts, known: dict[int, float]) -> float:
    if isinstance(node, exp.Interval) or (isinstance(node, exp.Mul) and is_interval(node)):
        return days_of(node, counts) or inf
    if isinstance(node, exp.Cast) and node.is_type("interval"):
        return days_of(node, counts) or inf
    if isinstance(node, exp.Literal):
        return literal_distance(node)
    if isinstance(node, exp.Column):
        origins = counts.origins.of(node)
        return max((away(o, counts, known) for o in origins), default=0.0)
    if isinstance(node, exp.Anonymous) and name_of(node) not in KEEPS_DATE:
        return inf
    if isinstance(node, exp.DPipe | exp.Concat | exp.Bracket):
        return inf
    parts = node.expressions if isinstance(node, exp.Select) else list(node.iter_expressions())
    return sum(distance(part, counts, known) for part in parts)


def literal_distance(node: exp.Literal) -> float:
    """Of a date, from today; a plain number is one of days; 'month' and 'now' move nothing."""
    day = plain_date(node)
    if day is not None:
        return abs(day.year - ABOUT_THIS_YEAR) * 366.0
    word = node.name.strip().lower()
    return 0.0 if word in RELATIVE or word.removesuffix("s") in DAYS else written(node)


def away(origin: object, counts: Counts, known: dict[int, float]) -> float:
    return distance(origin, counts, known) if isinstance(origin, exp.Expr) else inf
