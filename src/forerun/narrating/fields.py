"""What the columns of a result are to a reader: measures, times, labels, identifiers.

Types alone do not tell: a year is an integer that nobody adds up, an identifier is a number
that nobody plots, and SQLite gives dates as text. So the names and the values are read too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from typing import TypeAlias, TypeGuard

from forerun.domain import Kind, ResultColumn, Rows, Value

Number: TypeAlias = int | float | Decimal


class Part(StrEnum):
    """What a column does in a result."""

    MEASURE = "measure"
    TIME = "time"
    PERIOD = "period"
    """A recurring or text-valued stretch of time: month 1 to 12, weekday, 2024-Q1."""
    LABEL = "label"
    ID = "id"
    OTHER = "other"
    """Nothing that words or marks can show: binary, nested, all empty."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a result with its part and its values, in row order."""

    name: str
    key: str
    """The name where it is distinct and plain, else `column_3`: safe as a name in a chart."""
    title: str
    part: Part
    values: tuple[Value, ...]

    @property
    def numbers(self) -> list[Number]:
        """Its finite numbers."""
        return [value for value in self.values if is_number(value)]


@dataclass(frozen=True, slots=True)
class Shape:
    """A result read as "these measures by these dimensions"."""

    fields: tuple[Field, ...]
    dimensions: tuple[Field, ...]
    """The fewest columns (at most two) whose values name each row once; none for plain records."""
    measures: tuple[Field, ...]


def vocabulary(words: str) -> frozenset[str]:
    """The words of one string, parted by spaces."""
    return frozenset(words.split())


def read(rows: Rows, question: str = "") -> Shape:
    """The shape of a result. A bare count is given the name of what `question` counts."""
    keys = _keys([column.name for column in rows.columns])
    counted = _COUNTED.search(question)
    fields = []
    for index, column in enumerate(rows.columns):
        values = tuple(rows.column(index))
        spoken = title(column.name)
        if spoken == "count" and counted:
            spoken = f"number of {counted[1].lower()}"
        fields.append(Field(column.name, keys[index], spoken, _part(column, values), values))
    measures = tuple(field for field in fields if field.part is Part.MEASURE)
    return Shape(tuple(fields), _dimensions(fields), measures)


_COUNTED = re.compile(
    r"\b(?:how many|number of|count of)\s+((?!of\b)\w+(?:\s\w+)??)"
    r"(?=\s*[?.]?$|\s+(?:are|were|is|do|does|did|have|has|had|per|by|in|of|for|with|each|there)\b)",
    re.IGNORECASE,
)


def _keys(names: Sequence[str]) -> list[str]:
    """Dots, brackets and quotes would be read as a path by Vega-Lite; doubles would collide."""
    keys: list[str] = []
    for position, name in enumerate(names, start=1):
        plain = name[:1].isalpha() and all(c.isalnum() or c in "_ " for c in name)
        keys.append(
            name if plain and len(name) <= 60 and name not in keys else f"column_{position}"
        )
    return [key if keys.count(key) == 1 else f"column_{i}" for i, key in enumerate(keys, start=1)]


def _dimensions(fields: Sequence[Field]) -> tuple[Field, ...]:
    named = [f for f in fields if f.part in (Part.TIME, Part.PERIOD, Part.LABEL)]
    candidates = named or [f for f in fields if f.part is Part.ID]
    for size in (1, 2):
        for chosen in combinations(candidates, size):
            keys = list(zip(*(field.values for field in chosen), strict=True))
            if len(set(keys)) == len(keys):
                return chosen
    return ()


_AGGREGATES = vocabulary("count sum avg average mean total min max median stddev number")
_IDENTIFIERS = frozenset(
    [
        "id",
        "ids",
        "key",
        "uuid",
        "guid",
        "zip",
        "postcode",
        "phone",
        "isbn",
        "sku",
        "ean",
        "code",
        "nr",
        "no",
    ]
)
_PERIODS = {"month": 12, "quarter": 4, "week": 53, "weekday": 7, "dow": 7, "day": 366, "hour": 23}
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YEARS = range(1000, 3000)
_ISO_TIME = re.compile(r"\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?)?")
_PERIOD_OF_A_YEAR = re.compile(r"\d{4}-(Q[1-4]|W\d\d)", re.IGNORECASE)
_PERIOD_TEXT = re.compile(r"\d{4}[- ]?[QW]\d{1,2}|[QW]\d{1,2}", re.IGNORECASE)


