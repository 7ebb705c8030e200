"""What the gate makes of a text, and what it says about it."""

from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from forerun import syntax
from forerun.checking.canonical import canonical
from forerun.checking.dating import hangs
from forerun.domain import ReasonCode
from forerun.running import bounded
from tests.cases import shop
from tests.checking.ask import codes, statement, verdict

NOW = datetime(2026, 11, 27, tzinfo=UTC)
READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


@given(sql=st.text(max_size=200), dialect=st.sampled_from(shop.DIALECTS))
def test_any_text_gets_a_verdict(sql: str, dialect: str) -> None:
    """No text at all makes the gate raise."""
    assert verdict(sql, dialect).accepted == (verdict(sql, dialect).statement is not None)


PIECES = re.compile(r"\w+|\s+|\W")
SEEDS = {
    (kind, dialect): [
        PIECES.findall(case.sql) for case in shop.cases(kind, dialect) if case.sql.strip()
    ]
    for kind in ("hostile", "legitimate")
    for dialect in shop.DIALECTS
}


def mutated(dialect: str, rnd: random.Random, kind: str = "legitimate") -> str:
    """A golden statement with pieces of others put in, in place of its own or beside them."""
    text = list(rnd.choice(SEEDS[kind, dialect]))
    for _ in range(rnd.randint(1, 2)):
        other = rnd.choice(SEEDS[rnd.choice(("hostile", "legitimate")), dialect])
        start = rnd.randrange(len(other))
        piece = other[start : start + rnd.randint(1, 8)]
        at = rnd.randrange(len(text) + 1)
        text[at : at + rnd.choice((0, 0, 3))] = [" ", *piece, " "]
    return "".join(text)


@pytest.mark.parametrize("dialect", shop.DIALECTS)
@settings(max_examples=40, deadline=None)
@given(rnd=st.randoms(use_true_random=False))
def test_mutated_sql_gets_a_verdict(dialect: str, rnd: random.Random) -> None:
    """Golden SQL cut up and mixed does not make the gate raise either."""
    found = verdict(mutated(dialect, rnd, rnd.choice(("hostile", "legitimate"))), dialect)
    assert found.accepted == (found.statement is not None)


@settings(max_examples=150, deadline=None)
@given(rnd=st.randoms(use_true_random=False))
def test_whatever_passes_only_reads(rnd: random.Random) -> None:
    """SQLite, asked to name every power a statement uses, names none but reading the shop."""
    found = verdict(mutated("sqlite", rnd), "sqlite")
    if found.statement is None:
        return
    used: list[tuple[int, str | None]] = []

    def note(action: int, what: str | None, *_: object) -> int:
        used.append((action, what))
        return sqlite3.SQLITE_OK

    connection = sqlite3.connect(":memory:")
    for step in shop.setup("sqlite"):
        connection.execute(step)
    connection.execute("SELECT * FROM json_each('[]'), json_tree('[]')").fetchall()
    connection.set_authorizer(note)
    try:
        connection.execute(f"EXPLAIN {found.statement.sql}").fetchall()
    except sqlite3.Error:
        return
    finally:
        connection.close()
    queries = syntax.read(found.statement.sql, "sqlite").find_all(exp.CTE)
    recursive = {query.alias.lower() for query in queries}  # SQLite reads these as well
    tables = {name.lower() for name in shop.SHOP} | {"json_each", "json_tree", ""} | recursive
    assert {action for action, _ in used} <= READING
    assert {str(w or "").lower() for action, w in used if action == sqlite3.SQLITE_READ} <= tables


@pytest.mark.parametrize("dialect", shop.DIALECTS)
def test_a_statement_checks_to_itself(dialect: str) -> None:
    """The text of a statement passes the gate again, unchanged."""
    for case in shop.cases("legitimate", dialect):
        first = statement(case.sql, dialect)
        assert statement(first.sql, dialect) == first


def test_the_statement_is_generated_not_copied() -> None:
    """Comments, blanks and doubled semicolons of the draft never reach the database."""
    made = statement("/* a */ select  name -- b\n from customers ; ;")
    assert made.sql == "SELECT name FROM customers"


def test_every_problem_is_told_at_once() -> None:
    """A writer can repair all of it in one go."""
    found = codes("SELECT nam, evil(1), pg_read_file('x') FROM customers JOIN ordrs ON true")
    assert found.count(ReasonCode.FORBIDDEN_FUNCTION) == 2
    assert ReasonCode.UNKNOWN_TABLE in found


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("", ReasonCode.EMPTY),
        ("-- nothing", ReasonCode.EMPTY),
        ("SELEC 1", ReasonCode.UNPARSABLE),
        ("SELECT 1; SELECT 2", ReasonCode.NOT_ONE_STATEMENT),
        ("DELETE FROM orders", ReasonCode.NOT_A_QUERY),
        ("WITH x AS (DELETE FROM orders RETURNING *) TABLE x", ReasonCode.FORBIDDEN_SYNTAX),
        ("SELECT getenv('HOME')", ReasonCode.FORBIDDEN_FUNCTION),
        ("SELECT * FROM duckdb_settings", ReasonCode.FORBIDDEN_TABLE),
        ("SELECT * FROM nowhere", ReasonCode.UNKNOWN_TABLE),
        ("SELECT nothing FROM orders", ReasonCode.UNKNOWN_COLUMN),
        ("SELECT name FROM customers, products", ReasonCode.AMBIGUOUS_COLUMN),
        ("SELECT " + "(" * 60 + "1" + ")" * 60, ReasonCode.TOO_COMPLEX),
    ],
)
def test_reasons_are_typed(sql: str, code: ReasonCode) -> None:
    """Each kind of refusal has its own code."""
    assert set(codes(sql)) == {code}


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT name FROM customers ORDER BY name", True),
        ("SELECT name FROM customers UNION SELECT 'x' ORDER BY 1", True),
        ("SELECT * FROM (SELECT name FROM customers ORDER BY name) AS q", False),
        ("SELECT rank() OVER (ORDER BY salary) FROM employees", False),
    ],
)
def test_only_the_outermost_order_counts(sql: str, *, ordered: bool) -> None:
    """Row order is part of the answer only where the outermost level says so."""
    assert statement(sql).ordered is ordered


