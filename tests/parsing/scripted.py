"""Catalogs of databases that a script makes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache

from forerun.domain import Catalog, Kind, Table

KINDS = {"INTEGER": Kind.INTEGER, "TEXT": Kind.TEXT, "REAL": Kind.FLOAT}


@cache
def made(script: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    return connection


def catalog_of(name: str, script: str, table: Callable[[str], Table]) -> Catalog:
    """Every table of it, as `table` reads the one of that name."""
    named = made(script).execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return Catalog(name, "sqlite", tuple(table(each) for (each,) in named.fetchall()))
