"""The catalog with what the team knows: all that may be seen is there, nothing that may not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun import knowledge
from forerun.domain import Catalog, ColumnKnowledge, Kind, Knowledge, Table, TableKnowledge
from forerun.errors import BadKnowledge
from forerun.prompts import describe
from tests.knowledge.shops import CUSTOMERS, FILE, ORDERS, catalog, known

texts = st.none() | st.text(min_size=1, max_size=9)
names = st.lists(st.sampled_from(("clients", "market tier")), max_size=2, unique=True).map(tuple)
columns = st.builds(ColumnKnowledge, texts, names, texts, st.booleans())


def tables_of(table: Table) -> st.SearchStrategy[TableKnowledge]:
    named = st.sampled_from([column.name for column in table.columns])
    return st.builds(
        TableKnowledge, description=texts, synonyms=names, columns=st.dictionaries(named, columns)
    )


def table(of: Catalog, key: str) -> Table:
    found = of.table(key)
    assert found is not None
    return found


def structure(of: Table) -> list[tuple[str, str, Kind, bool]]:
    return [(column.name, column.type, column.kind, column.nullable) for column in of.columns]


@given(tables_of(CUSTOMERS), tables_of(ORDERS))
def test_no_visible_column_is_lost(customers: TableKnowledge, orders: TableKnowledge) -> None:
    """Whatever is known, exactly the hidden columns go; the others stay as they were."""
    told = {"customers": customers, "orders": orders}
    enriched = knowledge.enrich(catalog(), Knowledge(told), FILE)
    for before in catalog().tables:
        known_columns = told[before.key].columns
        hidden = {name for name, column in known_columns.items() if column.hidden}
        after = enriched.table(before.key) or Table(before.name, ())
        assert structure(after) == [c for c in structure(before) if c[0] not in hidden]
        links = (key.columns for key in after.foreign_keys)
        for key in (after.primary_key, *after.unique, *links):
            assert all(after.column(name) for name in key)


def test_knowing_nothing_changes_nothing() -> None:
    """Without a word the catalog, its fingerprint and its description are the same."""
    same = known("")
    assert same == catalog()
    assert same.fingerprint == catalog().fingerprint
    assert describe(same) == describe(catalog())


@pytest.mark.parametrize(
    ("comment", "description", "both"),
    [
        (None, "All buyers", "All buyers"),
        ("Who buys", "Firms too", "Who buys. Firms too"),
        ("Who buys.", "Firms too.", "Who buys. Firms too."),
        ("Who buys", "who buys", "Who buys"),
        ("Who buys", "Who buys, and when", "Who buys, and when"),
    ],
)
def test_comment_and_description_are_joined(
    comment: str | None, description: str, both: str
) -> None:
    """The database's comment goes first, and nothing is said twice."""
    shop = replace(catalog(), tables=(replace(CUSTOMERS, comment=comment),))
    told = Knowledge({"customers": TableKnowledge(description)})
    assert knowledge.enrich(shop, told, FILE).tables[0].comment == both


def test_keys_go_with_the_columns_that_they_rest_on() -> None:
    """A key that lost a column is none; a reference to it leads nowhere."""
    text = "tables: {customers: {columns: {id: {hidden: true}, country: {hidden: true}}}}"
    enriched = known(text)
    customers, orders = table(enriched, "customers"), table(enriched, "orders")
    assert customers.primary_key == ()
    assert customers.unique == (("email",),)
    assert orders.foreign_keys == ()
    assert orders.column("customer_id") is not None


def test_a_table_of_which_nothing_is_left_is_gone() -> None:
    """Hiding every column hides the table."""
    hidden = ", ".join(f"{column.name}: {{hidden: true}}" for column in ORDERS.columns)
    assert [t.key for t in known(f"tables: {{orders: {{columns: {{{hidden}}}}}}}").tables] == [
        "customers"
    ]


def test_names_are_found_whatever_their_case() -> None:
    """The file may spell tables and columns as SQL may; the catalog's spelling stays."""
    enriched = known("tables: {Orders: {time: ORDERED_ON, columns: {Amount: {unit: EUR}}}}")
    orders = table(enriched, "orders")
    assert orders.time == "ordered_on"
    assert orders.columns[-1].unit == "EUR"


