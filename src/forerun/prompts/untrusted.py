"""Text from the database, made fit to be quoted in a prompt.

Names, comments and values are written by strangers. They are put on one line, cut, quoted as JSON
strings, and cannot close the tag that labels them as data.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from forerun.domain import Rows, Value

_JOINERS = "\u200c\u200d"
"""Invisible, yet part of the spelling of Persian, Hindi and emoji: kept."""


def one_line(text: str, limit: int = 200) -> str:
    """`text` without control and invisible characters, on one line, cut to `limit` with an …"""
    head = text[: limit + 1]
    if not head.isprintable():
        head = "".join(c if c.isprintable() or c in _JOINERS else " " for c in head)
    return head if len(head) <= limit else head[: limit - 1] + "…"


def quoted(text: str, limit: int = 200) -> str:
    """`text` as a JSON string that holds no `<`."""
    return json.dumps(one_line(text, limit), ensure_ascii=False).replace("<", "\\u003c")


def literal(value: Value, limit: int = 60) -> str:
    """A stored value as JSON: numbers, true, false and null bare, everything else a string."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(value)
        case datetime() | date() | time():
            return quoted(value.isoformat(), limit)
        case bytes() | bytearray() | memoryview():
            return quoted(f"{len(value)} bytes", limit)
        case str() | UUID() | timedelta():
            return quoted(str(value), limit)
        case _:
            return quoted(repr(value), limit)


def table_of(rows: Rows, max_rows: int = 50) -> str:
    """Column names and at most `max_rows` rows, one JSON array a line."""
    names = ", ".join(quoted(column.name) for column in rows.columns)
    shown = ("[" + ", ".join(literal(cell) for cell in row) + "]" for row in rows.rows[:max_rows])
    return "\n".join((f"[{names}]", *shown))
