"""Are two results the same?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from forerun.domain import Rows, Value

Row: TypeAlias = tuple[Value, ...]
Groups: TypeAlias = dict[Row, list[Row]]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Numbers are equal when they differ by no more than either."""

    relative: float = 1e-9
    absolute: float = 0.0


EXACT = Tolerance()
"""Room for the order of a floating-point sum, and for nothing else."""


def identical(a: Rows, b: Rows) -> bool:
    """True when both are complete and the same to the last digit: columns, order, types, values.

    Whatever is said of one is then just what would be said of the other.
    """
    if a is b:
        return True
    if a.truncated or b.truncated or a.columns != b.columns or a.rows != b.rows:
        return False
    return all(
        type(x) is type(y)
        for left, right in zip(a.rows, b.rows, strict=True)
        for x, y in zip(left, right, strict=True)
    )


def same_rows(a: Rows, b: Rows, ordered: bool, tolerance: Tolerance = EXACT) -> bool:
    """True when both hold the same rows: as lists when `ordered`, else as multisets.

    Columns are compared in the order given; their names do not count. Two truncated results
    are the same when what was fetched is.
    """
    if not ordered:
        return Multiset(a).same(Multiset(b), tolerance)
    pairs = zip(normalised(a.rows), normalised(b.rows), strict=True) if same_size(a, b) else None
    return pairs is not None and all(same_row(x, y, tolerance) for x, y in pairs)


@dataclass(frozen=True)
class Multiset:
    """Rows whose order does not count, made ready once for all that they are compared with."""

    rows: Rows

    def same(self, other: Multiset, tolerance: Tolerance = EXACT) -> bool:
        return same_size(self.rows, other.rows) and same_groups(
            self._by_text, other._by_text, tolerance
        )

    @cached_property
    def _by_text(self) -> Groups:
        return by_text(normalised(self.rows.rows))


def same_size(a: Rows, b: Rows) -> bool:
    return len(a.columns) == len(b.columns) and len(a) == len(b) and a.truncated == b.truncated


def normalised(rows: Iterable[Row]) -> list[Row]:
    return [tuple(comparable(cell) for cell in row) for row in rows]


def comparable(cell: Value) -> Value:
    """A cell without the accidents of its driver: None, int, float or str.

    Booleans become 0 and 1, whole floats and decimals integers, dates and times ISO text,
    bytes UTF-8 text, anything else its text.
    """
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool | int):
        return int(cell)
    if isinstance(cell, float | Decimal):
        number = float(cell)
        return int(number) if number.is_integer() else number
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).decode("utf-8", "replace")
    if isinstance(cell, list | tuple):
        return repr([comparable(item) for item in cell])
    return str(cell)


def same_row(a: Row, b: Row, tolerance: Tolerance) -> bool:
    return all(same_cell(x, y, tolerance) for x, y in zip(a, b, strict=True))


def same_cell(a: Value, b: Value, tolerance: Tolerance = EXACT) -> bool:
    """Equality of two comparable cells. NULL equals NULL only; a number never equals a text."""
    if isinstance(a, int | float) and isinstance(b, int | float):
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return a == b or math.isclose(a, b, rel_tol=tolerance.relative, abs_tol=tolerance.absolute)
    return a == b


def same_multiset(a: Iterable[Row], b: Iterable[Row], tolerance: Tolerance) -> bool:
    return same_groups(by_text(a), by_text(b), tolerance)


def by_text(rows: Iterable[Row]) -> Groups:
    """Their numbers, by all that is no number in them."""
    groups: Groups = defaultdict(list)
    for row in rows:
        key = tuple("a number" if isinstance(c, int | float) else (c,) for c in row)
        groups[key].append(tuple(c for c in row if isinstance(c, int | float)))
    return groups


def same_groups(a: Groups, b: Groups, tolerance: Tolerance) -> bool:
    """Rows can only be the same where all that is no number is: compare those groups."""
    return a.keys() == b.keys() and all(same_group(a[key], b[key], tolerance) for key in a)


def same_group(a: list[Row], b: list[Row], tolerance: Tolerance) -> bool:
    """Sorting pairs nearly all rows; where nearly equal numbers sort apart, search for the rest."""
    if len(a) != len(b):
        return False
    left_over = [
        (x, y)
        for x, y in zip(sorted(a, key=sortable), sorted(b, key=sortable), strict=True)
        if not same_row(x, y, tolerance)
    ]
    candidates = [y for _, y in left_over]
    for x, _ in left_over:
        match = next((y for y in candidates if same_row(x, y, tolerance)), None)
        if match is None:
            return False
        candidates.remove(match)
    return True


def sortable(row: Row) -> tuple[float, ...]:
    return tuple(-math.inf if math.isnan(n) else n for n in row if isinstance(n, int | float))
