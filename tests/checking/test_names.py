"""How names are resolved, and what is said of those that cannot be."""

from __future__ import annotations

import pytest

from forerun.domain import Catalog, Column, Kind, ReasonCode, Table
from tests.checking.ask import codes, statement, verdict


def hint(sql: str, dialect: str = "duckdb") -> tuple[str, str | None]:
    (reason,) = verdict(sql, dialect).reasons
    return reason.message, reason.hint


def test_a_misspelled_column_is_suggested() -> None:
    """The message names the table, the hint the column that was meant."""
    assert hint("SELECT custmer_id FROM orders") == (
        "There is no column 'custmer_id' in orders.",
        "Did you mean customer_id?",
    )


def test_a_misspelled_table_is_suggested() -> None:
    """Likewise for tables."""
    assert hint("SELECT 1 FROM custommers") == (
        "There is no table custommers.",
        "Did you mean customers?",
    )


def test_a_column_of_another_table_is_pointed_to() -> None:
    """A writer who forgot a join learns which table has the column."""
    message, advice = hint("SELECT salary FROM orders")
    assert message == "There is no column 'salary' in orders."
    assert advice is not None
    assert advice.startswith("employees has a column of that name.")


def test_candidates_are_listed_when_nothing_is_near() -> None:
    """Without a likely candidate the columns are told."""
    _, advice = hint("SELECT zzz FROM orders")
    assert advice == "There are: order_id, customer_id, status, ordered_on, updated_at."


def test_an_alias_is_told_with_its_table() -> None:
    """`c` alone would say little."""
    message, _ = hint("SELECT c.nam FROM customers AS c")
    assert message == "There is no column 'nam' in c (customers)."


def test_a_qualifier_must_be_in_scope() -> None:
    """Tables that the query does not read cannot be used in it."""
    assert hint("SELECT custs.name FROM customers AS cust") == (
        "The query reads no table that is called 'custs'.",
        "Did you mean cust?",
    )


def test_an_ambiguous_column_comes_with_its_choices() -> None:
    """Both owners are named."""
    message, advice = hint("SELECT customer_id FROM customers c, orders o")
    assert message == "The column 'customer_id' is in more than one table of the query."
    assert advice == "Write c.customer_id or o.customer_id."


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT customer_id FROM customers JOIN orders USING (customer_id)",
        "SELECT customer_id FROM customers NATURAL JOIN orders",
        "SELECT customer_id FROM customers SEMI JOIN orders USING (customer_id)",
        "SELECT c.customer_id FROM customers c, orders o ORDER BY customer_id",
        "SELECT c.customer_id AS customer_id FROM customers c, orders o GROUP BY customer_id",
    ],
)
def test_merged_and_output_columns_are_not_ambiguous(sql: str) -> None:
    """USING, NATURAL, one-sided joins and output names settle which column is meant."""
    assert verdict(sql).accepted


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('SELECT name FROM customers WHERE region = "North"', "region = 'North'"),
        ('SELECT name FROM customers WHERE region IN ("a", "b")', "region IN ('a', 'b')"),
        ('SELECT lower("X") FROM customers', "lower('X')"),
        ('SELECT "name" FROM customers', 'SELECT "name"'),
        ('SELECT count(*) FROM orders WHERE status = "updated_at"', 'status = "updated_at"'),
    ],
)
def test_sqlite_texts_in_double_quotes_become_texts(sql: str, expected: str) -> None:
    """SQLite takes what names no column for a text; the statement says so plainly."""
    assert expected in statement(sql, "sqlite").sql


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "nmae" FROM customers',
        'SELECT count(*) FROM customers GROUP BY "regio"',
        'SELECT name FROM customers ORDER BY "nmae"',
    ],
)
def test_a_misspelled_column_in_double_quotes_is_no_text(sql: str) -> None:
    """Alone in SELECT, GROUP BY or ORDER BY, a constant would be a wrong answer."""
    assert codes(sql, "sqlite") == [ReasonCode.UNKNOWN_COLUMN]


MIXED = Catalog(
    "mixed",
    "postgres",
    (
        Table("Customers", (Column("CustomerID", "integer", Kind.INTEGER),)),
        Table("events", (Column("id", "integer", Kind.INTEGER),), schema="Log"),
        Table("user", (Column("order", "integer", Kind.INTEGER),)),
    ),
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT customerid FROM customers", 'SELECT "CustomerID" FROM "Customers"'),
        ("SELECT Customers.* FROM Customers", 'SELECT "Customers".* FROM "Customers"'),
        ("SELECT e.ID FROM log.events e", 'SELECT e.ID FROM "Log".events AS e'),
        ('SELECT u."order" FROM public.user u', 'SELECT u."order" FROM "user" AS u'),
        (
            'SELECT c."customerID" AS Id FROM "customers" c',
            'SELECT c."CustomerID" AS Id FROM "Customers" AS c',
        ),
    ],
)
def test_names_are_spelled_as_the_catalog_spells_them(sql: str, expected: str) -> None:
    """PostgreSQL folds and minds case; writers do not."""
    assert statement(sql, catalog=MIXED).sql == expected


def test_a_cte_hides_a_table_only_where_it_is_in_scope() -> None:
    """Beside its own SELECT the name is the table's again: here a forbidden one."""
    inside = "SELECT * FROM (WITH pg_authid AS (SELECT 1) SELECT * FROM pg_authid) AS q"
    assert verdict(inside, "postgres").accepted
    assert codes(f"{inside}, pg_authid", "postgres") == [ReasonCode.FORBIDDEN_TABLE]


