"""A little shop for knowledge to speak of."""

from __future__ import annotations

from forerun import knowledge
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table

CUSTOMERS = Table(
    "customers",
    (
        Column("id", "INTEGER", Kind.INTEGER),
        Column("name", "TEXT", Kind.TEXT),
        Column("country", "TEXT", Kind.TEXT),
        Column("segment", "TEXT", Kind.TEXT),
        Column("email", "TEXT", Kind.TEXT, comment="For receipts."),
    ),
    primary_key=("id",),
    unique=(("email",), ("name", "country")),
    comment="Who buys",
)
ORDERS = Table(
    "orders",
    (
        Column("id", "INTEGER", Kind.INTEGER),
        Column("customer_id", "INTEGER", Kind.INTEGER),
        Column("status", "TEXT", Kind.TEXT),
        Column("ordered_on", "DATE", Kind.DATE),
        Column("shipped_on", "DATE", Kind.DATE),
        Column("amount", "DECIMAL(10, 2)", Kind.DECIMAL),
    ),
    primary_key=("id",),
    foreign_keys=(ForeignKey(("customer_id",), "customers", ("id",)),),
)
FILE = "shop.forerun.yaml"


def catalog(dialect: str = "sqlite") -> Catalog:
    return Catalog("shop", dialect, (CUSTOMERS, ORDERS))


def known(text: str, dialect: str = "sqlite") -> Catalog:
    """The shop with what `text` says of it."""
    return knowledge.enrich(catalog(dialect), knowledge.read(text, FILE), FILE)
