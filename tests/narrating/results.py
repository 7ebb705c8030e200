"""Results to narrate: the golden ones, and any that a database could give."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from forerun.domain import Kind, ResultColumn, Rows, Value

CASES = Path(__file__).parents[1] / "cases" / "narrating" / "results.jsonl"


def rows_of(
    columns: Sequence[tuple[str, Kind]],
    rows: Sequence[tuple[Value, ...]],
    *,
    truncated: bool = False,
) -> Rows:
    described = tuple(ResultColumn(name, kind.value, kind) for name, kind in columns)
    return Rows(described, tuple(rows), truncated)


def golden() -> list[dict[str, Any]]:
    """The cases of the file, with `result` made of columns and rows."""
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    for case in cases:
        columns = [(name, Kind(kind)) for name, kind in case["columns"]]
        rows = [tuple(row) for row in case["rows"]]
        case["result"] = rows_of(columns, rows, truncated=case.get("truncated", False))
    return cases


_NAMES = st.sampled_from(
    ["region", "year", "month", "count", "revenue", "customer_id", "avg(price)", "a.b['c']", "day"]
) | st.text(max_size=12)
_TEXT = st.sampled_from(["North", "2024-05", "March", "<b>", "{{x}}", ""]) | st.text(max_size=9)
_VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.INTEGER: st.integers(-(2**63), 2**63) | st.integers(1, 12) | st.integers(1990, 2030),
    Kind.FLOAT: st.floats() | st.floats(0, 1),
    Kind.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=2),
    Kind.TEXT: _TEXT,
    Kind.DATE: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    Kind.TIMESTAMP: st.datetimes(),
    Kind.BOOLEAN: st.booleans(),
    Kind.BINARY: st.binary(max_size=4),
    Kind.JSON: st.lists(st.integers(), max_size=2) | st.just({"a": 1}),
    Kind.OTHER: st.just(timedelta(hours=3)) | st.just(Decimal("1.5")) | st.text(max_size=3),
}


@st.composite
def any_rows(draw: st.DrawFn) -> Rows:
    """Up to five columns of any kind and any name, up to thirty rows, with empty cells."""
    kinds = draw(st.lists(st.sampled_from(list(_VALUES)), min_size=1, max_size=5))
    columns = [(draw(_NAMES), kind) for kind in kinds]
    row = st.tuples(*(st.none() | _VALUES[kind] for kind in kinds))
    rows = draw(st.lists(row, max_size=30))
    return rows_of(columns, rows, truncated=draw(st.booleans()))