@pytest.mark.parametrize(
    "text",
    [
        "tables: {orders: {synonyms: [purchases]}}",
        "tables: {orders: {time: ordered_on}}",
        "tables: {orders: {columns: {amount: {unit: EUR}}}}",
        "tables: {orders: {columns: {amount: {hidden: true}}}}",
        "metrics: {revenue: {table: orders, sql: SUM(amount)}}",
        "golden_queries: [{question: a, sql: SELECT 1}]",
    ],
)
def test_what_is_known_is_part_of_the_fingerprint(text: str) -> None:
    """What was computed for the catalog before is not taken for it after the file changed."""
    assert known(text).fingerprint != catalog().fingerprint


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("tables: {order: {}}", "tables.order is no table", "Did you mean orders?"),
        ("tables: {zzz: {}}", "tables.zzz is no table", "There is customers, orders."),
        ("tables: {orders: {}, ORDERS: {}}", "tables.ORDERS is there twice", "one place"),
        ("tables: {orders: {columns: {amuont: }}}", "columns.amuont is no column", "mean amount?"),
        ("tables: {orders: {time: orderd_on}}", "orders.time names orderd_on", "mean ordered_on?"),
        ("tables: {orders: {time: amount}}", "orders.time names amount, which holds", "a date"),
        ("tables: {orders: {display: [nam]}}", "orders.display names nam", "There is id"),
        ("tables: {orders: {time: ordered_on, columns: {ordered_on: {hidden: true}}}}",
         "orders.time names ordered_on, which is hidden", "may be seen"),
        ("metrics: {m: {table: oders, sql: SUM(amount)}}", "table names oders", "orders?"),
        ("metrics: {m: {table: orders, sql: amount}}", "metrics.m.sql computes no agg", "SUM("),
        ("metrics: {m: {table: orders, sql: SUM(amount) + id}}", "uses id outside", "SUM(id)"),
        ("metrics: {m: {table: orders, sql: SUM(amuont)}}", "uses amuont, which", "mean amount?"),
        ("metrics: {m: {table: orders, sql: SUM(customers.id)}}", "uses customers.id", "one table"),
        ("metrics: {m: {table: orders, sql: SUM(COUNT(*))}}", "aggregates an aggregate", "one agg"),
        ("metrics: {m: {table: orders, sql: SUM(amount) FROM orders}}", "more than one", "one"),
        ("metrics: {m: {table: orders, sql: 'SUM(amount), 1'}}", "more than one exp", "one agg"),
        ("metrics: {m: {table: orders, sql: 'SUM(amount); DROP TABLE a'}}", "m.sql", "one agg"),
        ("metrics: {m: {table: orders, sql: SUM(amount) AS m}}", "a name of its own", "AS m"),
        ("metrics: {m: {table: orders, sql: '(SELECT SUM(amount) FROM orders)'}}", "query", "one"),
        ("metrics: {m: {table: orders, sql: SUM(amount) OVER ()}}", "holds a query, a wind", "one"),
        ("metrics: {m: {table: orders, sql: 'SUM(('}}", "metrics.m.sql is no SQL", "one agg"),
        ("golden_queries: [{question: a, sql: SELEC}]", "golden_queries.1.sql is no", ""),
        ("golden_queries: [{question: a, sql: DROP TABLE orders}]", "is no query", "SELECT"),
        ("golden_queries: [{question: a, sql: SELECT 1 FROM oders}]", "reads oders", "orders?"),
        ("tables: {orders: {columns: {amount: {hidden: true}}}}\n"
         "metrics: {m: {table: orders, sql: SUM(amount)}}", "uses amount, which is hidden", "not"),
        ("tables: {orders: {columns: {amount: {hidden: true}}}}\n"
         "golden_queries: [{question: a, sql: SELECT amount FROM orders}]", "is hidden", "not"),
    ],
)  # fmt: skip
def test_what_the_database_does_not_have_is_told(text: str, place: str, hint: str) -> None:
    """Each name that stands for nothing, and SQL that cannot serve, is an error with its place."""
    with pytest.raises(BadKnowledge) as failed:
        known(text)
    assert place in failed.value.message
    assert hint in (failed.value.hint or "")


@pytest.mark.parametrize(
    "sql",
    [
        "SUM(amount)",
        "SUM(amount) / NULLIF(COUNT(DISTINCT customer_id), 0)",
        "COUNT(*)",
        "100.0 * SUM(CASE WHEN status = 'open' THEN 1 ELSE 0 END) / COUNT(*)",
        "SUM(orders.amount) FILTER (WHERE status <> 'cancelled')",
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres"])
def test_metrics_as_teams_write_them_are_taken(sql: str, dialect: str) -> None:
    """Ratios, shares, distinct counts and filters are single aggregate expressions."""
    text = f'metrics: {{m: {{table: orders, sql: "{sql}"}}}}'
    assert known(text, dialect).metrics[0].sql == sql


def test_the_writer_is_told_and_never_of_what_is_hidden() -> None:
    """Descriptions, other names, units, usual time, display and metrics stand in the prompt."""
    text = """
tables:
  customers: {synonyms: [clients], display: [name], columns: {email: {hidden: true}}}
  orders:
    time: ordered_on
    columns: {amount: {description: Without tax, synonyms: [price paid], unit: EUR}}
metrics:
  revenue: {table: orders, sql: "SUM(amount)", synonyms: [turnover], description: All.}
"""
    told = describe(known(text))
    assert 'TABLE customers -- "Who buys" -- also called "clients" -- shown as: name' in told
    assert "TABLE orders -- usual time: ordered_on" in told
    assert '-- "Without tax" -- also called "price paid" -- in "EUR"' in told
    metric = 'METRIC "revenue" of orders = "SUM(amount)" -- "All." -- also called "turnover"'
    assert told.endswith(metric)
    assert "email" not in told
    assert "receipts" not in told
