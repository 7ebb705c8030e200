"""Dates cut down to a unit, as every dialect shows them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import duckdb
import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url
from sqlglot import exp

from forerun.checking import check
from forerun.domain import Draft, Origin
from forerun.parsing.cutting import UNITS, cut
from tests.parsing import shop
from tests.services import Scratch

DAYS = ("2024-12-31", "2025-01-01", "2025-03-31")
SHOWN = {
    "year": ("2024", "2025", "2025"),
    "quarter": ("2024-Q4", "2025-Q1", "2025-Q1"),
    "month": ("2024-12", "2025-01", "2025-03"),
    "week": ("2024-12-30", "2024-12-30", "2025-03-31"),
    "day": DAYS,
}
"""The turn of that year lies within a week."""
Fetch = Callable[[str], list[tuple[Any, ...]]]


def _shown(unit: str, dialect: str, fetch: Fetch) -> list[str | None]:
    column = cut(exp.column("d"), unit, dialect).sql(dialect=dialect)
    days = " UNION ALL ".join(f"SELECT CAST('{day}' AS DATE) AS d" for day in DAYS)
    if dialect == "sqlite":
        days = days.replace("CAST(", "(").replace(" AS DATE)", ")")
    rows = fetch(f"SELECT {column} FROM ({days} UNION ALL SELECT NULL) AS t ORDER BY d IS NULL, d")
    return [None if value is None else str(value) for (value,) in rows]


@pytest.mark.parametrize("unit", UNITS)
def test_units_are_shown_as_people_write_them(unit: str) -> None:
    """A year is 2024 and a month 2024-01, a week its Monday, and no date is none of them."""
    for dialect, connection in (("sqlite", sqlite3.connect(":memory:")), ("duckdb", duckdb)):
        fetch: Fetch = lambda sql, c=connection: c.execute(sql).fetchall()  # type: ignore[misc]  # noqa: E731
        assert _shown(unit, dialect, fetch) == [*SHOWN[unit], None]


@pytest.mark.parametrize("unit", UNITS)
def test_postgres_shows_the_same(postgres: Scratch, unit: str) -> None:
    """TO_CHAR writes years, quarters and months as the embedded databases do."""
    with psycopg.connect(postgres.owner_url) as connection:
        shown = _shown(unit, "postgres", lambda sql: connection.execute(sql).fetchall())
    assert shown == [*SHOWN[unit], None]


@pytest.mark.parametrize("unit", UNITS)
def test_mysql_shows_the_same_but_for_weeks(mysql: Scratch, unit: str) -> None:
    """MySQL tells a week by its number, in the year that most of it lies in."""
    url = make_url(mysql.owner_url)
    connection = pymysql.connect(
        host=url.host, port=url.port or 3306, user=url.username, password=str(url.password or "")
    )
    with connection, connection.cursor() as cursor:

        def fetch(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        shown = _shown(unit, "mysql", fetch)
    weeks = ("2025-W01", "2025-W01", "2025-W14")
    assert shown == [*(weeks if unit == "week" else SHOWN[unit]), None]


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql"])
@pytest.mark.parametrize("unit", UNITS)
def test_they_pass_the_gate(unit: str, dialect: str) -> None:
    """Every function that dates are cut down with is one that only reads."""
    column = cut(exp.column("order_date"), unit, dialect).sql(dialect=dialect)
    sql = f"SELECT {column} AS cut, COUNT(*) FROM orders GROUP BY {column}"
    verdict = check(Draft(sql, Origin.PARSER, 1.0, None), shop.catalog(dialect))
    assert verdict.statement is not None, verdict.reasons
