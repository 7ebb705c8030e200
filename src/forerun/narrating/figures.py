"""Values as people write them, and exact sums over them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal, localcontext

from forerun.domain import Value
from forerun.narrating.fields import Field, Number, Part, moment, plain_text


def say(value: Value, field: Field | None = None) -> str:
    """`value` for people: 1,234.5 · May 2024 · North. Identifiers and years keep their digits."""
    if value is None:
        return "no value"
    if field is not None and field.part is Part.TIME:
        step = _whole_step(field)
        at = moment(value) if step else None
        return at.strftime(_TIME_FORMATS[step]) if at and step else say_time(value, field.values)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        plain = field is not None and field.part in (Part.ID, Part.PERIOD)
        return str(value) if plain else say_number(value)
    if isinstance(value, (date, datetime)):
        return say_time(value, (value,))
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    return plain_text(str(value), 60) or "(blank)"


def _whole_step(field: Field) -> str | None:
    """`year` and `month` of a column that is called so and holds nothing but their first days."""
    step = field.name.lower()
    moments = [at for value in field.values if (at := moment(value)) is not None]
    days = [(at.day, at.hour, at.minute, at.second) for at in moments]
    if step not in ("year", "month") or any(day != (1, 0, 0, 0) for day in days):
        return None
    return None if step == "year" and any(at.month != 1 for at in moments) else step


def say_number(value: Number) -> str:
    """Thousands separated; at most two decimals, or three significant digits below one."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(float(value))
    if size >= 1e15:
        return f"{value:.4g}"
    if size == 0 or size >= 1:
        return _trimmed(f"{value:,.2f}")
    decimals = 2 - math.floor(math.log10(size))
    return _trimmed(f"{value:.{decimals}f}") if decimals <= 9 else f"{value:.3g}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def say_time(value: Value, among: Iterable[Value]) -> str:
    """As coarse as all of `among` allow: 2024, May 2024, 2024-05-01, 2024-05-01 12:30."""
    at = moment(value)
    if at is None:
        return plain_text(str(value), 60)
    return at.strftime(_TIME_FORMATS[granularity(among)])


_TIME_FORMATS = {"year": "%Y", "month": "%b %Y", "day": "%Y-%m-%d", "time": "%Y-%m-%d %H:%M"}


def granularity(values: Iterable[Value]) -> str:
    """The coarsest of year, month, day and time that tells the moments of `values` exactly.

    One whole date alone stays a day: a first of May need not mean all of May.
    """
    written = [(at, value) for value in values if (at := moment(value)) is not None]
    moments = {at for at, _ in written}
    if any((at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0) for at in moments):
        return "time"
    lone_date = len(moments) == 1 and any(_is_whole_date(value) for _, value in written)
    if lone_date or any(at.day != 1 for at in moments):
        return "day"
    if any(at.month != 1 for at in moments) or any(len(str(v)) == 7 for _, v in written):
        return "month"
    return "year"


def _is_whole_date(value: Value) -> bool:
    return isinstance(value, date) or (isinstance(value, str) and len(value) >= 10)


def total(numbers: Sequence[Number]) -> Number:
    """The sum, exact for integers and decimals, correctly rounded for floats."""
    if all(isinstance(number, int) for number in numbers):
        return sum(int(number) for number in numbers)
    if any(isinstance(number, float) for number in numbers):
        try:
            return math.fsum(numbers)
        except OverflowError:  # beyond what a float can hold
            return math.inf
    with localcontext() as context:
        context.prec = 60
        return sum((Decimal(number) for number in numbers), Decimal(0))


def mean(numbers: Sequence[Number]) -> Number:
    """The arithmetic mean of at least one number."""
    whole = total(numbers)
    return whole / len(numbers) if not isinstance(whole, int) else float(whole / len(numbers))
