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
TIMES = ("hour", "minute", "second")
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)
CLOCK = re.compile(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d+)?)")
"""'00:15:00' is an interval as well."""
RELATIVE = frozenset({"now", "today", "tomorrow", "yesterday"})
CLOCKS = RELATIVE | {
    *("current_date", "current_timestamp", "localtimestamp", "transaction_timestamp"),
    *("currentdate", "currenttimestamp"),
}
KEEPS_DATE = frozenset(
    {
        *("date", "date_trunc", "datetrunc", "greatest", "least", "coalesce", "max", "min", "now"),
        *("timestamp", "today", "trunc", "last_day", "current_date", "timezone"),
        *("current_timestamp", "localtimestamp", "transaction_timestamp", "date_add", "date_sub"),
        *("date_subtract", "adddate", "subdate"),
    }
)
MAKES_DATE = frozenset({"make_date", "make_timestamp", "make_timestamptz"})
"""Of year, month, day and more."""
READS_DATE = frozenset({"to_date", "to_timestamp", "strptime", "try_strptime"})
"""Out of a text, by a pattern."""
DIFFERENCES = frozenset({"date_diff", "datediff", "date_sub", "datesub"})
"""In DuckDB, of a unit and two dates: a whole number."""


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
    last = min(farthest(stop, counts), counts.at_most(stop) if by > 0 else inf)
    return (last + sum(farthest(bound, counts) for bound in start)) / abs(by)


def farthest(bound: exp.Expr, counts: Counts) -> float:
    """How far from 0 a bound is that may count the days between two dates."""
    most = counts.most(bound)
    inner = bound.unnest()
    if most < inf:
        return most
    if isinstance(inner, exp.Cast):
        return farthest(inner.this, counts)
    if isinstance(inner, exp.Sub) and (is_day(inner.this) or is_day(inner.expression)):
        return abs_span([inner.this, inner.expression], counts)
    if isinstance(inner, exp.Add | exp.Sub):
        return farthest(inner.this, counts) + farthest(inner.expression, counts)
    if name_of(inner) in DIFFERENCES and len(inner.expressions) == 3:
        unit, *dates = inner.expressions
        return abs_span(dates, counts) / DAYS.get(unit.name.lower().removesuffix("s"), 1e-9)
    return inf


def is_day(node: exp.Expr) -> bool:
    """Plainly a date: less anything but another date it makes no number."""
    inner = node.unnest()
    if isinstance(inner, exp.Cast):
        return inner.is_type("date")
    return isinstance(inner, exp.CurrentDate) or name_of(inner) in ("make_date", "to_date", "today")


def is_interval(step: exp.Expr) -> bool:
    inner = step.unnest()
    if isinstance(inner, exp.Cast):
        return inner.is_type("interval") or is_interval(inner.this)
    if isinstance(inner, exp.Mul):
        return is_interval(inner.this) or is_interval(inner.expression)
    if isinstance(inner, exp.Neg):
        return is_interval(inner.this)
    text = isinstance(inner, exp.Literal) and inner.is_string
    return text or isinstance(inner, exp.Interval) or name_of(inner).startswith("to_")


def days_of(node: exp.Expr, counts: Counts) -> float | None:
    """How many days an interval lasts; None where it is not plainly written."""
    inner = node.unnest()
    if isinstance(inner, exp.Cast | exp.Neg):
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
    return days_written(text.name) if isinstance(text, exp.Literal) else None


def days_written(text: str) -> float | None:
    """How long '1 day 2 hours', '-1 month' or '00:15:00' lasts."""
    if (clock := CLOCK.fullmatch(text.strip())) is not None:
        return combined_days(list(zip(map(float, clock.groups()), TIMES, strict=True)))
    parts = [(float(n), unit.lower()) for n, unit in SPAN.findall(text)]
    rest = SPAN.sub("", text).strip()
    return combined_days(parts) if not rest or (rest == "-" and len(parts) == 1) else None


def combined_days(parts: list[tuple[float, str]]) -> float | None:
    lengths = [count * DAYS.get(unit.removesuffix("s"), inf) for count, unit in parts]
    return sum(lengths) if lengths and inf not in lengths else None


