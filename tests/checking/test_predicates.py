"""The condition of a row policy: what it may say, and that an asker's values stay values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from forerun import syntax
from forerun.checking import check, permitted
from forerun.domain import Catalog, Draft, Kind, Origin, Policies, RowRule, permissions_for
from forerun.errors import BadPolicy
from tests.cases.shop import DIALECTS
from tests.checking.policed import WHOLE

Connections: TypeAlias = dict[str, "sqlite3.Connection | duckdb.DuckDBPyConnection"]

anything = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="'\"\\`;-%_/*{}$: \n0OR=1é", max_size=12),
    st.sampled_from(
        ["' OR '1'='1", "\\' OR 1=1 -- ", "EU' --", "{region}", "x\\", "1); DROP", "$1"]
    ),
)


def seen(rule: RowRule, attributes: Mapping[str, object], dialect: str = "duckdb") -> Catalog:
    permissions = permissions_for(Policies(rows=(rule,)), attributes=dict(attributes))
    return permitted(WHOLE.catalog(dialect), permissions)


def sql(query: str, catalog: Catalog) -> str:
    statement = check(Draft(query, Origin.USER, 1.0), catalog).statement
    assert statement is not None
    return statement.sql


@pytest.fixture(scope="module")
def connections() -> Iterator[Connections]:
    opened: Connections = {"sqlite": sqlite3.connect(":memory:"), "duckdb": duckdb.connect()}
    for connection in opened.values():
        connection.execute(
            "CREATE TABLE customers "
            "(id INT, name TEXT, region TEXT, email TEXT, tier INT, orders TEXT)"
        )
    yield opened
    for connection in opened.values():
        connection.close()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=anything)
def test_a_value_is_compared_as_it_is_whatever_is_in_it(
    connections: Connections, value: str
) -> None:
    for dialect, connection in connections.items():
        catalog = seen(RowRule("customers", "region = {region}"), {"region": value}, dialect)
        if catalog.table("customers") is None:  # no text of SQL can hold it
            assert value == "" or "\x00" in value or not value.isprintable()
            continue
        stored = ["EU", "US", None, value, value + "x"]
        connection.execute("DELETE FROM customers")
        for at, region in enumerate(stored):
            connection.execute("INSERT INTO customers (id, region) VALUES (?, ?)", (at, region))
        found = connection.execute(sql("SELECT id, region FROM customers", catalog)).fetchall()
        assert sorted(found) == [(i, r) for i, r in enumerate(stored) if r == value]


@settings(max_examples=60, deadline=None)
@given(value=anything, dialect=st.sampled_from(DIALECTS))
def test_a_value_is_one_literal_in_every_dialect(value: str, dialect: str) -> None:
    """The gate reads what it wrote, and finds the very same text in one place."""
    catalog = seen(RowRule("customers", "region = {region}"), {"region": value}, dialect)
    if catalog.table("customers") is None:
        return
    verdict = check(Draft("SELECT id FROM customers", Origin.USER, 1.0), catalog)
    assert verdict.statement is not None
    tree = syntax.read(verdict.statement.sql, dialect)
    texts = [node.name for node in tree.find_all(exp.Literal) if node.is_string]
    assert texts == [value]


@pytest.mark.parametrize(
    "value", ["1 OR 1=1", "1; DROP", "١", "1e5", "0x10", "NULL", "", " 1", "1.5", True, 1.5]
)
def test_what_is_no_whole_number_closes_a_table_with_a_rule_on_one(value: object) -> None:
    catalog = seen(RowRule("orders", "customer_id = {id}"), {"id": value})
    assert catalog.table("orders") is None


def test_a_whole_number_may_be_a_text_or_a_number() -> None:
    for value in (7, "7", "-7", "+7"):
        catalog = seen(RowRule("orders", "customer_id = {id}"), {"id": value})
        number = "-7" if value == "-7" else "7"
        assert f'"orders"."customer_id" = {number}' in sql("SELECT id FROM orders", catalog)


def test_a_list_stands_within_in() -> None:
    catalog = seen(RowRule("orders", "customer_id IN (0, {ids})"), {"ids": ["3", 1]})
    assert '"orders"."customer_id" IN (0, 3, 1)' in sql("SELECT id FROM orders", catalog)


def test_a_list_closes_the_table_where_one_value_is_wanted() -> None:
    assert seen(RowRule("orders", "customer_id = {ids}"), {"ids": [1, 2]}).table("orders") is None


def test_a_text_with_commas_is_one_value() -> None:
    catalog = seen(RowRule("customers", "region IN ({r})"), {"r": "EU,US"})
    assert "IN ('EU,US')" in sql("SELECT id FROM customers", catalog)


@pytest.mark.parametrize(
    "where",
    [
        "",
        "region = 'EU'; DROP TABLE orders",
        "region = (SELECT max(value) FROM secrets)",
        "EXISTS (SELECT 1 FROM secrets)",
        "customer_id IN (SELECT id FROM customers)",
        "pg_sleep(1) IS NULL",
        "nextval('x') = 1",
        "error(region) = 'x'",
        "CAST(note AS INTEGER) = 1",
        "nothing = 1",
        "customers.region = 'EU'",
        "secrets.value = 'x'",
        "rowid = 1",
        "region LIKE {region}",
        "region = '{region}'",
        "{region}",
        "NOT {region}",
        "region = 'EU' ORDER BY id",
        "region = 'EU' LIMIT 1",
        "count(*) > 1",
        "sum(amount) OVER () > 1",
        "region = $1",
        "region = ?",
        "region = :x",
        "orders = 1",
        "forerun_value_region = 'EU'",
        "region IN orders",
        "CASE WHEN region = 'EU' THEN TRUE END",
        "random() > 0.5",
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_condition_that_cannot_be_grounded_is_refused(where: str, dialect: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        seen(RowRule("orders", where), {"region": "EU"}, dialect)
    assert "orders" in caught.value.detail
    assert "orders" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    "where",
    [
        "region = {region}",
        "orders.region = {region}",
        "REGION = {region} OR region IS NULL",
        "lower(region) = lower({region})",
        "amount BETWEEN 1 AND {most}",
        "NOT (region <> {region} OR amount > {most})",
        "region IN ({region}, 'US') AND note LIKE 'a%'",
        "coalesce(region, 'EU') = {region}",
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_plain_comparisons_may_be_made(where: str, dialect: str) -> None:
    catalog = seen(RowRule("Orders", where), {"region": "EU", "most": 9}, dialect)
    assert "WHERE" in sql("SELECT id FROM orders", catalog)


def test_all_rules_for_a_table_must_hold() -> None:
    rules = (RowRule("orders", "region = 'EU' OR amount = 1"), RowRule("main.orders", "amount > 2"))
    catalog = permitted(WHOLE.catalog("duckdb"), permissions_for(Policies(rows=rules)))
    written = sql("SELECT id FROM orders", catalog)
    assert (
        """("orders"."region" = 'EU' OR "orders"."amount" = 1) AND ("orders"."amount" > 2)"""
        in written
    )


def test_a_column_without_a_plain_type_is_compared_only_where_that_is_safe() -> None:
    """MySQL would take a text that is no number for a zero."""
    for dialect in DIALECTS:
        whole = WHOLE.catalog(dialect)
        table = whole.table("orders")
        assert table is not None
        odd = tuple(replace(c, kind=Kind.OTHER) if c.name == "note" else c for c in table.columns)
        catalog = whole.with_tables([replace(table, columns=odd)])
        policies = Policies(rows=(RowRule("orders", "note = {x}"),))
        there = permitted(catalog, permissions_for(policies, attributes={"x": "a"})).table("orders")
        assert (there is not None) == (dialect in ("postgres", "duckdb"))
