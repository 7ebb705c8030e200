"""Plans as SQL of each dialect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pymysql
import pytest
from sqlalchemy.engine import make_url

from forerun import parsing
from forerun.checking import check
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from tests.parsing import shop
from tests.services import Scratch

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)


def _sql(question: str, dialect: str) -> str:
    return parsing.parse(question, shop.catalog(dialect), NOW).drafts[0].sql


@pytest.mark.parametrize(
    ("dialect", "cut"),
    [
        ("duckdb", "STRFTIME(order_date, '%Y-%m')"),
        ("postgres", "TO_CHAR(order_date, 'YYYY-MM')"),
        ("sqlite", "STRFTIME('%Y-%m', order_date)"),
        ("mysql", "DATE_FORMAT(order_date, '%Y-%m')"),
    ],
)
def test_months_are_cut_as_the_dialect_does_it(dialect: str, cut: str) -> None:
    """Grouping by month uses the dialect's own function."""
    assert cut.lower() in _sql("number of orders by month", dialect).lower()


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
def test_units_of_time_are_contiguous_groups(unit: str) -> None:
    """In DuckDB every unit groups all rows, in order."""
    rows = shop.in_duckdb().execute(_sql(f"number of orders per {unit}", "duckdb")).fetchall()
    assert sum(count for _, count in rows) == len(shop.rows()["orders"])
    assert [day for day, _ in rows] == sorted(day for day, _ in rows)


def _odd_catalog(dialect: str) -> Catalog:
    """Names that need quotes: a keyword, a blank, capitals, a quotation mark."""
    kinds = {"id": Kind.INTEGER, "Unit Price": Kind.DECIMAL, "select": Kind.TEXT}
    order = Table(
        "order",
        tuple(Column(name, kind.value, kind) for name, kind in kinds.items()),
        primary_key=("id",),
    )
    return Catalog("odd", dialect, (order,))


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("duckdb", 'SELECT AVG("Unit Price") AS average_unit_price FROM "order"'),
        ("postgres", 'SELECT AVG("Unit Price") AS average_unit_price FROM "order"'),
        ("mysql", "SELECT AVG(`Unit Price`) AS average_unit_price FROM `order`"),
    ],
)
def test_odd_names_are_quoted(dialect: str, expected: str) -> None:
    """Keywords, blanks and capitals are quoted where the dialect needs it."""
    parsed = parsing.parse("average unit price", _odd_catalog(dialect), NOW)
    assert parsed.drafts[0].sql == expected


def test_tables_of_another_schema_are_qualified() -> None:
    """A table outside the default schema is named with its schema."""
    table = Table("sales", (Column("id", "int", Kind.INTEGER),), schema="archive")
    parsed = parsing.parse("How many sales are there?", Catalog("c", "postgres", (table,)), NOW)
    assert parsed.drafts[0].sql == "SELECT COUNT(*) AS number_of_sales FROM archive.sales"


def test_a_join_that_repeats_rows_counts_each_row_once() -> None:
    """Counting products by supplier country does not count a product twice."""
    sql = _sql("How many products are there from suppliers in Germany?", "duckdb")
    connection = shop.in_duckdb()
    expected = connection.execute(
        "SELECT COUNT(DISTINCT ps.product_id) FROM product_suppliers ps "
        "JOIN suppliers s USING (supplier_id) WHERE s.country = 'Germany'"
    ).fetchone()
    assert connection.execute(sql).fetchone() == expected, sql


def test_sums_over_repeated_rows_are_never_offered() -> None:
    """A sum of one side of a many-to-many join is no plan: it would count amounts twice."""
    parsed = parsing.parse("total amount per supplier", shop.catalog("duckdb"), NOW)
    assert not any("SUM" in draft.sql and "GROUP BY" in draft.sql for draft in parsed.drafts)
    assert parsed.drafts[0].confidence < 0.7


