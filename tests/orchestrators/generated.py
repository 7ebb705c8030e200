"""Databases made by chance: the shop's tables, with rows, gaps and neighbours of the seed's own."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import duckdb

_TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR, city VARCHAR);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), total DOUBLE, day DATE);
CREATE TABLE products (id INTEGER PRIMARY KEY, title VARCHAR, price DECIMAL(8, 2));
CREATE TABLE lines (order_id INTEGER REFERENCES orders (id), product_id INTEGER, pieces INTEGER);
"""
_CITIES = ("Ulm", "Łódź", "São Paulo", "", "O'Fallon", "ulm", "東京")
_NEIGHBOURS = ("city_visits", "order_notes", "revenue_targets", "Customer Cities", "log")
_TYPES = ("INTEGER", "VARCHAR", "DOUBLE", "DATE")

Row = tuple[object, ...]


def make_database(folder: Path, seed: int) -> str:
    """DuckDB or SQLite, by the seed; its path."""
    chance = random.Random(f"database {seed}")
    rows = _rows(chance)
    script = _TABLES + _neighbours(chance)
    if chance.random() < 0.5:
        path = folder / f"{seed}.duckdb"
        with duckdb.connect(str(path)) as engine:
            engine.execute(f"{script} BEGIN")
            for table, values in rows.items():
                for row in values:
                    engine.execute(f"INSERT INTO {table} VALUES ({_marks(row)})", row)
            engine.execute("COMMIT")
    else:
        path = folder / f"{seed}.sqlite"
        with closing(sqlite3.connect(path)) as file, file:
            file.executescript(script)
            for table, values in rows.items():
                for row in values:
                    file.execute(f"INSERT INTO {table} VALUES ({_marks(row)})", row)
    return str(path)


def _marks(row: Row) -> str:
    return ", ".join("?" * len(row))


def _rows(chance: random.Random) -> dict[str, list[Row]]:
    """Few rows or none, with gaps, repeats, and numbers that do not add up exactly."""
    customers = range(1, 1 + chance.choice([0, 1, 7, 30]))
    orders = range(1, 1 + (chance.choice([0, 2, 40]) if customers else 0))
    day = date(2025, 1, 1)
    return {
        "customers": [
            (i, _or_none(chance, f"Name {i % 9}"), _or_none(chance, chance.choice(_CITIES)))
            for i in customers
        ],
        "orders": [
            (
                i,
                _or_none(chance, chance.choice(customers)),
                _or_none(chance, chance.choice([0.1, 1e15, -3.3, chance.uniform(0, 99)])),
                _or_none(chance, (day + timedelta(chance.randrange(400))).isoformat()),
            )
            for i in orders
        ],
        "products": [
            (i, f"Product {i}", _or_none(chance, round(chance.uniform(0, 2_000), 2)))
            for i in range(1, 1 + chance.choice([0, 8]))
        ],
        "lines": [(i, _or_none(chance, i % 8), chance.randrange(5)) for i in orders],
    }


def _or_none(chance: random.Random, value: object) -> object:
    return None if chance.random() < 0.1 else value


def _neighbours(chance: random.Random) -> str:
    """Tables that nobody asks for, which may get into the slice."""
    tables = []
    for name in chance.sample(_NEIGHBOURS, chance.randrange(4)):
        columns = ", ".join(
            f"c{i} {chance.choice(_TYPES)}" for i in range(1, 2 + chance.randrange(5))
        )
        tables.append(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, {columns});')
    return "\n".join(tables)
