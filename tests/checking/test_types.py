"""Types of the owner's own, and readings that sqlglot would settle otherwise."""

from __future__ import annotations

import pytest

from forerun.domain import Catalog, Column, Table
from forerun.domain.catalog import Kind
from tests.checking.ask import statement, verdict

MOODS = Catalog(
    "moods", "postgres", (Table("diary", (Column("mood", "enum('sad', 'ok')", Kind.TEXT),)),)
)


@pytest.mark.parametrize(
    ("sql", "accepted"),
    [
        ("SELECT count(*) FROM diary WHERE mood = 'sad'::mood", True),
        ("SELECT CAST('ok' AS mood)", True),
        ("SELECT 'happy'::mood", False),
        ("SELECT 'diary'::regclass", False),
        ("SELECT NULL::diary", False),
    ],
)
def test_a_label_may_be_cast_to_its_enum(sql: str, *, accepted: bool) -> None:
    """The catalog knows the labels of an enum, not its name."""
    assert verdict(sql, "postgres", MOODS).accepted is accepted


@pytest.mark.parametrize(
    ("dialect", "sql", "says"),
    [
        ("postgres", "SELECT interval '10 days ago'", "CAST('10 days ago' AS INTERVAL)"),
        ("postgres", "SELECT INTERVAL '1.5' DAY", "CAST('1.5' AS INTERVAL DAY)"),
        ("postgres", "SELECT ARRAY[(SELECT 1), 2]", "ARRAY[(SELECT 1), 2]"),
        ("postgres", "SELECT date_part('month', DATE '2024-05-01')", "date_part('month'"),
        ("duckdb", "SELECT INTERVAL '10 days ago'", "CAST('10 days ago' AS INTERVAL)"),
        ("duckdb", "SELECT max(profile -> 'n') FROM customers", "profile -> "),
        ("mysql", "SELECT 0xF + 0", "0xF + 0"),
        ("mysql", "SELECT DATE '2024-01-01' + INTERVAL 1.5 DAY", "INTERVAL (1.5) DAY"),
        ("mysql", "SELECT INTERVAL(5, 1, 10), 3", "INTERVAL(5, 1, 10), 3"),
        ("sqlite", "SELECT CAST('1.5' AS BOOLEAN)", "CAST('1.5' AS NUMERIC)"),
        ("sqlite", "SELECT CAST('2024-01-01' AS DATE)", "CAST('2024-01-01' AS NUMERIC)"),
        ("sqlite", "SELECT CAST(1 AS DOUBLE PRECISION)", "CAST(1 AS REAL)"),
    ],
)
def test_what_was_written_is_what_is_sent(dialect: str, sql: str, says: str) -> None:
    """No unit, sign, element or type is lost on the way through the tree."""
    assert says in statement(sql, dialect).sql


@pytest.mark.parametrize("sql", ["SELECT 'now'::timestamp", "SELECT date 'today'", "SELECT now()"])
@pytest.mark.parametrize("dialect", ["postgres", "duckdb"])
def test_the_clock_makes_a_statement_volatile(dialect: str, sql: str) -> None:
    """Also where it is read through a text."""
    assert statement(sql, dialect).volatile


def test_a_plain_text_is_not_volatile() -> None:
    """A status that only begins like a time is a status."""
    assert not statement("SELECT * FROM orders WHERE status = 'nowhere'").volatile
