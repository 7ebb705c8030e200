"""A film studio: names with units and doers, keys that nobody declared, rows that tell numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, Table
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.proposing import propose
from forerun.parsing.vetoing import vetoes
from tests.parsing.scripted import KINDS, catalog_of, made

NOW = datetime(2025, 6, 30, tzinfo=UTC)
_SCRIPT = """
CREATE TABLE film (filmid INTEGER, title TEXT, directed_by TEXT, genre TEXT, year INTEGER,
    min_budget_usd INTEGER, budget_usd INTEGER);
CREATE TABLE actor (actorid INTEGER, first_name TEXT, middle_name TEXT, last_name TEXT,
    town TEXT, agency TEXT, age INTEGER, weight_kg REAL);
CREATE TABLE part (leadactorid INTEGER, filmid INTEGER, rank INTEGER);
CREATE TABLE screening (screeningid INTEGER, filmid INTEGER, day TEXT, count INTEGER);
INSERT INTO film VALUES (1, 'Dawn', 'Ida Roe', 'drama', 2012, 100, 900),
    (2, 'Dusk', 'Ida Roe', 'comedy', 2013, 200, 500), (3, 'Noon', 'Lars Ek', 'drama', 2014, 50, 70),
    (4, 'Night', 'Lars Ek', 'drama', 2015, 60, 80);
INSERT INTO actor VALUES (1, 'ANN', 'MAY', 'LEE', 'Voe', 'Gem', 30, 61.5),
    (2, 'BOB', 'JAY', 'POE', 'Holm', 'Gem', 40, 80), (3, 'CEM', 'RAY', 'OZ', 'Holm', 'Fox', 50, 75);
INSERT INTO part VALUES (1, 1, 1), (2, 2, 1), (1, 3, 1), (1, 4, 2);
INSERT INTO screening VALUES (1, 1, 'Monday', 4), (2, 1, 'Friday', 7), (3, 2, 'Friday', 2);
"""
_UNSAMPLED = ("first_name", "last_name")
"""Columns of which no more than two values were seen."""


@cache
def catalog() -> Catalog:
    """Its catalog, in which nobody declared any key."""
    return catalog_of("studio", _SCRIPT, _table)


def _table(name: str) -> Table:
    told = made(_SCRIPT).execute(f"PRAGMA table_info({name})").fetchall()
    (rows,) = made(_SCRIPT).execute(f"SELECT COUNT(*) FROM {name}").fetchone()
    return Table(name, tuple(_column(name, row[1], row[2]) for row in told), rows=rows)


def _column(table: str, name: str, type_: str) -> Column:
    found = made(_SCRIPT).execute(f"SELECT DISTINCT {name} FROM {table}").fetchall()
    values = tuple(value for (value,) in found)
    seen = values[:2] if name in _UNSAMPLED else values
    return Column(name, type_, KINDS[type_], samples=seen, samples_complete=seen == values)


def best(question: str) -> Draft:
    """The first draft of the studio's parser."""
    return parsing.parse(question, catalog(), NOW).drafts[0]


def readings(question: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every candidate as SQL, with the names of what speaks against it."""
    index = indexed(catalog())
    lattice, candidates = propose(question, index, NOW.date(), weights_for(index))
    return [
        (parsing.emission.sql(one.plan, "sqlite"), tuple(v.name for v in vetoes(lattice, one)))
        for one in candidates
    ]
