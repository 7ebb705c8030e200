"""A league of clubs: keys that say who belongs where, and tables that tell what was done."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from functools import cache

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, ForeignKey, Kind, Table
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.proposing import propose
from forerun.parsing.vetoing import vetoes

NOW = datetime(2025, 6, 30, tzinfo=UTC)
_TABLES = {
    "towns": "town_id name",
    "clubs": "club_id name town_id>towns",
    "players": "player_id name origin country club_id>clubs mentor_id>players wage:int level",
    "moves": "move_id player_id>players club_id>clubs town_id>towns fee:int",
    "trials": "trial_id player_id>players minutes:int points:int level",
}
_ROWS: dict[str, list[tuple[object, ...]]] = {
    "towns": [(1, "Voe"), (2, "Holm"), (3, "Skerry")],
    "clubs": [(1, "Rovers", 1), (2, "Albion", 2), (3, "Stars", None)],
    "players": [
        (1, "Ada", "youth", "Chile", 1, None, 900, "gold"),
        (2, "Ben", "youth", "Norway", 1, 1, 950, "plain"),
        (3, "Cem", "abroad", "Chile", 2, 1, 400, "gold"),
        (4, "Dag", "abroad", "Japan", None, None, 700, "plain"),
        (5, "Eli", "abroad", "Japan", None, None, 100, "gold"),
    ],
    "moves": [(1, 1, 1, 1, 50), (2, 2, 1, 2, 70), (3, 3, 3, 2, 20)],
    "trials": [(1, 1, 45, 3, "plain"), (2, 1, 60, 5, "gold"), (3, 2, 45, 1, "gold")],
}


def _column(table: str, told: str, position: int) -> Column:
    name, _, kind = told.partition(">")[0].partition(":")
    number = kind == "int" or name.endswith("_id")
    values = {row[position] for row in _ROWS[table]}
    return Column(
        name,
        "INTEGER" if number else "TEXT",
        Kind.INTEGER if number else Kind.TEXT,
        None in values,
        samples=tuple(sorted(value for value in values if value is not None)),  # type: ignore[type-var]
        samples_complete=True,
    )


def _table(name: str, told: str) -> Table:
    columns = told.split()
    keys = [column.split(">") for column in columns if ">" in column]
    key_of = {table: said.split()[0] for table, said in _TABLES.items()}
    return Table(
        name,
        tuple(_column(name, column, at) for at, column in enumerate(columns)),
        primary_key=(columns[0],),
        foreign_keys=tuple(ForeignKey((mine,), other, (key_of[other],)) for mine, other in keys),
        rows=len(_ROWS[name]),
    )


CATALOG = Catalog("league", "sqlite", tuple(_table(*told) for told in _TABLES.items()))


@cache
def _database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for table in CATALOG.tables:
        marks = ", ".join("?" * len(table.columns))
        names = ", ".join(column.name for column in table.columns)
        connection.execute(f"CREATE TABLE {table.name} ({names})")
        connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", _ROWS[table.name])
    return connection


def drafts(question: str) -> tuple[Draft, ...]:
    """The best readings."""
    return parsing.parse(question, CATALOG, NOW).drafts


def rows(question: str) -> set[tuple[object, ...]]:
    """What the best one gives."""
    return set(_database().execute(drafts(question)[0].sql))


def against(question: str) -> set[str]:
    """What speaks against the best reading."""
    index = indexed(CATALOG)
    lattice, candidates = propose(question, index, NOW.date(), weights_for(index))
    return {veto.name for veto in vetoes(lattice, candidates[0])}