def test_columns_of_the_same_name_are_told_apart() -> None:
    """Two tables' names side by side get their table's name in front."""
    sql = _sql("show the store name and region name", "duckdb")
    assert "AS stores_name" in sql
    assert "AS regions_name" in sql


def test_text_dates_of_sqlite_are_compared_as_text() -> None:
    """SQLite keeps dates as ISO text, whatever the column is declared as."""
    when = Column("happened", "TEXT", Kind.TEXT, samples=("2024-05-01", "2025-01-02"))
    table = Table("events", (Column("id", "INTEGER", Kind.INTEGER), when), primary_key=("id",))
    parsed = parsing.parse("How many events in 2024?", Catalog("c", "sqlite", (table,)), NOW)
    assert parsed.drafts[0].sql == (
        "SELECT COUNT(*) AS number_of_events FROM events "
        "WHERE happened >= '2024-01-01' AND happened < '2025-01-01'"
    )


def test_foreign_keys_that_nobody_declared_are_inferred() -> None:
    """Tables join where the name and the values of a key agree."""
    clinics = Table(
        "clinics",
        (
            Column("clinic_id", "INTEGER", Kind.INTEGER, samples=(1, 2), samples_complete=True),
            Column("town", "TEXT", Kind.TEXT, samples=("Ashford",)),
        ),
        primary_key=("clinic_id",),
    )
    visits = Table(
        "visits",
        (
            Column("visit_id", "INTEGER", Kind.INTEGER),
            Column("clinic_id", "INTEGER", Kind.INTEGER, samples=(1, 2)),
        ),
        primary_key=("visit_id",),
    )
    catalog = Catalog("c", "sqlite", (clinics, visits))
    sql = parsing.parse("How many visits are there per town?", catalog, NOW).drafts[0].sql
    assert "visits.clinic_id = clinics.clinic_id" in sql


def test_alternative_joins_lower_the_confidence() -> None:
    """Two keys to the same table: the parser does not pick one silently."""
    airports = Table(
        "airports",
        (Column("id", "INTEGER", Kind.INTEGER),
         Column("city", "TEXT", Kind.TEXT, samples=("Ashford", "Dunley"))),
        primary_key=("id",),
    )  # fmt: skip
    flights = Table(
        "flights",
        tuple(Column(n, "INTEGER", Kind.INTEGER) for n in ("id", "source_id", "target_id")),
        primary_key=("id",),
        foreign_keys=(
            ForeignKey(("source_id",), "airports", ("id",)),
            ForeignKey(("target_id",), "airports", ("id",)),
        ),
    )
    catalog = Catalog("c", "duckdb", (airports, flights))
    parsed = parsing.parse("How many flights are there per city?", catalog, NOW)
    assert parsed.drafts[0].confidence < 0.7
    assert len({draft.sql for draft in parsed.drafts}) > 1


@pytest.mark.parametrize(
    ("question", "dialect", "order"),
    [
        ("Show the 2 lightest products", "sqlite", "weight_kg ASC NULLS LAST LIMIT 2"),
        ("Show the 2 lightest products", "duckdb", "weight_kg ASC LIMIT 2"),
        ("Show the 2 cheapest products", "sqlite", "price ASC LIMIT 2"),
        ("Show the 2 heaviest products", "sqlite", "weight_kg DESC LIMIT 2"),
        ("the 3 brands with the fewest products", "sqlite", "COUNT(*) ASC LIMIT 3"),
        ("products by weight", "sqlite", "ORDER BY weight_kg ASC"),
    ],
)
def test_what_has_no_value_comes_last_where_it_matters(
    question: str, dialect: str, order: str
) -> None:
    """Spelt out only where a list is cut short by a column that may lack a value."""
    assert _sql(question, dialect).endswith(order)


