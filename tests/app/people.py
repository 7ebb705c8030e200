"""People with two cities each, which a question about "the city" may mean either of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb


def people(path: Path, cities: Iterable[tuple[str, str]]) -> str:
    """A database with one of the people for each pair of home and work city."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, home_city VARCHAR, work_city VARCHAR)"
        )
        rows = [[at, *both] for at, both in enumerate(cities, start=1)]
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
    return str(path)
