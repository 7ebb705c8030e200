"""The structure of a database as JSON; no stored values."""

from __future__ import annotations

from typing import TypedDict

from forerun.domain import Catalog, Table


class CatalogColumnJSON(TypedDict):
    name: str
    type: str
    kind: str
    nullable: bool
    comment: str | None
    synonyms: list[str]
    unit: str | None


class ForeignKeyJSON(TypedDict):
    columns: list[str]
    table: str
    referenced: list[str]


class TableJSON(TypedDict):
    name: str
    schema: str | None
    is_view: bool
    rows: int | None
    rows_estimated: bool
    comment: str | None
    primary_key: list[str]
    foreign_keys: list[ForeignKeyJSON]
    synonyms: list[str]
    display: list[str]
    time: str | None
    columns: list[CatalogColumnJSON]


class MetricJSON(TypedDict):
    name: str
    table: str
    sql: str
    synonyms: list[str]
    description: str | None


class CatalogJSON(TypedDict):
    database: str
    dialect: str
    fingerprint: str
    tables: list[TableJSON]
    metrics: list[MetricJSON]


def catalog_to_json(catalog: Catalog) -> CatalogJSON:
    """Tables, columns and keys; no stored values."""
    return {
        "database": catalog.database,
        "dialect": catalog.dialect,
        "fingerprint": catalog.fingerprint,
        "tables": [_table(table) for table in catalog.tables],
        "metrics": [
            {
                "name": metric.name,
                "table": metric.table,
                "sql": metric.sql,
                "synonyms": list(metric.synonyms),
                "description": metric.description,
            }
            for metric in catalog.metrics
        ],
    }


def _table(table: Table) -> TableJSON:
    return {
        "name": table.name,
        "schema": table.schema,
        "is_view": table.is_view,
        "rows": table.rows,
        "rows_estimated": table.rows_estimated,
        "comment": table.comment,
        "primary_key": list(table.primary_key),
        "foreign_keys": [
            {
                "columns": list(key.columns),
                "table": key.table,
                "referenced": list(key.referenced),
            }
            for key in table.foreign_keys
        ],
        "synonyms": list(table.synonyms),
        "display": list(table.display),
        "time": table.time,
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "kind": column.kind.value,
                "nullable": column.nullable,
                "comment": column.comment,
                "synonyms": list(column.synonyms),
                "unit": column.unit,
            }
            for column in table.columns
        ],
    }
