"""People with two cities each, which a question about "the city" may mean either of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.duckdb_files import make_duckdb


def people(path: Path, cities: Iterable[tuple[str, str]]) -> str:
    """A database with one of the people for each pair of home and work city."""
    return make_duckdb(path, script(cities))


def script(cities: Iterable[tuple[str, str]]) -> str:
    rows = ", ".join(f"({at}, '{home}', '{work}')" for at, (home, work) in enumerate(cities, 1))
    return (
        "CREATE TABLE people (id INTEGER PRIMARY KEY, home_city VARCHAR, work_city VARCHAR);"
        f"INSERT INTO people VALUES {rows};"
    )
