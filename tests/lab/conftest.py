"""The small databases that the evaluation's tests ask about."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.duckdb_files import make_duckdb
from tests.lab.scripted import ROWS, TABLE


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    """`cities` in SQLite with one variant, `towns` in DuckDB, `villages` as a PostgreSQL dump."""
    folder = tmp_path / "databases"
    (folder / "deep").mkdir(parents=True)
    (tmp_path / "variants").mkdir()
    more = f"{ROWS}, ('Dunmere', 9)"
    for path, rows in (
        (folder / "cities.sqlite", ROWS),
        (tmp_path / "variants" / "cities.v1.sqlite", more),
    ):
        connection = sqlite3.connect(path)
        connection.executescript(f"{TABLE} {rows};")
        connection.close()
    make_duckdb(folder / "deep" / "towns.duckdb", f"{TABLE}\n{ROWS}")
    (folder / "villages.sql").write_text(f"{TABLE}\n{ROWS};\n")
    return folder
