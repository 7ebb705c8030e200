"""Distinct stored values of all columns of a table, by one bounded query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from forerun.domain import Column, Kind, Table, Value

ROWS_SCANNED = 10_000
LONGEST_TEXT = 200
"""Longer texts are left out: nobody writes them in a question, and they may be anything."""

_READERS: Mapping[Kind, Callable[[str], Value]] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.DECIMAL: Decimal,
    Kind.FLOAT: float,
    Kind.BOOLEAN: lambda text: text.lower() in ("1", "t", "true"),
    Kind.DATE: date.fromisoformat,
    Kind.TIME: time.fromisoformat,
    Kind.TIMESTAMP: datetime.fromisoformat,
}
"""The kinds that are looked at; binary, JSON and nested values never are."""


def sampled_columns(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.kind in _READERS]


def sampling_query(
    table: Table,
    columns: Sequence[Column],
    limit: int,
    quote: Callable[[str], str],
    as_text: Callable[[str], str],
    materialized: str = "",
) -> str:
    """One query over the first `ROWS_SCANNED` rows, giving `(index, text, …)` rows.

    Row -1 counts the rows scanned; row `i` holds a value of `columns[i]` as text. The most
    frequent values come first, equally frequent ones in order.
    """
    name = ".".join(quote(part) for part in (table.schema, table.name) if part)
    picked = ", ".join(f"{as_text(quote(c.name))} AS c{i}" for i, c in enumerate(columns))
    parts = ["SELECT -1 AS position, NULL AS value, COUNT(*) AS times FROM scanned"]
    parts += [
        f"SELECT * FROM (SELECT {i} AS position, c{i} AS value, COUNT(*) AS times FROM scanned"
        f" WHERE c{i} IS NOT NULL GROUP BY c{i} ORDER BY times DESC, value"
        f" LIMIT {limit + 1}) AS s{i}"
        for i in range(len(columns))
    ]
    return (
        f"WITH scanned AS {materialized} (SELECT {picked} FROM {name} LIMIT {ROWS_SCANNED + 1}) "
        + " UNION ALL ".join(parts)
    )


def with_samples(
    columns: Sequence[Column], found: Iterable[Sequence[object]], limit: int
) -> list[Column]:
    """`columns` with what the query found; complete only where nothing was left out."""
    scanned = 0
    texts: dict[int, list[str]] = defaultdict(list)
    for position, value, times in found:
        if position == -1:
            scanned = int(str(times))
        else:
            texts[int(str(position))].append(str(value))
    whole_table = scanned <= ROWS_SCANNED
    return [
        _with_values(column, texts[index], limit, whole_table)
        for index, column in enumerate(columns)
    ]


def _with_values(column: Column, texts: list[str], limit: int, whole_table: bool) -> Column:
    short = [text for text in texts if len(text) <= LONGEST_TEXT]
    values = dict.fromkeys(_value(text, column.kind) for text in short)
    complete = whole_table and len(short) == len(texts) and len(texts) <= limit
    return replace(column, samples=tuple(values)[:limit], samples_complete=complete)


def _value(text: str, kind: Kind) -> Value:
    """The value that was written as `text`; the text itself where Python has no such value."""
    try:
        return _READERS[kind](text)
    except (ValueError, InvalidOperation):
        return text
