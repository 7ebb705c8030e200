"""A catalog as caches keep it: structure, what the team knows, and the values that were seen."""

from __future__ import annotations

from forerun.domain import Catalog, Column, ForeignKey, GoldenQuery, Kind, Metric, Table
from forerun.wire.cells import cells_from_kept, cells_to_kept
from forerun.wire.reading import (
    Fields,
    Kept,
    dumped,
    flag,
    loaded,
    optional_text,
    optional_whole,
    several,
    text,
    texts,
)


def catalog_to_kept(catalog: Catalog) -> str:
    """All of a catalog. Raises ValueError where a sample could not be given back as it is."""
    return dumped(catalog, _catalog_to_kept)


def catalog_from_kept(text: str) -> Catalog:
    """The same catalog. Raises ValueError, and nothing else, for what was not kept by us."""
    return loaded(text, _catalog)


def _catalog_to_kept(catalog: Catalog) -> Fields:
    return {
        "database": catalog.database,
        "dialect": catalog.dialect,
        "tables": [_table_to_kept(table) for table in catalog.tables],
        "metrics": [
            [metric.name, metric.table, metric.sql, metric.synonyms, metric.description]
            for metric in catalog.metrics
        ],
        "golden_queries": [[golden.question, golden.sql] for golden in catalog.golden_queries],
    }


def _catalog(kept: Fields) -> Catalog:
    return Catalog(
        database=text(kept["database"]),
        dialect=text(kept["dialect"]),
        tables=several(kept["tables"], _table),
        metrics=several(kept["metrics"], _metric),
        golden_queries=several(kept["golden_queries"], _golden_query),
    )


def _table_to_kept(table: Table) -> Kept:
    return {
        "name": table.name,
        "columns": [_column_to_kept(column) for column in table.columns],
        "schema": table.schema,
        "primary_key": table.primary_key,
        "foreign_keys": [[key.columns, key.table, key.referenced] for key in table.foreign_keys],
        "unique": table.unique,
        "comment": table.comment,
        "rows": table.rows,
        "rows_estimated": table.rows_estimated,
        "is_view": table.is_view,
        "synonyms": table.synonyms,
        "display": table.display,
        "time": table.time,
        "hidden": table.hidden,
    }


def _table(kept: Kept) -> Table:
    return Table(
        name=text(kept["name"]),
        columns=several(kept["columns"], _column),
        schema=optional_text(kept["schema"]),
        primary_key=texts(kept["primary_key"]),
        foreign_keys=several(kept["foreign_keys"], _foreign_key),
        unique=several(kept["unique"], texts),
        comment=optional_text(kept["comment"]),
        rows=optional_whole(kept["rows"]),
        rows_estimated=flag(kept["rows_estimated"]),
        is_view=flag(kept["is_view"]),
        synonyms=texts(kept["synonyms"]),
        display=texts(kept["display"]),
        time=optional_text(kept["time"]),
        hidden=texts(kept["hidden"]),
    )


def _column_to_kept(column: Column) -> Kept:
    return [
        column.name,
        column.type,
        column.kind.value,
        column.nullable,
        column.comment,
        cells_to_kept(column.samples),
        column.samples_complete,
        column.synonyms,
        column.unit,
    ]


def _column(kept: Kept) -> Column:
    name, type_, kind, nullable, comment, samples, complete, synonyms, unit = kept
    return Column(
        text(name),
        text(type_),
        Kind(kind),
        flag(nullable),
        optional_text(comment),
        tuple(cells_from_kept(samples)),
        flag(complete),
        texts(synonyms),
        optional_text(unit),
    )


def _foreign_key(kept: Kept) -> ForeignKey:
    columns, table, referenced = kept
    return ForeignKey(texts(columns), text(table), texts(referenced))


def _metric(kept: Kept) -> Metric:
    name, table, sql, synonyms, description = kept
    return Metric(text(name), text(table), text(sql), texts(synonyms), optional_text(description))


def _golden_query(kept: Kept) -> GoldenQuery:
    question, sql = kept
    return GoldenQuery(text(question), text(sql))
