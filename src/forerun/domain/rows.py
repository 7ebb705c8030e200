"""A bounded result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forerun.domain.catalog import Kind, Value

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
        """A pandas DataFrame; needs pandas installed."""
        import pandas

        return pandas.DataFrame(list(self.rows), columns=[c.name for c in self.columns])

    def to_polars(self) -> polars.DataFrame:
        """A polars DataFrame; needs polars installed."""
        import polars

        names = distinct_names(self.columns)
        return polars.DataFrame(
            {name: self.column(i) for i, name in enumerate(names)}, strict=False
        )

    def to_arrow(self) -> pyarrow.Table:
        """An Arrow table; needs pyarrow installed."""
        import pyarrow

        names = distinct_names(self.columns)
        return pyarrow.table({name: self.column(i) for i, name in enumerate(names)})


def distinct_names(columns: tuple[ResultColumn, ...]) -> list[str]:
    """Column names with `_2`, `_3`… after repeats: polars and Arrow allow no doubles."""
    seen: dict[str, int] = {}
    names = []
    for column in columns:
        seen[column.name] = seen.get(column.name, 0) + 1
        count = seen[column.name]
        names.append(column.name if count == 1 else f"{column.name}_{count}")
    return names
