"""Distinct stored values of all columns of a table, by one bounded query of texts.

Servers have no common row of mixed types, so values travel as text and are read back by kind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from forerun.adapters.databases.sampling import with_values
from forerun.domain import Column, Kind, Table, Value

ROWS_SCANNED = 10_000

_READERS: Mapping[Kind, Callable[[str], Value]] = {
    Kind.INTEGER: int,
    Kind.DECIMAL: Decimal,
    Kind.FLOAT: float,
    Kind.BOOLEAN: lambda text: text.lower() in ("1", "t", "true"),
    Kind.DATE: date.fromisoformat,
    Kind.TIME: time.fromisoformat,
    Kind.TIMESTAMP: datetime.fromisoformat,
}


def sampling_query(
    table: Table,
    columns: Sequence[Column],
    limit: int,
    quoted: Callable[[str], str],
    as_text: Callable[[str], str],
) -> str:
    """One query over the first `ROWS_SCANNED` rows, giving `(position, text, times)` rows.

    Position -1 counts the rows scanned; position `i` holds a value of `columns[i]`. The most
    frequent values come first, equally frequent ones in order.
    """
    name = ".".join(quoted(part) for part in (table.schema, table.name) if part)
    picked = ", ".join(f"{as_text(quoted(c.name))} AS c{i}" for i, c in enumerate(columns))
    counted = ["SELECT -1 AS position, NULL AS value, COUNT(*) AS times FROM scanned"]
    counted += [
        f"SELECT * FROM (SELECT {i} AS position, c{i} AS value, COUNT(*) AS times FROM scanned"
        f" WHERE c{i} IS NOT NULL GROUP BY c{i} ORDER BY times DESC, value"
        f" LIMIT {limit + 1}) AS s{i}"
        for i in range(len(columns))
    ]
    return (
        f"WITH scanned AS (SELECT {picked} FROM {name} LIMIT {ROWS_SCANNED + 1}) "
        + " UNION ALL ".join(counted)
    )


def with_samples(
    columns: Sequence[Column],
    looked_at: Sequence[Column],
    found: Iterable[Sequence[object]],
    limit: int,
) -> list[Column]:
    """`columns`, those `looked_at` with what the query found."""
    scanned = 0
    values: dict[int, list[Value]] = defaultdict(list)
    for position, text, times in found:
        if position == -1:
            scanned = int(str(times))
        else:
            index = int(str(position))
            values[index].append(_value(str(text), looked_at[index].kind))
    whole = scanned <= ROWS_SCANNED
    sampled = {
        column.name: with_values(column, values[index], limit, whole)
        for index, column in enumerate(looked_at)
    }
    return [sampled.get(column.name, column) for column in columns]


def _value(text: str, kind: Kind) -> Value:
    """The value that was written as `text`; the text itself where Python has no such value."""
    try:
        return _READERS[kind](text) if kind in _READERS else text
    except (ValueError, InvalidOperation):
        return text