def abs_span(bounds: list[exp.Expr], counts: Counts) -> float:
    """Days between two dates."""
    dates = [plain_date(bound) for bound in bounds]
    if len(dates) == 2 and dates[0] and dates[1]:
        return abs((dates[1] - dates[0]).total_seconds()) / 86_400
    known: dict[int, float] = {}
    apart = STORED_DAYS if lie_apart(bounds) else 0.0
    return apart + sum(distance(bound, counts, known) for bound in bounds)


def lie_apart(bounds: list[exp.Expr]) -> bool:
    """What is stored may be years from anything, and so may the clock be from a written date."""
    nodes = [node for bound in bounds for node in bound.walk()]
    if any(isinstance(node, exp.Column | exp.Query) for node in nodes):
        return True
    told = any(name_of(n) in CLOCKS or n.name.strip().lower() in RELATIVE for n in nodes)
    made = (plain_date(n) or name_of(n) in MAKES_DATE | READS_DATE for n in nodes)
    return told and any(made)


def plain_date(bound: exp.Expr) -> datetime | None:
    inner = bound.unnest()
    while isinstance(inner, exp.Cast):
        inner = inner.this.unnest()
    if name_of(inner) in MAKES_DATE:
        return made_day(inner.expressions)
    if not isinstance(inner, exp.Literal) or not inner.is_string:
        return None
    try:
        return datetime.fromisoformat(inner.name.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def made_day(given: list[exp.Expr]) -> datetime | None:
    """The day of make_date(2024, 1, 31) or make_timestamp(2024, 1, 31, 0, 0, 0)."""
    parts = [number(value) for value in given[:3]]
    try:
        year, month, day = (int(part) for part in parts if part is not None)
        return datetime(year, month, day)  # noqa: DTZ001 - compared with others that have no zone
    except (ValueError, OverflowError):
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
        return new_distance(node, counts)
    if isinstance(node, exp.DPipe | exp.Concat | exp.Bracket):
        return inf
    parts = node.expressions if isinstance(node, exp.Select) else list(node.iter_expressions())
    return sum(distance(part, counts, known) for part in parts)


def new_distance(call: exp.Anonymous, counts: Counts) -> float:
    """Of a date that a call makes of numbers, or reads out of a text."""
    name, given = name_of(call), call.expressions
    if name in MAKES_DATE and len(given) > 2:
        year = number(given[0])
        return counts.most(given[0]) * 366 if year is None else of_year(year)
    if name not in READS_DATE or len(given) != 2:
        return inf
    text, pattern = given[0].unnest(), given[1].unnest()
    if isinstance(text, exp.Column) and not counts.origins.of(text):
        return 0.0
    if not isinstance(text, exp.Literal) or not isinstance(pattern, exp.Literal):
        return inf
    year = year_read(text.name.strip(), pattern.name.strip())
    return inf if year is None else of_year(year)


def year_read(text: str, pattern: str) -> float | None:
    """2024 of '2024-01' by 'YYYY-MM' and of '31.1.2024' by '%d.%m.%Y'."""
    if pattern.count("%Y") + pattern.count("YYYY") != 1:
        return None
    first, last = re.match(r"(\d{4})(\d\d){0,2}(?!\d)", text), re.search(r"(?<!\d)\d{4}$", text)
    if first is not None and pattern.startswith(("%Y", "YYYY")):
        return float(first[1])
    return float(last[0]) if last is not None and pattern.endswith(("%Y", "YYYY")) else None


def of_year(year: float) -> float:
    return abs(year - ABOUT_THIS_YEAR) * 366.0


def literal_distance(node: exp.Literal) -> float:
    """Of a date, from today; a plain number is one of days; 'month' and 'now' move nothing."""
    day = plain_date(node)
    if day is not None:
        return of_year(day.year)
    word = node.name.strip().lower()
    return 0.0 if word in RELATIVE or word.removesuffix("s") in DAYS else written(node)


def away(origin: object, counts: Counts, known: dict[int, float]) -> float:
    return distance(origin, counts, known) if isinstance(origin, exp.Expr) else inf