def _part(column: ResultColumn, values: Sequence[Value]) -> Part:
    present = [value for value in values if value is not None]
    words = words_of(column.name)
    if not present or not all(_hashable_scalar(value) for value in present):
        return Part.OTHER
    if all(moment(value) is not None for value in present) and _speaks_of_time(words, present):
        return Part.TIME
    if _is_period(words, present):
        return Part.PERIOD
    if all(isinstance(v, (int, float, Decimal)) and not isinstance(v, bool) for v in present):
        return Part.ID if is_identifier(words) else Part.MEASURE
    if column.kind is Kind.BINARY or any(isinstance(value, bytes) for value in present):
        return Part.OTHER
    return Part.ID if words and words[-1] in ("id", "uuid", "guid") else Part.LABEL


def _hashable_scalar(value: Value) -> bool:
    return not isinstance(value, (list, dict, set, tuple))


def _speaks_of_time(words: Sequence[str], present: Sequence[Value]) -> bool:
    """Whole numbers and four digits are years only where the name says so."""
    bare = any(isinstance(v, int) or (isinstance(v, str) and len(v) == 4) for v in present)
    return not bare or ("year" in words and not _AGGREGATES.intersection(words))


def _is_period(words: Sequence[str], present: Sequence[Value]) -> bool:
    if all(isinstance(v, str) and _PERIOD_TEXT.fullmatch(v.strip()) for v in present):
        return True
    if all(isinstance(v, str) and period_rank(v) is not None for v in present):
        return True
    if _AGGREGATES.intersection(words):
        return False
    highest = next((_PERIODS[word] for word in words if word in _PERIODS), None)
    if highest is None or (words and words[-1].endswith("s")):
        return False
    whole = [
        int(v) for v in present if isinstance(v, int) or (isinstance(v, str) and v.isdecimal())
    ]
    return len(whole) == len(present) and all(0 <= value <= highest for value in whole)


def is_identifier(words: Sequence[str]) -> bool:
    """Whether a column of these words names things rather than measures them."""
    if not words or _AGGREGATES.intersection(words[:-1]) or words[0] in _AGGREGATES:
        return False
    return words[-1] in _IDENTIFIERS or words[-1] == "number"


def period_rank(text: str) -> int | None:
    """The place of a month's or weekday's name in its year or week, from 0."""
    name = text.strip().lower()
    for names in (MONTHS, WEEKDAYS):
        for rank, full in enumerate(names):
            if name in (full, full[:3]):
                return rank
    return None


def is_number(value: Value) -> TypeGuard[Number]:
    """A finite number; True and False are none."""
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float, Decimal)) and math.isfinite(value)


def moment(value: Value) -> datetime | None:
    """The wall-clock time that a value means: dates, ISO text, years."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - wall clock
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return datetime(value, 1, 1) if value in _YEARS else None  # noqa: DTZ001
    return _moment_of_text(value.strip()) if isinstance(value, str) else None


def place_in_time(value: Value) -> str | None:
    """What sorts as the times go by: of moments, and of quarters and weeks told with their year."""
    at = moment(value)
    if at is not None:
        return at.isoformat()
    told = isinstance(value, str) and _PERIOD_OF_A_YEAR.fullmatch(value.strip())
    return str(value).strip().upper() if told else None


def _moment_of_text(text: str) -> datetime | None:
    if len(text) == 4 and text.isdecimal():
        return moment(int(text))
    if not _ISO_TIME.fullmatch(text):
        return None
    try:
        parsed = datetime.fromisoformat(f"{text}-01" if len(text) == 7 else text)
    except ValueError:
        return None
    return parsed.replace(tzinfo=None)


def words_of(name: str) -> list[str]:
    """`customerCount`, `customer_count`, `count(customer)` → their words in lower case."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+", name)
    return [word.lower() for word in found]


_CALL = re.compile(r"(?P<function>\w+)\s*\((?P<distinct>distinct\s+)?(?P<of>[\w\s.\"*]*)\)", re.I)
_SPOKEN = {"sum": "total", "avg": "average", "mean": "average", "min": "lowest", "max": "highest"}


def title(name: str) -> str:
    """A column's name for people: `total_sales` → total sales, `avg(price)` → average price."""
    call = _CALL.fullmatch(name.strip())
    if call is None:
        plain = plain_text(name.replace("_", " "), 60)
        return plain if any(c.isalnum() for c in plain) and "(" not in plain else "value"
    function = call["function"].lower()
    of = title(call["of"].replace('"', "").split(".")[-1]) if call["of"].strip(" *") else ""
    if function in ("count", "count_star"):
        return f"number of {'different ' if call['distinct'] else ''}{of}" if of else "count"
    return f"{_SPOKEN.get(function, function)} {of}".strip()


def plain_text(text: str, limit: int) -> str:
    """One line without control characters, at most `limit` long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
