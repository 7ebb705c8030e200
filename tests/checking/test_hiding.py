"""A hidden column is not read: not by its name, and by nothing that would show it without one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forerun import checking, syntax
from forerun.domain import Catalog, Column, Draft, Kind, Origin, ReasonCode, Table, Verdict

CUSTOMERS = Table(
    "customers",
    (
        Column("id", "INTEGER", Kind.INTEGER),
        Column("name", "VARCHAR", Kind.TEXT),
    ),
    hidden=("password", "rowid"),
)
ORDERS = Table(
    "orders",
    (Column("id", "INTEGER", Kind.INTEGER), Column("customer_id", "INTEGER", Kind.INTEGER)),
)
NAMED = """
SELECT password FROM customers
SELECT customers.password FROM customers
SELECT c.PASSWORD FROM customers AS c
SELECT name FROM customers WHERE password LIKE 'a%'
SELECT name FROM customers ORDER BY password
SELECT COUNT(*) FROM customers GROUP BY password
SELECT MAX(password) FROM customers
SELECT name AS password FROM customers WHERE password = 'x'
SELECT (SELECT password) FROM customers
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM customers WHERE password = 'x')
SELECT o.id FROM orders AS o JOIN customers USING (password)
SELECT rowid FROM customers
SELECT c.rowid FROM customers AS c
SELECT id FROM orders UNION SELECT password FROM customers
SELECT password FROM (customers AS c JOIN orders AS o ON TRUE)
"""
UNNAMED = """
SELECT * FROM customers
SELECT customers.* FROM customers
SELECT * FROM orders JOIN customers ON customers.id = customer_id
SELECT x.password FROM (SELECT * FROM customers) AS x
WITH x AS (SELECT * FROM customers) SELECT password FROM x
SELECT customers FROM customers
SELECT c FROM customers AS c
SELECT orders.id FROM orders NATURAL JOIN customers
SELECT j.password FROM (customers AS c JOIN orders AS o ON TRUE) AS j
SELECT * FROM customers AS a, orders AS a
SELECT * FROM customers AS a, orders AS A
"""
BY_DIALECT = {
    "duckdb": """
SELECT password FROM customers, generate_series(1, 2) AS g
SELECT z FROM customers AS c(x, y, z)
FROM customers
TABLE customers
SELECT COLUMNS('p.*') FROM customers
SELECT * EXCLUDE (id) FROM customers
SELECT UPPER(COLUMNS(*)) FROM customers
PIVOT customers ON name USING COUNT(*)
UNPIVOT customers ON name INTO NAME n VALUE v
SELECT * FROM customers PIVOT (COUNT(*) FOR name IN ('a'))
SELECT [password FOR x IN [1]] FROM customers
SELECT list_transform([1], x -> password) FROM customers
""",
    "postgres": """
SELECT password FROM customers, generate_series(1, 2) AS g
SELECT z FROM customers AS c(x, y, z)
SELECT (c).password FROM customers AS c
SELECT row_to_json(c) FROM customers AS c
SELECT CAST(c AS TEXT) FROM customers AS c
SELECT COUNT(DISTINCT c.*) FROM customers AS c
""",
    "sqlite": """
SELECT "password" FROM customers
SELECT id FROM orders WHERE (1, 'x', 'y') IN customers
""",
    "mysql": "SELECT `password` FROM customers",
}
ALLOWED = """
SELECT id, name FROM customers
SELECT COUNT(*) FROM customers
SELECT orders.* FROM orders JOIN customers AS c ON c.id = customer_id
SELECT * FROM orders WHERE EXISTS (SELECT * FROM customers)
SELECT * FROM (SELECT id, name FROM customers) AS x
WITH c AS (SELECT id FROM customers) SELECT * FROM c
SELECT customers.name FROM orders JOIN customers USING (id)
"""


def statements(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def verdict(sql: str, dialect: str, customers: Table = CUSTOMERS) -> Verdict:
    catalog = Catalog("shop", dialect, (customers, ORDERS))
    return checking.check(Draft(sql, Origin.USER, 1.0), catalog)


HIDDEN = [
    (dialect, sql)
    for dialect, own in BY_DIALECT.items()
    for sql in (*statements(NAMED), *statements(UNNAMED), *statements(own))
]


@pytest.mark.parametrize(("dialect", "sql"), HIDDEN)
def test_what_is_hidden_is_not_read(dialect: str, sql: str) -> None:
    """By name, by star, as a whole row, in a pivot, by place or beside unknown columns: refused."""
    assert not verdict(sql, dialect).accepted


@pytest.mark.parametrize("dialect", BY_DIALECT)
@pytest.mark.parametrize("sql", statements(ALLOWED))
def test_what_is_shown_is_read(dialect: str, sql: str) -> None:
    """The other columns, counts, EXISTS and the stars of other tables are let through."""
    assert verdict(sql, dialect).accepted


def test_a_refused_star_says_what_may_be_read() -> None:
    """The reason names the columns to write instead, and not the hidden one."""
    (reason,) = verdict("SELECT * FROM customers", "duckdb").reasons
    assert reason.code is ReasonCode.UNKNOWN_COLUMN
    assert reason.hint == "Name those that are wanted: id, name."


@pytest.mark.parametrize("dialect", BY_DIALECT)
def test_nothing_hidden_means_nothing_refused(dialect: str) -> None:
    """The same stars pass where the table has no hidden column."""
    for sql in ("SELECT * FROM customers", "SELECT c.* FROM customers AS c"):
        assert verdict(sql, dialect, replace(CUSTOMERS, hidden=())).accepted


@pytest.mark.parametrize(
    "dialect",
    [*BY_DIALECT, *("bigquery", "clickhouse", "oracle", "redshift", "snowflake", "trino", "tsql")],
)
def test_what_runs_reads_the_other_columns_alone(dialect: str) -> None:
    """In every dialect the table is put in as a query that names them; what is shown is not."""
    sql = "SELECT c.name, COUNT(*) FROM customers AS c GROUP BY c.name"
    found = verdict(sql, dialect).statement
    assert found is not None
    table = syntax.read(found.sql, dialect).args["from_"].this
    assert [column.alias_or_name for column in table.this.expressions] == ["id", "name"]
    assert "SELECT" not in found.shown[6:]


@pytest.mark.parametrize("dialect", BY_DIALECT)
def test_the_same_query_is_the_same_whatever_is_hidden(dialect: str) -> None:
    """It is kept by what was asked, and not by what was put in."""
    one = verdict("SELECT name FROM customers WHERE id > 1 AND name = 'x'", dialect).statement
    two = verdict("SELECT c.name FROM customers c WHERE c.name = 'x' AND c.id > 1", dialect)
    assert one is not None
    assert two.statement is not None
    catalog = Catalog("shop", dialect, (CUSTOMERS, ORDERS))
    assert checking.same_query(one, two.statement, catalog)
    assert verdict(one.shown, dialect).statement == one
