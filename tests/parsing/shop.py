"""The shop database of the golden questions: deterministic rows, and its catalog."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import duckdb

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
CASES = Path(__file__).parents[1] / "cases" / "questions"
_KINDS = {
    "INTEGER": Kind.INTEGER, "TEXT": Kind.TEXT, "DATE": Kind.DATE, "DECIMAL": Kind.DECIMAL,
}  # fmt: skip

_ROWS: dict[str, list[tuple[object, ...]]] = {
    "regions": [(1, "North"), (2, "South"), (3, "West"), (4, "Coast")],
    "categories": [(1, "Bikes"), (2, "Helmets"), (3, "Lights"), (4, "Pumps")],
    "suppliers": [(1, "Velo Parts", "Germany"), (2, "Cyclo", "France"), (3, "Ringway", "Italy"),
                  (4, "Spoke Works", "Germany")],
}  # fmt: skip
_CITIES = ("Ashford", "Birchwick", "Claymouth", "Dunley", "Elmstead")
_COUNTRIES = ("Germany", "France", "Italy", "Spain")
_BRANDS = ("Falkon", "Rivet", "Tandem Co")
_TITLES = ("Manager", "Mechanic", "Clerk")
_STATUSES = ("delivered", "cancelled", "open")
_FIRST = date(2023, 1, 5)
_ROWS_AT_ONCE = 100
"""DuckDB takes as long for one row as for these."""


class Connection(Protocol):
    """What sqlite3 and duckdb connections have in common."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


def _mixed(number: int, salt: int, modulus: int) -> int:
    """A number below `modulus` that looks drawn, the same everywhere."""
    return ((number * 2_654_435_761 + salt * 40_503) % 1_000_003) % modulus


def _city(store: int) -> str:
    """One city has more stores than any other, so that "the most" has one answer."""
    return _CITIES[store % 5 if store < 7 else 1]


def _day(number: int, salt: int, span: int) -> str:
    return (_FIRST + timedelta(days=_mixed(number, salt, span))).isoformat()


@cache
def rows(seed: int = 0) -> dict[str, list[tuple[object, ...]]]:
    """Every table's rows; another `seed` gives another shop of the same shape."""
    made = dict(_ROWS)
    made["stores"] = [
        (i, f"{_city(i)} {('Wheels', 'Cycles')[i % 2]}", _city(i),
         1 + (i + seed) % 3, _day(i, 2 + seed, 400))
        for i in range(1, 8)
    ]  # fmt: skip
    made["customers"] = [
        (i, f"{('Ada', 'Ben', 'Cleo', 'Dan', 'Eva')[i % 5]} {('Holt', 'Moss', 'Pike')[i % 3]} {i}",
         ("Retail", "Business")[_mixed(i, 3 + seed, 2)], _COUNTRIES[_mixed(i, 4 + seed, 4)],
         _day(i, 5 + seed, 900))
        for i in range(1, 41)
    ]  # fmt: skip
    made["products"] = [
        (i, f"{_BRANDS[i % 3]} {('One', 'Two', 'Max', 'Mini', 'Pro')[i % 5]} {i}", _BRANDS[i % 3],
         1 + _mixed(i, 6 + seed, 4), 5 + _mixed(i, 7 + seed, 900) / 2,
         None if i % 9 == 0 else _mixed(i, 8 + seed, 60) / 4)
        for i in range(1, 26)
    ]  # fmt: skip
    made["product_suppliers"] = sorted(
        {(i, 1 + _mixed(i, 9 + seed + k, 4)) for i in range(1, 24) for k in range(2)}
    )
    made["employees"] = [
        (i, f"{('Finn', 'Gia', 'Hugo', 'Ines')[i % 4]} {('Frost', 'Lake')[i % 2]} {i}",
         _TITLES[_mixed(i, 10 + seed, 3)], 2000 + 50 * _mixed(i, 11 + seed, 70),
         _day(i, 12 + seed, 1000), 1 + _mixed(i, 13 + seed, 6))
        for i in range(1, 19)
    ]  # fmt: skip
    made["orders"] = [
        (i, 1 + min(_mixed(i, 14 + seed, 33), _mixed(i, 22 + seed, 37)),
         1 + _mixed(i, 15 + seed, 6), _day(i, 16 + seed, 1080),
         _STATUSES[_mixed(i, 17 + seed, 3)])
        for i in range(1, 301)
    ]  # fmt: skip
    made["order_lines"] = [
        (i, line, 1 + _mixed(i * 4 + line, 18 + seed, 22), 1 + _mixed(i * 4 + line, 19 + seed, 9),
         10 + _mixed(i * 4 + line, 20 + seed, 5000) / 10)
        for i in range(1, 301) for line in range(1, 2 + _mixed(i, 21 + seed, 3))
    ]  # fmt: skip
    return made


def fill(connection: Connection, seed: int = 0) -> None:
    """Make the shop in an empty SQLite or DuckDB database."""
    for statement in _script().split(";"):
        if statement.strip():
            connection.execute(statement)
    made = rows(seed)
    for table in re.findall(r"CREATE TABLE (\w+)", _script()):
        for start in range(0, len(made[table]), _ROWS_AT_ONCE):
            some = made[table][start : start + _ROWS_AT_ONCE]
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in some)
            connection.execute(f"INSERT INTO {table} VALUES {marks}", [*chain(*some)])


@cache
def _script() -> str:
    text = (CASES / "shop.sql").read_text(encoding="utf-8")
    return re.sub(r"--.*", "", text)


@cache
def catalog(dialect: str = "sqlite") -> Catalog:
    """The shop's catalog with its values sampled, as `dialect` would show it."""
    connection = sqlite3.connect(":memory:")
    fill(connection)
    tables = []
    for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\)\s*;", _script(), re.DOTALL):
        kinds = re.findall(
            r"\b(\w+) (INTEGER|TEXT|DATE|DECIMAL)\b(?:\(8, 2\)|\(10, 2\))?( NOT NULL)?", body
        )
        tables.append(
            Table(
                name,
                tuple(_column(connection, name, *column) for column in kinds),
                primary_key=_primary_key(body),
                foreign_keys=tuple(
                    ForeignKey((mine,), other, (theirs,))
                    for mine, other, theirs in re.findall(
                        r"(\w+) INTEGER NOT NULL REFERENCES (\w+) \((\w+)\)", body
                    )
                ),
                rows=len(rows()[name]),
            )
        )
    return Catalog("shop", dialect, tuple(tables))


def _column(
    connection: sqlite3.Connection, table: str, name: str, type_: str, filled: str
) -> Column:
    found = connection.execute(
        f"SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL LIMIT 201"
    ).fetchall()
    values = tuple(value for (value,) in found)
    complete = len(values) <= 200
    kind = _KINDS[type_]
    return Column(name, type_, kind, not filled, samples=values[:200], samples_complete=complete)


def _primary_key(body: str) -> tuple[str, ...]:
    several = re.search(r"PRIMARY KEY \(([^)]*)\)", body)
    if several:
        return tuple(name.strip() for name in several.group(1).split(","))
    single = re.search(r"(\w+) INTEGER PRIMARY KEY", body)
    return (single.group(1),) if single else ()


@cache
def in_sqlite() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    fill(connection)
    return connection


@cache
def in_duckdb() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    fill(connection)
    return connection


@cache
def parsed(question: str, dialect: str = "sqlite") -> parsing.Parsed:
    """What the parser makes of a question about this shop; several modules ask the same ones."""
    return parsing.parse(question, catalog(dialect), NOW)
