"""One cell and the rows of a result as JSON: docs/json.md has the rules.

Dates and times in ISO 8601; decimals, and integers beyond 2^53, as strings, because JavaScript
would round them; NaN and infinities null; bytes in base64; UUIDs as text; intervals as ISO 8601
durations; nested lists and objects by the same rules.
"""

import base64
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, TypedDict
from uuid import UUID

from forerun.domain import Kind, ResultColumn, Rows, Value
from forerun.wire.reading import Kept, flag, several, text

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

_LARGEST_EXACT = 2**53
"""The largest integer up to which JavaScript's numbers are exact."""


class ColumnJSON(TypedDict):
    name: str
    type: str
    kind: str


def rows_to_json(rows: Rows) -> list[list[JSON]]:
    """Rows as arrays in column order."""
    return [[value_to_json(value) for value in row] for row in rows.rows]


def columns_to_json(rows: Rows) -> list[ColumnJSON]:
    """Names and types of the columns, in their order."""
    return [_column(column) for column in rows.columns]


def rows_from_json(document: Kept) -> Rows | None:
    """Rows of an object with `columns`, `rows` and `truncated`; None where it has no column."""
    columns = several(document["columns"], _column_from_json)
    if not columns:
        return None
    readers = [_reader(column) for column in columns]
    rows = several(document["rows"], lambda row: _row_from_json(row, readers))
    return Rows(columns, rows, flag(document["truncated"]))


def value_from_json(value: JSON, read: Callable[[str], Value] | None) -> Value:
    """One cell with the type that its column has. Text that a value of that type would not have
    been written as stays text: SQLite's columns hold what they like."""
    if read is None or not isinstance(value, str):
        return value
    try:
        cell = read(value)
    except (ValueError, ArithmeticError):
        return value
    return cell if value_to_json(cell) == value else value


def value_to_json(value: Value) -> JSON:
    """One cell; the module's docstring has the rules."""
    write = _WRITERS.get(type(value))
    return _of_another_type(value) if write is None else write(value)


def _of_another_type(value: Value) -> JSON:
    """Types that are seldom in a result, and all that are derived from others."""
    match value:
        case int():
            return _integer(value)
        case float():
            return finite(value)
        case Decimal():
            return _decimal(value)
        case Mapping():
            return object_to_json(value)
        case list() | tuple():
            return [value_to_json(item) for item in value]
        case set() | frozenset():
            return [value_to_json(item) for item in sorted(value, key=repr)]
        case _:
            return _text(_written(value))


def object_to_json(value: Mapping[object, Value] | Mapping[str, Value]) -> dict[str, JSON]:
    """An object; keys that are not text are written as text."""
    return {_text(str(key)): value_to_json(item) for key, item in value.items()}


def finite(number: float | None) -> float | None:
    """The number, where JSON has one for it."""
    return number if number is not None and math.isfinite(number) else None


def _integer(value: int) -> int | str:
    return value if -_LARGEST_EXACT <= value <= _LARGEST_EXACT else str(value)


def _written(value: Value) -> str:
    match value:
        case date() | time():  # a datetime is a date
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode("ascii")
        case _:  # text, UUID
            return str(value)


def _text(text: str) -> str:
    """Lone surrogates cannot be written as UTF-8: a broken character stands in for each."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _decimal(value: Decimal) -> str | None:
    """Plain digits, or an exponent where those would fill pages."""
    if not value.is_finite():
        return None
    return format(value, "f") if abs(value.adjusted()) <= 100 else str(value)


def _duration(value: timedelta) -> str:
    """ISO 8601: P1DT2H3M4.5S, with one sign for the whole."""
    sign = "-" if value < timedelta(0) else ""
    whole = abs(value)
    hours, rest = divmod(whole.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{whole.microseconds:06d}".rstrip("0") if whole.microseconds else ""
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    if seconds or fraction or not (clock or whole.days):
        clock += f"{seconds}{fraction}S"
    days = f"{whole.days}D" if whole.days else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}"


def _duration_from_text(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("no duration")
    days, hours, minutes = (int(part or 0) for part in found.group("days", "hours", "minutes"))
    microseconds = int(Decimal(found["seconds"] or 0) * 1_000_000)
    whole = timedelta(days, hours=hours, minutes=minutes, microseconds=microseconds)
    return -whole if found["sign"] else whole


def _as_it_is(value: bool | None) -> bool | None:
    return value


_WRITERS: Mapping[type, Callable[[Any], JSON]] = {
    type(None): _as_it_is,
    bool: _as_it_is,
    int: _integer,
    float: finite,
    str: _text,
    Decimal: _decimal,
    date: date.isoformat,
    datetime: datetime.isoformat,
}
"""By the very type: rows become text on the event loop, where others wait for them."""

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)
_READERS: Mapping[str, Callable[[str], Value]] = {
    Kind.INTEGER: int,
    Kind.DECIMAL: Decimal,
    Kind.DATE: date.fromisoformat,
    Kind.TIME: time.fromisoformat,
    Kind.TIMESTAMP: datetime.fromisoformat,
    Kind.BINARY: base64.b64decode,
    "UUID": UUID,
    "INTERVAL": _duration_from_text,
}


def _row_from_json(
    document: Kept, readers: list[Callable[[str], Value] | None]
) -> tuple[Value, ...]:
    if type(document) is not list:
        raise ValueError("a row is an array")
    return tuple([value_from_json(*pair) for pair in zip(document, readers, strict=True)])


def _reader(column: ResultColumn) -> Callable[[str], Value] | None:
    return _READERS.get(column.type.upper()) or _READERS.get(column.kind)


def _column_from_json(document: Kept) -> ResultColumn:
    return ResultColumn(text(document["name"]), text(document["type"]), Kind(document["kind"]))


def _column(column: ResultColumn) -> ColumnJSON:
    return {"name": _text(column.name), "type": column.type, "kind": column.kind.value}
