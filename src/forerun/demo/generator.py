"""Writes the demo database: the SQL files beside this one, run in order.

Every number comes from hashing row numbers, so the same rows come out on every machine and
with any number of threads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

OnProgress: TypeAlias = Callable[[float, str], None]
"""Called with the part done, 0 to 1, and what is being done now."""

SCRIPTS = ("1_schema", "2_dimensions", "3_weights", "4_sales")
YEARS = (2023, 2024, 2025)
QUARTERS = (1, 2, 3, 4)


def generate(path: Path, on_progress: OnProgress | None = None) -> None:
    """Write the demo database to the new file `path` (DuckDB, about 200,000 sales)."""
    import duckdb

    with duckdb.connect(str(path)) as connection:
        for done, message, sql, parameters in _steps():
            if on_progress:
                on_progress(done, message)
            connection.execute(sql, parameters)
        if on_progress:
            on_progress(0.97, "writing the file")
    if on_progress:
        on_progress(1.0, "done")


@cache
def version() -> str:
    """Eight hex digits that change whenever the generator's SQL does."""
    text = "".join(map(_script, SCRIPTS))
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _steps() -> Iterator[tuple[float, str, str, dict[str, int] | None]]:
    yield 0.0, "making the tables", _script("1_schema"), None
    yield 0.02, "customers, products, markets", _script("2_dimensions"), None
    yield 0.06, "seasons and promotions", _script("3_weights"), None
    sales = _script("4_sales")
    quarters = [(year, quarter) for year in YEARS for quarter in QUARTERS]
    for number, (year, quarter) in enumerate(quarters):
        done = 0.08 + 0.88 * number / len(quarters)
        yield done, f"sales of {year} Q{quarter}", sales, {"year": year, "quarter": quarter}


@cache
def _script(name: str) -> str:
    return files(__package__).joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