@pytest.mark.parametrize(
    ("dialect", "sql", "volatile"),
    [
        ("duckdb", "SELECT random()", True),
        ("duckdb", "SELECT count(*) FROM orders WHERE ordered_on < current_date", True),
        ("duckdb", "SELECT * FROM orders USING SAMPLE 2", True),
        ("duckdb", "SELECT lower(name) FROM customers", False),
        ("postgres", "SELECT now()", True),
        ("sqlite", "SELECT date('now')", True),
        ("sqlite", "SELECT date(name) FROM customers", False),
        ("sqlite", "SELECT date('2024-05-01', 'localtime')", False),
        ("sqlite", "SELECT strftime('2024-05-01')", True),
        ("sqlite", "SELECT count(*) FROM orders WHERE ordered_on < date('2024-05-01')", False),
        ("mysql", "SELECT RAND(), NOW()", True),
        ("mysql", "SELECT YEAR(ordered_on) FROM orders", False),
        ("sqlite", "SELECT date() FROM orders", True),
        ("sqlite", "SELECT strftime('%Y') FROM orders", True),
        ("sqlite", "SELECT strftime('%Y', 'Now') FROM orders", True),
        ("sqlite", "SELECT date('n' || 'ow') FROM orders", True),
        ("sqlite", "SELECT date('2025-01-01', '+1 day') FROM orders", False),
        ("sqlite", "SELECT strftime('%Y', ordered_on) FROM orders", False),
    ],
)
def test_volatile_statements_are_marked(dialect: str, sql: str, *, volatile: bool) -> None:
    """A cache must know what may differ the next time it is asked."""
    assert statement(sql, dialect).volatile is volatile


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT name, region AS r FROM customers", ("name", "r")),
        ("SELECT * FROM products", ("product_id", "name", "category_id", "price")),
        ("SELECT o.*, 1 AS n FROM (SELECT status FROM orders) AS o", ("status", "n")),
        ("WITH x(a, b) AS (SELECT 1, 2) SELECT * FROM x", ("a", "b")),
        ("SELECT name FROM customers UNION ALL SELECT status FROM orders", ("name",)),
        ("SELECT count(*) FROM customers", ()),
        ("SELECT * FROM customers JOIN orders USING (customer_id)", ()),
        ("SELECT COLUMNS('a.*') FROM customers", ()),
    ],
)
def test_columns_are_named_where_they_are_known(sql: str, columns: tuple[str, ...]) -> None:
    """Names that the database would make up are not guessed."""
    assert statement(sql).columns == columns


def test_tables_are_those_really_read() -> None:
    """A WITH query that hides a table is no table; the table inside it is."""
    sql = "WITH orders AS (SELECT * FROM customers) SELECT * FROM orders JOIN products ON true"
    assert statement(sql).tables == {"customers", "products"}


def test_other_dialects_get_the_common_list() -> None:
    """A dialect without a list of its own still has a gate."""
    shop_elsewhere = shop.catalog("snowflake")
    assert verdict("SELECT COUNT(*) FROM customers", catalog=shop_elsewhere).accepted
    assert not verdict("SELECT SYSTEM$ABORT_SESSION(1)", catalog=shop_elsewhere).accepted
    assert not verdict("DELETE FROM customers", catalog=shop_elsewhere).accepted


def test_sqlglot_says_nothing_on_the_terminal() -> None:
    """Its advice for translators would stand between a question and its answer."""
    script = (
        "from tests.checking.ask import verdict\n"
        "verdict('CALL x()', 'mysql'); verdict('VACUUM FULL x', 'postgres')\n"
        "verdict('SELECT first(x IGNORE NULLS)', 'sqlite')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout + ran.stderr == ""


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM orders WHERE", "SELECT FROM WHERE", "SELECT 1 +", "SELECT (1"]
)
@pytest.mark.parametrize("dialect", ["duckdb", "sqlite", "postgres", "mysql"])
def test_what_cannot_be_read_is_told_without_the_parsers_own_names(sql: str, dialect: str) -> None:
    """No class or token of the parser reaches the reader."""
    refused = verdict(sql, dialect)
    assert refused.reasons
    assert all("<" not in reason.message for reason in refused.reasons)


@pytest.mark.parametrize("dialect", shop.DIALECTS)
def test_trees_that_many_look_at_stay_as_they_were_read(dialect: str) -> None:
    """The gate, the canonical text, dating and the row limit share one tree of a statement."""
    catalog = shop.catalog(dialect)
    for case in shop.cases("legitimate", dialect):
        made = statement(case.sql, dialect)
        tree = syntax.looked_at(made.sql, dialect)
        before = repr(tree)
        canonical(made, catalog)
        hangs(made.sql, dialect, case.sql, NOW)
        bounded(made, 3)
        verdict(made.sql, dialect)
        assert syntax.looked_at(made.sql, dialect) is tree
        assert repr(tree) == before
