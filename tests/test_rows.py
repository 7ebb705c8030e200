"""Rows as frames and as text: whatever a database returns, nothing raises and nothing is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import Kind, ResultColumn, Rows, Value
from forerun.domain.written import written

ODD: tuple[tuple[Value, Value], ...] = (
    (170141183460469231731687303715884105727, 1),
    (b"\x00\xff", "text"),
    (Decimal("NaN"), Decimal("1.50")),
    (UUID(int=1), None),
    ({"a": [1, None]}, {"a": []}),
    (float("nan"), float("-inf")),
    (timedelta(hours=-1), timedelta(days=40)),
    (datetime(2024, 1, 1, tzinfo=UTC), None),
    (None, None),
    (5, "x"),
)
CELLS = st.sampled_from([value for pair in ODD for value in pair]) | st.text(max_size=5)


def rows_of(*rows: tuple[Value, ...]) -> Rows:
    width = len(rows[0]) if rows else 3
    return Rows(tuple(ResultColumn("c", "ANY", Kind.OTHER) for _ in range(width)), rows)


@pytest.mark.parametrize("frame", ["to_pandas", "to_polars", "to_arrow"])
def test_columns_of_odd_types_become_frames(frame: str) -> None:
    """Each type by itself, with repeated column names, and no rows at all."""
    pytest.importorskip(frame.removeprefix("to_").replace("arrow", "pyarrow"))
    columns = list(zip(*ODD, strict=True))
    assert getattr(rows_of(*columns), frame)().shape == (2, len(ODD))
    assert getattr(rows_of(), frame)().shape == (0, 3)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_a_column_of_mixed_types_loses_nothing_in_arrow(cells: list[Value]) -> None:
    """SQLite puts anything into any column: a null is a null, or a decimal that is no number."""
    pytest.importorskip("pyarrow")
    column = rows_of(*((cell,) for cell in cells)).to_arrow().column(0)
    empty = [cell is None or (isinstance(cell, Decimal) and cell.is_nan()) for cell in cells]
    assert len(column) == len(cells)
    assert column.null_count <= sum(empty)


@pytest.mark.parametrize("large", [2**53 + 1, 2**64 - 1, 2**120])
def test_whole_numbers_stay_whole_in_pandas(large: int) -> None:
    """Also beside a null, where pandas would make rounded floats of them."""
    pytest.importorskip("pandas")
    frame = rows_of((large,), (None,), (1,)).to_pandas()
    assert [frame.iat[0, 0], frame.iat[2, 0]] == [large, 1]
    assert frame.iloc[:, 0].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": [1, None, True], "ü": "x"}, '{"a": [1, null, true], "ü": "x"}'),
        ({date(2024, 1, 1): Decimal("1.5")}, '{"2024-01-01": "1.5"}'),
        ([(1, 2), []], "[[1, 2], []]"),
        (timedelta(hours=-12, minutes=-30), "-12:30:00"),
        (timedelta(hours=100, seconds=1), "4 days, 4:00:01"),
        ("text", "text"),
    ],
)
def test_values_are_written_as_people_read_them(value: Value, shown: str) -> None:
    """Nested ones as JSON, not as Python; a negative time with one sign."""
    assert written(value) == shown
