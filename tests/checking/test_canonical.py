"""Whether two statements are the same query: pairs that people thought of, on four dialects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from forerun.checking import canonical, same_query
from forerun.domain import Column, Kind, Statement
from forerun.running import same_rows
from tests.cases import shop
from tests.checking.ask import statement
from tests.checking.conftest import Ask

FILE = Path(__file__).parents[1] / "cases" / "equivalent" / "pairs.jsonl"


@dataclass(frozen=True, slots=True)
class Pair:
    case: str
    same: bool
    dialects: tuple[str, ...]
    a: str
    b: str


def golden() -> list[Pair]:
    lines = FILE.read_text("utf-8").splitlines()
    return [
        Pair(**{**line, "dialects": tuple(line["dialects"])}) for line in map(json.loads, lines)
    ]


def pairs(*, same: bool, dialects: Sequence[str] = shop.DIALECTS) -> pytest.MarkDecorator:
    found = [(d, p) for p in golden() for d in p.dialects if p.same == same and d in dialects]
    return pytest.mark.parametrize(
        ("dialect", "pair"), found, ids=[f"{d}: {p.case}" for d, p in found]
    )


@pairs(same=True)
def test_the_same_query_is_seen_through_its_writing(dialect: str, pair: Pair) -> None:
    """What differs in nothing but the writing has one canonical text."""
    a, b = statement(pair.a, dialect), statement(pair.b, dialect)
    catalog = shop.catalog(dialect)
    assert canonical(a, catalog) == canonical(b, catalog)
    assert same_query(a, b, catalog)


@pairs(same=False)
def test_other_queries_stay_apart(dialect: str, pair: Pair) -> None:
    """What may give other rows, or other names, on some database has another canonical text."""
    a, b = statement(pair.a, dialect), statement(pair.b, dialect)
    catalog = shop.catalog(dialect)
    assert canonical(a, catalog) != canonical(b, catalog)
    assert not same_query(a, b, catalog)


def test_there_are_enough_pairs() -> None:
    """The golden file holds what it promises to hold, on every dialect."""
    for dialect in shop.DIALECTS:
        found = [p.same for p in golden() if dialect in p.dialects]
        assert found.count(True) >= 40
        assert found.count(False) >= 60


def test_all_golden_pairs_stay_apart_from_each_other() -> None:
    """No text of a pair is equal to one of an unrelated pair, but for those that read the same."""
    for dialect in shop.DIALECTS:
        catalog = shop.catalog(dialect)
        texts: dict[str, set[str]] = {}
        for pair in golden():
            for sql in (pair.a, pair.b) if dialect in pair.dialects and not pair.same else ():
                made = statement(sql, dialect)
                texts.setdefault(canonical(made, catalog), set()).add(made.sql)
        assert [sqls for sqls in texts.values() if len(sqls) > 1] == []


def test_volatile_statements_are_never_the_same() -> None:
    """Two runs of random() differ, though not a letter of the statements does."""
    catalog = shop.catalog("duckdb")
    asked = statement("SELECT random() AS x FROM orders")
    other = statement("SELECT random() AS x FROM orders AS o")
    assert not same_query(asked, asked, catalog)
    assert canonical(asked, catalog) == asked.sql
    assert canonical(asked, catalog) != canonical(other, catalog)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) FROM n",
        "SELECT * EXCLUDE (email) FROM customers",
        "SELECT name FROM customers GROUP BY ALL",
        "SELECT unnest(tags) AS tag FROM customers",
        "PIVOT orders ON status USING COUNT(*)",
        "SELECT x.a FROM (VALUES (1)) AS x(a)",
        "SELECT name FROM customers NATURAL JOIN orders",
        "SELECT list_transform(tags, x -> upper(x)) AS t FROM customers",
        "SELECT o FROM orders AS o",
        "SELECT rowid FROM orders",
        "SELECT name FROM customers WHERE "
        + " AND ".join(f"customer_id <> {i}" for i in range(290)),
        "SELECT name FROM customers WHERE " + " OR ".join(f"name = 'n{i}'" for i in range(290)),
    ],
)
def test_what_is_not_understood_is_its_own_text(sql: str) -> None:
    """Syntax that brings names of its own, or very much of it, never raises."""
    asked = statement(sql)
    text = canonical(asked, shop.catalog("duckdb"))
    assert text == canonical(replace(asked), shop.catalog("duckdb"))
    if " AND " not in sql and " OR " not in sql:
        assert text == asked.sql


def test_names_are_looked_up_in_the_catalog_at_hand() -> None:
    """A column that comes to be in two tables is no longer known, and nothing old is remembered."""
    before = shop.catalog("duckdb")
    orders = before.by_key["orders"]
    grown = replace(orders, columns=(*orders.columns, Column("email", "TEXT", Kind.TEXT)))
    after = before.with_tables([grown])
    join = "FROM customers JOIN orders ON customers.customer_id = orders.customer_id"
    bare = statement(f"SELECT email {join}")
    qualified = statement(f"SELECT customers.email {join}")
    assert same_query(bare, qualified, before)
    assert not same_query(bare, qualified, after)


def test_tables_that_differ_only_in_case_are_two() -> None:
    """PostgreSQL may hold "Orders" beside orders, and the catalog finds either by either name."""
    catalog = shop.catalog("postgres")
    twin = replace(catalog.by_key["orders"], name="Orders")
    both = replace(catalog, tables=(*catalog.tables, twin))
    one = statement("SELECT o.status FROM orders AS o", "postgres", catalog)
    other = replace(one, sql='SELECT o.status FROM "Orders" AS o')
    assert not same_query(one, other, both)


def test_dialects_that_nobody_went_through_are_compared_by_text() -> None:
    """Where the rules on names are not known, only the same text is the same query."""
    catalog = replace(shop.catalog("duckdb"), dialect="oracle")
    a = replace(statement("SELECT name FROM customers"), dialect="oracle")
    b = replace(statement("SELECT c.name FROM customers AS c"), dialect="oracle")
    assert same_query(a, a, catalog)
    assert not same_query(a, b, catalog)


def check_rows(ask: Ask, dialect: str, pair: Pair) -> None:
    a, b = statement(pair.a, dialect), statement(pair.b, dialect)
    given, other = ask(a.sql), ask(b.sql)
    assert [c.name for c in given.columns] == [c.name for c in other.columns]
    assert same_rows(given, other, ordered=a.ordered)


@pairs(same=True, dialects=["duckdb"])
def test_duckdb_agrees(on_duckdb: Ask, dialect: str, pair: Pair) -> None:
    """DuckDB gives the same rows, under the same names, for both of a pair that is the same."""
    check_rows(on_duckdb, dialect, pair)


@pairs(same=True, dialects=["sqlite"])
def test_sqlite_agrees(on_sqlite: Ask, dialect: str, pair: Pair) -> None:
    """SQLite gives the same rows, under the same names, for both of a pair that is the same."""
    check_rows(on_sqlite, dialect, pair)


@pairs(same=True, dialects=["postgres"])
def test_postgresql_agrees(on_postgres: Ask, dialect: str, pair: Pair) -> None:
    """PostgreSQL gives the same rows, under the same names, for both of a pair that is the same."""
    check_rows(on_postgres, dialect, pair)


@pairs(same=True, dialects=["mysql"])
def test_mysql_agrees(on_mysql: Ask, dialect: str, pair: Pair) -> None:
    """MySQL or MariaDB gives the same rows and names for both of a pair that is the same."""
    check_rows(on_mysql, dialect, pair)


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_legitimate_statements_with_one_text_give_the_same_rows(
    dialect: str, request: pytest.FixtureRequest
) -> None:
    """All syntax that the gate allows has some text, and those that share one agree."""
    ask: Ask = request.getfixturevalue(f"on_{dialect}")
    catalog = shop.catalog(dialect)
    by_text: dict[str, set[Statement]] = {}
    for case in shop.cases("legitimate", dialect):
        made = statement(case.sql, dialect)
        by_text.setdefault(canonical(made, catalog), set()).add(made)
    for alike in by_text.values():
        first, *others = alike
        for other in others:
            given, again = ask(first.sql), ask(other.sql)
            assert [c.name for c in given.columns] == [c.name for c in again.columns]
            assert same_rows(given, again, ordered=first.ordered)