LIGHTEST = (
    ("Which product is the lightest?", "SELECT name FROM products {} LIMIT 1"),
    ("Show the 2 lightest products", "SELECT name FROM products {} LIMIT 2"),
    (
        "the 3 lightest products of each brand",
        "SELECT name, brand FROM (SELECT name, brand, weight_kg, RANK() OVER (PARTITION BY brand "
        "{}) AS place FROM products WHERE weight_kg IS NOT NULL) AS ranked WHERE place <= 3",
    ),
)


@pytest.mark.parametrize(("question", "wanted"), LIGHTEST)
def test_mysql_never_names_what_has_no_weight_the_lightest(
    mysql: Scratch, question: str, wanted: str
) -> None:
    """The CASE before the key runs on a real server, also inside a window, and passes the gate."""
    draft = shop.parsed(question, "mysql").drafts[0]
    statement = check(draft, shop.catalog("mysql")).statement
    assert statement is not None
    assert "CASE WHEN" in statement.sql
    known = wanted.format("WHERE weight_kg IS NOT NULL ORDER BY weight_kg")
    if "RANK" in wanted:
        known = wanted.format("ORDER BY weight_kg")
    with _connected(mysql) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS products")
        cursor.execute(
            "CREATE TABLE products (product_id int PRIMARY KEY, name varchar(40), "
            "brand varchar(40), category_id int, price decimal(8, 2), weight_kg decimal(8, 2))"
        )
        for row in shop.rows()["products"]:
            cursor.execute("INSERT INTO products VALUES (%s, %s, %s, %s, %s, %s)", row)
        cursor.execute(statement.sql)
        mine = sorted(cursor.fetchall())
        cursor.execute(known)
        assert mine == sorted(cursor.fetchall())


def test_postgres_runs_what_is_written_for_it(postgres: Scratch) -> None:
    """Counts per month, top n and anti-joins run on a real PostgreSQL."""
    import psycopg

    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        for statement in (CREATE_ORDERS, FILL_ORDERS):
            connection.execute(statement)
        for question in ("number of orders by month", "number of orders per quarter in 2025"):
            rows = connection.execute(_sql(question, "postgres")).fetchall()
            assert rows


CREATE_ORDERS = (
    "CREATE TABLE IF NOT EXISTS orders (order_id int PRIMARY KEY, customer_id int, store_id int, "
    "order_date date, status text)"
)
FILL_ORDERS = (
    "INSERT INTO orders SELECT i, 1, 1, DATE '2025-01-01' + i * 9, 'open' "
    "FROM generate_series(1, 60) AS i ON CONFLICT DO NOTHING"
)


def test_mysql_runs_what_is_written_for_it(mysql: Scratch) -> None:
    """Counts per unit of time run on a real MySQL or MariaDB."""
    with _connected(mysql) as connection, connection.cursor() as cursor:
        cursor.execute(CREATE_ORDERS)
        for row in shop.rows()["orders"]:
            cursor.execute("INSERT IGNORE INTO orders VALUES (%s, %s, %s, %s, %s)", row)
        for unit in ("day", "week", "month", "quarter", "year"):
            cursor.execute(_sql(f"number of orders per {unit}", "mysql"))
            counted = [row[-1] for row in cursor.fetchall()]
            assert sum(counted) == len(shop.rows()["orders"])


def _connected(mysql: Scratch) -> pymysql.Connection[Any]:
    url = make_url(mysql.owner_url)
    return pymysql.connect(
        host=url.host,
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        database=url.database,
        autocommit=True,
    )


@pytest.mark.parametrize(
    ("dialect", "keys"), [("sqlite", "product_id"), ("duckdb", "product_id, products.name")]
)
def test_the_first_of_keyed_rows_may_lack_anything_else(dialect: str, keys: str) -> None:
    """What is told apart by a key comes first without a weight too, and is grouped by that key."""
    sql = _sql("name, weight and id of the product with the most order lines", dialect)
    assert "NULL" not in sql
    assert f"GROUP BY products.{keys}" in sql
