"""What an answer hangs on besides its question and the data."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun.checking import Hangs, hangs

NOW = datetime(2024, 5, 14, 14, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "sql"),
    [
        ("how many customers per region", "SELECT region, COUNT(*) FROM customers GROUP BY region"),
        ("orders in 2021", "SELECT COUNT(*) FROM orders WHERE year(d) = 2021"),
        ("orders on 2021-03-04", "SELECT COUNT(*) FROM orders WHERE d = '2021-03-04'"),
        ("share of each region in percent", "SELECT 100.0 * SUM(x) / 5 FROM t WHERE 5 = 5"),
        ("products called A4", "SELECT * FROM products WHERE name = 'A4'"),
        ("top products", "SELECT name FROM products ORDER BY sold DESC LIMIT 10"),
    ],
)
def test_what_was_all_said_hangs_on_nothing(words: str, sql: str) -> None:
    """It would be the same query tomorrow."""
    if "5 = 5" in sql:
        words = f"{words} of 5"
    assert hangs(sql, "duckdb", words, NOW) is Hangs.ON_NOTHING


@pytest.mark.parametrize(
    ("words", "sql"),
    [
        ("orders today", "SELECT COUNT(*) FROM orders WHERE d = '2024-05-14'"),
        ("Wer hat heute Geburtstag?", "SELECT name FROM p WHERE strftime(b, '%m-%d') = '05-14'"),
        ("Umsatz heute", "SELECT SUM(x) FROM s WHERE date_key = 20240514"),
        ("YoY revenue", "SELECT SUM(x) FROM s WHERE period IN (202405, 202305)"),
        ("revenue year-to-date", "SELECT SUM(x) FROM s WHERE k BETWEEN 20240101 AND 20240514"),
        ("fiscal year revenue", "SELECT SUM(x) FROM s WHERE fy = 'FY24'"),
        (
            "Kunden ueber 2024 Euro Umsatz dieses Jahr",
            "SELECT * FROM c WHERE x > 2024 AND y = 2024",
        ),
        ("sales in 2024", "SELECT SUM(x) FROM s WHERE y = 2024"),
        ("Umsatz im laufenden Monat", "SELECT SUM(x) FROM s WHERE month(d) = 5"),
        ("which customers are overdue", "SELECT * FROM customers WHERE overdue"),
        ("customers older than thirty", "SELECT * FROM customers WHERE born < '1994-05-14'"),
    ],
)
def test_what_was_not_said_hangs_on_the_day(words: str, sql: str) -> None:
    """In whatever language, however the date is written; and whatever words speak of time."""
    assert hangs(sql, "duckdb", words, NOW) is Hangs.ON_THE_DAY


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM shops WHERE opens <= '14:32'",
        "SELECT name FROM shops WHERE opens <= TIME '14:32:00'",
        "SELECT name FROM shops WHERE hour(opens) <= 14",
        "SELECT name FROM shops WHERE d < make_timestamp(2024, 5, 14, 14, 2, 0)",
        "SELECT name FROM shops WHERE d < '2024-05-14T14:32:00'",
        "SELECT name FROM shops WHERE epoch < 1715697120",
        "SELECT name FROM",
    ],
)
def test_a_time_of_day_hangs_on_the_moment(sql: str) -> None:
    """It is never kept: a minute later it would be another query. So is what cannot be read."""
    assert hangs(sql, "duckdb", "which shops are open at the moment", NOW) is Hangs.ON_THE_MOMENT


def test_whole_days_are_no_moments() -> None:
    """Midnight is how a day begins."""
    sql = "SELECT COUNT(*) FROM orders WHERE d >= '2024-05-14 00:00:00'"
    assert hangs(sql, "duckdb", "orders today", NOW) is Hangs.ON_THE_DAY


@pytest.mark.parametrize(
    ("literal", "expected"),
    [("10²", Hangs.ON_THE_DAY), ("7" * 5_000, Hangs.ON_THE_MOMENT)],
    ids=["superscript", "thousands of digits"],
)
def test_numbers_that_python_makes_none_of_are_no_trouble(literal: str, expected: Hangs) -> None:
    """What cannot be a day or a moment is taken for one rather than kept too long."""
    sql, words = f"SELECT 1 AS n WHERE '{literal}' = 'x'", "how many? " + "9" * 5_000
    assert hangs(sql, "duckdb", words, NOW) is expected
