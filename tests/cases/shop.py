"""The little shop that the golden SQL speaks of: its catalog, and the SQL that fills it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forerun.domain import Catalog, Column, Kind, Table

FOLDER = Path(__file__).parent
DIALECTS = ("duckdb", "sqlite", "postgres", "mysql")

TYPES = {
    "int": (Kind.INTEGER, {"": "INTEGER"}),
    "text": (Kind.TEXT, {"": "VARCHAR(100)", "sqlite": "TEXT"}),
    "money": (Kind.DECIMAL, {"": "DECIMAL(10, 2)"}),
    "date": (Kind.DATE, {"": "DATE"}),
    "moment": (Kind.TIMESTAMP, {"": "TIMESTAMP", "mysql": "DATETIME", "sqlite": "TIMESTAMP"}),
    "flag": (Kind.BOOLEAN, {"": "BOOLEAN"}),
    "json": (Kind.JSON, {"": "JSON", "postgres": "JSONB", "sqlite": "TEXT"}),
    "tags": (
        Kind.OTHER,
        {"": "JSON", "duckdb": "VARCHAR[]", "postgres": "TEXT[]", "sqlite": "TEXT"},
    ),
}

SHOP: dict[str, dict[str, str]] = {
    "categories": {"category_id": "int", "name": "text", "parent_id": "int"},
    "customers": {
        "customer_id": "int",
        "name": "text",
        "email": "text",
        "region": "text",
        "created_at": "moment",
        "updated_at": "moment",
        "deleted": "flag",
        "tags": "tags",
        "profile": "json",
    },
    "products": {
        "product_id": "int",
        "name": "text",
        "category_id": "int",
        "price": "money",
    },
    "orders": {
        "order_id": "int",
        "customer_id": "int",
        "status": "text",
        "ordered_on": "date",
        "updated_at": "moment",
    },
    "order_items": {
        "order_id": "int",
        "product_id": "int",
        "quantity": "int",
        "unit_price": "money",
        "discount": "money",
    },
    "quotes": {"product_id": "int", "quoted_at": "moment", "price": "money"},
    "employees": {
        "employee_id": "int",
        "name": "text",
        "manager_id": "int",
        "salary": "money",
        "hired_on": "date",
    },
    "update_log": {"id": "int", "table_name": "text", "created_at": "moment", "message": "text"},
    "Order Notes": {"note id": "int", "order": "int", "Text": "text"},
    "città": {"nome": "text", "größe": "int"},
}

ROWS: dict[str, list[tuple[object, ...]]] = {
    "categories": [(1, "Drinks", None), (2, "Juice", 1), (3, "Water", 1), (4, "Orange", 2)],
    "customers": [
        (1, "Ada", "ada@x.org", "North", "2024-01-05 10:00:00", None, False, ["a", "b"], {"n": 1}),
        (2, "Bob", None, "South", "2024-02-10 11:30:00", "2024-03-01 00:00:00", False, [], {}),
        (3, "Cyd's", "c@x.org", "North", "2024-02-20 12:00:00", None, True, ["b"], {"n": 3}),
    ],
    "products": [(1, "Cola", 1, 1.5), (2, "Orange juice", 4, 2.25), (3, "Still", 3, 0.8)],
    "orders": [
        (1, 1, "shipped", "2024-03-01", "2024-03-02 08:00:00"),
        (2, 1, "open", "2024-03-15", None),
        (3, 2, "shipped", "2024-04-02", "2024-04-03 09:15:00"),
        (4, 3, "returned", "2024-05-20", None),
    ],
    "order_items": [
        (1, 1, 10, 1.5, 0),
        (1, 2, 4, 2.25, 0.25),
        (2, 3, 1, 0.8, None),
        (3, 1, 7, 1.4, 0),
        (4, 2, 2, 2.25, 0),
    ],
    "quotes": [
        (1, "2024-01-01 00:00:00", 1.4),
        (1, "2024-03-10 00:00:00", 1.5),
        (2, "2024-02-01 00:00:00", 2.2),
    ],
    "employees": [
        (1, "Zoe", None, 9000, "2015-01-01"),
        (2, "Yan", 1, 5000, "2018-06-01"),
        (3, "Xia", 2, 4000, "2020-09-15"),
        (4, "Wim", 2, 4100, "2021-02-28"),
    ],
    "update_log": [(1, "orders", "2024-03-02 08:00:00", "DROP TABLE was not run")],
    "Order Notes": [(1, 1, "ring twice"), (2, 3, "leave at door")],
    "città": [("Roma", 3), ("Łódź", 2)],
}


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    sql: str


def cases(kind: str, dialect: str) -> list[Case]:
    """The cases of `hostile` or `legitimate` SQL for one dialect."""
    found: list[Case] = []
    text = (FOLDER / kind / f"{dialect}.sql").read_text("utf-8")
    for part in ("\n" + text).split("\n-- case:")[1:]:
        name, _, sql = part.partition("\n")
        found.append(Case(name.strip(), sql.strip("\n").replace("\\x00", "\x00")))
    return found


def type_of(word: str, dialect: str) -> tuple[Kind, str]:
    kind, names = TYPES[word]
    return kind, names.get(dialect, names[""])


def catalog(dialect: str) -> Catalog:
    """The shop as `read_structure()` would give it."""
    tables = []
    for name, columns in SHOP.items():
        types = {column: type_of(word, dialect) for column, word in columns.items()}
        tables.append(
            Table(
                name,
                tuple(Column(c, type_, kind) for c, (kind, type_) in types.items()),
                rows=len(ROWS[name]),
            )
        )
    return Catalog("shop", dialect, tuple(tables))


def quoted(name: str, dialect: str) -> str:
    return f"`{name}`" if dialect == "mysql" else f'"{name}"'


def literal(value: object, dialect: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and dialect in ("duckdb", "postgres"):
        items = ", ".join(literal(item, dialect) for item in value)
        return f"[{items}]::VARCHAR[]" if dialect == "duckdb" else f"ARRAY[{items}]::TEXT[]"
    if isinstance(value, list | dict):
        import json

        value = json.dumps(value)
    return "'" + str(value).replace("'", "''") + "'"


def setup(dialect: str) -> list[str]:
    """The statements that make and fill the shop."""
    statements = []
    for name, columns in SHOP.items():
        body = ", ".join(
            f"{quoted(column, dialect)} {type_of(word, dialect)[1]}"
            for column, word in columns.items()
        )
        statements.append(f"CREATE TABLE {quoted(name, dialect)} ({body})")
        values = ", ".join(
            "(" + ", ".join(literal(cell, dialect) for cell in row) + ")" for row in ROWS[name]
        )
        statements.append(f"INSERT INTO {quoted(name, dialect)} VALUES {values}")
    return statements