def test_system_tables_are_forbidden_not_unknown() -> None:
    """A writer should not look for another spelling."""
    message, _ = hint("SELECT * FROM information_schema.tables", "postgres")
    assert message == "information_schema.tables is a system table; only data may be read."


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("duckdb", "SELECT s.a.b FROM (SELECT {'a': {'b': 1}} AS s) AS q"),
        ("duckdb", "SELECT list_filter(tags, x -> x = name) FROM customers"),
        ("duckdb", "SELECT [y FOR y IN tags IF y <> name] FROM customers"),
        ("duckdb", "SELECT quantity * 2 AS q, q + 1 AS r FROM order_items WHERE q > 1"),
        ("postgres", "SELECT c FROM customers AS c"),
        ("postgres", "SELECT key FROM customers, jsonb_each(profile)"),
        ("sqlite", "SELECT rowid, json_each.value FROM customers, json_each(tags)"),
        ("mysql", "SELECT region AS r FROM customers GROUP BY r HAVING r <> ''"),
    ],
)
def test_what_only_the_database_can_know_is_left_to_it(dialect: str, sql: str) -> None:
    """Structs, lambdas, aliases, whole rows and table functions do not make unknown columns."""
    assert verdict(sql, dialect).accepted, verdict(sql, dialect).reasons


def test_qualified_default_schemas_are_dropped() -> None:
    """`shop.main.customers` is `customers`: what was checked is what is read."""
    made = statement("SELECT shop.main.customers.name FROM shop.main.customers")
    assert made.sql == "SELECT customers.name FROM customers"


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("postgres", 'SELECT "order" FROM "Order Notes"', 'SELECT "order" FROM "Order Notes"'),
        ("duckdb", "SELECT name AS größe FROM customers", 'SELECT name AS "größe" FROM customers'),
        ("mysql", "SELECT name AS nmb FROM customers", "SELECT name AS nmb FROM customers"),
    ],
)
def test_names_that_could_be_anything_else_are_quoted(
    dialect: str, sql: str, expected: str
) -> None:
    """Keywords and names beyond plain ASCII are quoted; plain names stay readable."""
    assert statement(sql, dialect).sql == expected


def test_user_defined_types_need_a_column_that_has_them() -> None:
    """An enum of the catalog may be cast to, any other type name not."""
    catalog = Catalog("x", "postgres", (Table("t", (Column("m", "mood", Kind.OTHER),)),))
    assert verdict("SELECT 'sad'::mood FROM t", catalog=catalog).accepted
    assert not verdict("SELECT 'sad'::humour FROM t", catalog=catalog).accepted


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
@pytest.mark.parametrize(
    ("query", "table"), [("ban\u212a", "bank"), ("GEH\u00c4LTER", "geh\u00e4lter")]
)
def test_letters_beyond_ascii_are_folded_as_the_database_folds_them(
    dialect: str, query: str, table: str
) -> None:
    """Not at all: the WITH query is another name, and the table is read, which is not there."""
    for name in (table, f'"{table}"'):
        sql = f'WITH "{query}" AS (SELECT 1 AS id) SELECT * FROM {name}'
        assert codes(sql, dialect) == [ReasonCode.UNKNOWN_TABLE]


@pytest.mark.parametrize(
    ("dialect", "passes"), [("duckdb", True), ("sqlite", False), ("postgres", False)]
)
def test_a_query_in_from_sees_what_stands_beside_it_only_where_it_does(
    dialect: str, passes: bool
) -> None:
    """DuckDB takes every such query for a lateral one, others want the word."""
    sql = "SELECT d.up FROM customers AS c, (SELECT upper(c.name) AS up) AS d"
    assert verdict(sql, dialect).accepted == passes


def test_what_a_semi_join_joins_is_seen_by_its_condition_alone() -> None:
    """Elsewhere its columns are not there."""
    joined = "FROM customers AS c SEMI JOIN orders AS o ON c.customer_id = o.customer_id"
    assert verdict(f"SELECT c.name {joined}").accepted
    for sql in (f"SELECT status {joined}", f"SELECT o.status {joined}"):
        assert ReasonCode.UNKNOWN_COLUMN in codes(sql) or ReasonCode.UNKNOWN_TABLE in codes(sql)
    assert statement(f"SELECT * {joined}").columns == statement("SELECT * FROM customers").columns


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_aliases_that_differ_in_case_are_not_taken_for_each_other(dialect: str) -> None:
    """The nearest has no such column. (Some servers of MySQL take the nearest, others the one that
    is spelled so: there it may be neither.)"""
    near = '"C"' if dialect == "postgres" else "C"
    sql = "SELECT (SELECT c.one FROM (SELECT 1 AS one) AS {}) FROM customers AS c"
    assert not verdict(sql.format(near), dialect).accepted
    assert verdict(sql.format("c"), dialect).accepted


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT " + ", ".join(f"lengthx{i}(1)" for i in range(200)), 200),
        ("SELECT " + ", ".join(f"nocolumn{i}" for i in range(200)) + " FROM customers", 200),
    ],
)
def test_only_for_the_first_faults_similar_names_are_looked_for(sql: str, found: int) -> None:
    """To look for them is most of the work; nobody reads thousands."""
    reasons = verdict(sql).reasons
    assert len(reasons) == found
    assert not any(reason.hint for reason in reasons[20:])
