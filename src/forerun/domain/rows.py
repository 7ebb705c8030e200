"""A bounded result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from forerun.domain.catalog import Kind, Value
from forerun.domain.written import written

if TYPE_CHECKING:  # optional libraries, loaded only when their method is called
    import pandas
    import polars
    import pyarrow


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result."""

    name: str
    type: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns with types, rows in column order, and whether more existed."""

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Value, ...], ...]
    truncated: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, index: int) -> list[Value]:
        return [row[index] for row in self.rows]

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas DataFrame; needs pandas installed. Whole numbers stay whole beside nulls."""
        import pandas

        columns = {i: _pandas_series(self.column(i)) for i in range(len(self.columns))}
        frame = pandas.DataFrame(columns, index=range(len(self.rows)))
        frame.columns = pandas.Index([column.name for column in self.columns])
        return frame

    def to_polars(self) -> polars.DataFrame:
        """A polars DataFrame; needs polars installed. A decimal that is no number becomes null."""
        import polars

        names = distinct_names(self.columns)
        return polars.DataFrame(
            {name: _simpler(self.column(i)) for i, name in enumerate(names)}, strict=False
        )

    def to_arrow(self) -> pyarrow.Table:
        """An Arrow table; needs pyarrow installed. What Arrow has no type for becomes text."""
        import pyarrow

        names = distinct_names(self.columns)
        return pyarrow.table({name: _arrow_array(self.column(i)) for i, name in enumerate(names)})


def _pandas_series(values: Sequence[Value]) -> pandas.Series[Any]:
    """Left to itself pandas makes floats of whole numbers with nulls, and rounds the large ones."""
    import pandas

    numbers = [value for value in values if isinstance(value, int)]
    if {type(value) for value in values} != {int, type(None)}:
        return pandas.Series(values)
    small = all(-(2**63) <= number < 2**63 for number in numbers)
    return pandas.Series(values, dtype="Int64" if small else "object")


def _arrow_array(values: Sequence[Value]) -> pyarrow.Array:
    """A SQLite column of mixed types or integers beyond 64 bits have no type in Arrow."""
    import pyarrow

    try:
        return pyarrow.array(_simpler(values))
    except (pyarrow.ArrowException, OverflowError, ValueError):  # ValueError: a span beside NaN
        return pyarrow.array([None if value is None else written(value) for value in values])


def _simpler(values: Sequence[Value]) -> list[Value]:
    """UUIDs as text; decimals that are no number, which frames have no room for, as null."""
    return [_simpler_value(value) for value in values]


def _simpler_value(value: Value) -> Value:
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    return str(value) if isinstance(value, UUID) else value


def distinct_names(columns: tuple[ResultColumn, ...]) -> list[str]:
    """Column names with `_2`, `_3`… after repeats: polars and Arrow allow no doubles."""
    seen: dict[str, int] = {}
    names = []
    for column in columns:
        seen[column.name] = seen.get(column.name, 0) + 1
        count = seen[column.name]
        names.append(column.name if count == 1 else f"{column.name}_{count}")
    return names
