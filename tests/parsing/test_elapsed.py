"""Ages from days of birth, and how long rows last between two of their days."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime

import duckdb
import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url

from forerun import parsing
from forerun.checking import check
from forerun.domain import Catalog, Column, Draft, Kind, Table
from tests.parsing import dated
from tests.services import Scratch

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess
BORN = (
    "1996-07-10", "1996-07-11", "1996-07-12", "1995-07-12", "2000-02-29", "1950-12-31",
    "2026-07-11", None,
)  # fmt: skip


def _best(question: str, dialect: str = "sqlite", database: str = "inn") -> Draft:
    catalog = replace(dated.catalog(database), dialect=dialect)
    return parsing.parse(question, catalog, NOW).drafts[0]


def _age(born: str) -> int:
    day, today = date.fromisoformat(born), NOW.date()
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def _guests(connection: sqlite3.Connection | duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE guests (id INTEGER, full_name TEXT, date_of_birth DATE)")
    for at, born in enumerate(BORN):
        value = f"'{born}'" if born else "NULL"
        connection.execute(f"INSERT INTO guests VALUES ({at}, '{at}', {value})")


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_ages_are_completed_years_on_the_given_day(dialect: str) -> None:
    """Nobody is a year older before the birthday; who has no day of birth has no age."""
    connection = sqlite3.connect(":memory:") if dialect == "sqlite" else duckdb.connect()
    _guests(connection)
    ages = [_age(born) for born in BORN if born]
    rows = connection.execute(_best("guests older than 30", dialect).sql).fetchall()
    assert len(rows) == sum(age > 30 for age in ages)
    (average,) = connection.execute(_best("average age of the guests", dialect).sql).fetchall()[0]
    assert average == pytest.approx(sum(ages) / len(ages))


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_lengths_are_the_days_between(dialect: str) -> None:
    """From the day of arrival to that of departure; open ends have no length."""
    connection = sqlite3.connect(":memory:") if dialect == "sqlite" else duckdb.connect()
    connection.execute("CREATE TABLE bookings (id INTEGER, check_in DATE, check_out DATE)")
    for one, other in (("2026-02-27", "2026-03-01"), ("2025-12-30", "2026-01-07")):
        connection.execute(f"INSERT INTO bookings VALUES (1, '{one}', '{other}')")
    connection.execute("INSERT INTO bookings VALUES (1, '2026-07-01', NULL)")
    sql = _best("average length of stay", dialect).sql
    assert connection.execute(sql).fetchall() == [(5.0,)]
    sql = _best("How many bookings are longer than 7 nights?", dialect).sql
    assert connection.execute(sql).fetchall() == [(1,)]


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_servers_are_asked_in_their_own_words(dialect: str) -> None:
    """No function of another dialect."""
    age, length = (_best(q, dialect).sql for q in ("average age of the guests", "length of stay"))
    wanted = ("EXTRACT(YEAR", "::DATE") if dialect == "postgres" else ("TIMESTAMPDIFF", "DATEDIFF")
    assert wanted[0] in age
    assert wanted[1].replace("::DATE", "AS DATE") in length


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("average age of guests from Austria", "AVG(2026 - "),
        ("How old are the guests on average?", "AVG(2026 - "),
        ("How old is the average guest?", "AVG(2026 - "),
        ("how many guests are older than 50", "> 50"),
        ("guests younger than 30", "< 30"),
        ("guests not older than 30", "<= 30"),
        ("guests no younger than 30", ">= 30"),
        ("guests over 30", "> 30"),
        ("how many guests are under 25", "< 25"),
        ("How many bookings are not longer than 7 nights?", "JULIANDAY(check_in) <= 7"),
        ("average length of stay", "AVG(JULIANDAY(check_out) - JULIANDAY(check_in))"),
        ("How long is a stay on average?", "AVG(JULIANDAY(check_out) - JULIANDAY(check_in))"),
        ("How long does a booking last on average?", "AVG(JULIANDAY(check_out)"),
        ("How many bookings are longer than 7 nights?", "JULIANDAY(check_in) > 7"),
        ("the oldest guest", "ORDER BY date_of_birth ASC NULLS LAST LIMIT 1"),
        ("the youngest guest", "ORDER BY date_of_birth DESC LIMIT 1"),
    ],
)
def test_ages_and_lengths_are_answered(question: str, part: str) -> None:
    """As if they were columns; the oldest is who was born first."""
    draft = _best(question)
    assert part in draft.sql
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(
    "question",
    [
        "guests older than 30 or from Austria",
        "guests between 20 and 30 years old",
        "bookings longer than 2 weeks",
        "bookings longer than 7",
        "average age of the rooms",
        "average age per hotel",
        "average age of guests with more than 3 bookings",
    ],
)
def test_what_is_said_otherwise_is_asked_about(question: str) -> None:
    """A number without its measure, an alternative comparison, other units."""
    assert _best(question).confidence < GUESS


@pytest.mark.parametrize(
    ("database", "question"),
    [("library", "average length of a post"), ("clinic", "average duration of an appointment")],
)
def test_no_pair_of_days_no_length(database: str, question: str) -> None:
    """Of dates of which no two begin and end what the row is, nothing is reckoned."""
    draft = next(iter(parsing.parse(question, dated.catalog(database), NOW).drafts), None)
    assert draft is None or draft.confidence < GUESS


def test_a_stored_age_is_the_age() -> None:
    """Where the data says how old somebody is, nothing is reckoned."""
    tables = tuple(
        replace(table, columns=(*table.columns, replace(table.columns[0], name="age")))
        if table.name == "guests"
        else table
        for table in dated.catalog("inn").tables
    )
    catalog = replace(dated.catalog("inn"), tables=tables)
    draft = parsing.parse("average age of the guests", catalog, NOW).drafts[0]
    assert draft.sql == "SELECT AVG(age) AS average_age FROM guests"


def test_the_day_is_told() -> None:
    """The reading says as of when an age is, and between which days a stay is."""
    assert "age in years on 2026-07-11" in (_best("guests older than 30").reading or "")
    assert "days from check in to check out" in (_best("average length of stay").reading or "")


def _outages(dialect: str) -> Catalog:
    """Machines were out from one moment to another; who keeps time as a text has it in SQLite."""
    kind = Kind.TEXT if dialect == "sqlite" else Kind.TIMESTAMP
    stored = tuple(begin for begin, _ in OUT)
    columns = (
        Column("outage_id", "INTEGER", Kind.INTEGER, nullable=False),
        Column("started_at", "TIMESTAMP", kind, nullable=False, samples=stored),
        Column("ended_at", "TIMESTAMP", kind, samples=stored),
        Column("cause", "TEXT", Kind.TEXT, samples=("storm", "grid"), samples_complete=True),
    )
    return Catalog("park", dialect, (Table("outages", columns, primary_key=("outage_id",)),))


OUT = (
    ("2026-01-31 22:30:00", "2026-02-01 01:30:00"),
    ("2026-03-01 08:00:00", "2026-03-01 09:15:00"),
    ("2026-03-02 08:00:00", None),
    ("2026-03-03 08:00:00", "2026-03-03 08:20:00"),
    ("2026-03-04 08:00:00", "2026-03-04 09:40:00"),
)
CREATE_OUTAGES = (
    "CREATE TABLE outages (outage_id INTEGER, started_at TIMESTAMP NULL, ended_at TIMESTAMP NULL, "
    "cause VARCHAR(9))"
)
FILL_OUTAGES = [
    f"INSERT INTO outages VALUES ({at}, '{begin}', {end!r}, 'storm')".replace("None", "NULL")
    for at, (begin, end) in enumerate(OUT)
]
HOURS_OF_OUTAGES = [
    ("average duration of outages", 1.5625),
    ("How long was the longest outage?", 3.0),
    ("How many outages were longer than 1 hour?", 3),
    ("How many outages were longer than 180 minutes?", 0),
    ("How many outages were shorter than 90 minutes?", 2),
    ("How many outages were longer than 100 minutes?", 1),
    ("How many outages were shorter than 100 minutes?", 2),
    ("How many outages were longer than 20 minutes?", 3),
    ("How many outages were shorter than 20 minutes?", 0),
]


def _outage(question: str, dialect: str) -> Draft:
    return parsing.parse(question, _outages(dialect), NOW).drafts[0]


@pytest.mark.parametrize(("question", "figure"), HOURS_OF_OUTAGES)
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_moments_are_hours_apart(dialect: str, question: str, figure: float) -> None:
    """Over midnight and the end of a month; what has not ended has no length."""
    connection = sqlite3.connect(":memory:") if dialect == "sqlite" else duckdb.connect()
    for statement in (CREATE_OUTAGES, *FILL_OUTAGES):
        connection.execute(statement)
    draft = _outage(question, dialect)
    assert draft.confidence >= ANSWER, draft
    ((found,),) = connection.execute(draft.sql).fetchall()
    assert found == pytest.approx(figure)


@pytest.mark.parametrize(("question", "figure"), HOURS_OF_OUTAGES)
def test_postgres_reckons_the_same_hours(postgres: Scratch, question: str, figure: float) -> None:
    """By the seconds of an interval."""
    with psycopg.connect(postgres.owner_url) as connection:
        for statement in ("DROP TABLE IF EXISTS outages", CREATE_OUTAGES, *FILL_OUTAGES):
            connection.execute(statement.encode())
        found = connection.execute(_outage(question, "postgres").sql.encode()).fetchone()
    assert found is not None
    assert float(found[0]) == pytest.approx(figure)


@pytest.mark.parametrize(("question", "figure"), HOURS_OF_OUTAGES)
def test_mysql_reckons_the_same_hours(mysql: Scratch, question: str, figure: float) -> None:
    """Though it divides to a few digits only."""
    url = make_url(mysql.owner_url)
    connection = pymysql.connect(
        host=url.host, port=url.port or 3306, user=url.username, password=str(url.password or ""),
        database=mysql.name,
    )  # fmt: skip
    with connection, connection.cursor() as cursor:
        for statement in ("DROP TABLE IF EXISTS outages", CREATE_OUTAGES, *FILL_OUTAGES):
            cursor.execute(statement)
        cursor.execute(_outage(question, "mysql").sql)
        found = cursor.fetchone()
    assert found is not None
    assert float(found[0]) == pytest.approx(figure)


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql"])
def test_hours_pass_the_gate(dialect: str) -> None:
    """What they are reckoned with only reads."""
    draft = _outage("average duration of outages per cause", dialect)
    assert check(draft, _outages(dialect)).statement is not None, draft.sql


@pytest.mark.parametrize("question", ["outages longer than 2 days", "outages longer than 5"])
def test_hours_are_not_told_in_days(question: str) -> None:
    """A number of days, or of nobody knows what, is not one of hours."""
    assert _outage(question, "sqlite").confidence < GUESS


@pytest.mark.parametrize(
    ("table", "first", "last", "is_told"),
    [
        ("visits", "arrived_at", "departed_at", True),
        ("transfers", "departed_at", "arrived_at", False),
        ("flights", "arrived_at", "departed_at", False),
    ],
)
def test_what_departs_first_does_not_last_from_its_arrival(
    table: str, first: str, last: str, *, is_told: bool
) -> None:
    """A visit ends with the departure; a flight begins with it, and lasts no hours below nought."""
    columns = (
        Column("id", "INTEGER", Kind.INTEGER, nullable=False),
        Column(first, "TIMESTAMP", Kind.TIMESTAMP),
        Column(last, "TIMESTAMP", Kind.TIMESTAMP),
    )
    catalog = Catalog("ways", "sqlite", (Table(table, columns, primary_key=("id",), rows=90),))
    draft = parsing.parse(f"average duration of {table}", catalog, NOW).drafts[0]
    assert (draft.confidence >= ANSWER) == is_told
    assert ("JULIANDAY" in draft.sql) == is_told
