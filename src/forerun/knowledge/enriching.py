"""A catalog with what the team knows: one place where the two are brought together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from forerun.domain import (
    Catalog,
    Column,
    ColumnKnowledge,
    ForeignKey,
    Kind,
    Knowledge,
    Metric,
    Table,
    TableKnowledge,
)
from forerun.knowledge.places import Place, did_you_mean

_TELLS_TIME = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TEXT})


def enrich(catalog: Catalog, knowledge: Knowledge, file: str) -> Catalog:
    """The catalog with descriptions, names, metrics; without what is hidden.

    Raises `BadKnowledge` where the knowledge names what the database does not have.
    """
    place = Place(file)
    known = _known_tables(catalog, knowledge, place.at("tables"))
    hidden = {key: _hidden(told) for key, (told, _) in known.items()}
    tables = []
    for table in catalog.tables:
        shown = _without_hidden(table, hidden)
        if table.key in known and shown.columns:
            shown = _told(shown, *known[table.key])
        if shown.columns or not table.columns:
            tables.append(shown)
    enriched = replace(catalog, tables=tuple(tables))
    return _with_sql(enriched, knowledge, place)


def _known_tables(
    catalog: Catalog, knowledge: Knowledge, place: Place
) -> dict[str, tuple[TableKnowledge, Place]]:
    """What is known, by the catalog's own spelling of the tables."""
    known: dict[str, tuple[TableKnowledge, Place]] = {}
    for name, told in knowledge.tables.items():
        table = catalog.table(name)
        if table is None:
            hint = did_you_mean(name, (each.key for each in catalog.tables))
            raise place.at(name).wrong("is no table of the database.", hint)
        if table.key in known:
            raise place.at(name).wrong("is there twice.", "Write both in one place.")
        _check_columns(table, told.columns, place.at(name).at("columns"))
        known[table.key] = (told, place.at(name))
    return known


def _check_columns(table: Table, columns: Mapping[str, ColumnKnowledge], place: Place) -> None:
    seen: set[str] = set()
    for name in columns:
        if table.column(name) is None:
            hint = did_you_mean(name, (column.name for column in table.columns))
            raise place.at(name).wrong(f"is no column of {table.key}.", hint)
        if name.lower() in seen:
            raise place.at(name).wrong("is there twice.", "Write both in one place.")
        seen.add(name.lower())


# --- what is hidden


def _hidden(told: TableKnowledge) -> frozenset[str]:
    return frozenset(name.lower() for name, column in told.columns.items() if column.hidden)


def _without_hidden(table: Table, hidden: Mapping[str, frozenset[str]]) -> Table:
    """The table without its hidden columns and without every key that rests on one, here or there.

    A key that lost a column is none any more: it would tell rows apart that it does not.
    """
    gone = hidden.get(table.key, frozenset())
    by_name = {key.lower(): names for key, names in hidden.items()}

    def is_whole(names: tuple[str, ...]) -> bool:
        return gone.isdisjoint(name.lower() for name in names)

    def still_leads(key: ForeignKey) -> bool:
        there = by_name.get(key.table.lower(), frozenset())
        return is_whole(key.columns) and there.isdisjoint(n.lower() for n in key.referenced)

    return replace(
        table,
        columns=tuple(c for c in table.columns if c.name.lower() not in gone),
        primary_key=table.primary_key if is_whole(table.primary_key) else (),
        foreign_keys=tuple(filter(still_leads, table.foreign_keys)),
        unique=tuple(filter(is_whole, table.unique)),
        hidden=tuple(c.name for c in table.columns if c.name.lower() in gone),
    )


# --- what is told


def _told(table: Table, told: TableKnowledge, place: Place) -> Table:
    by_name = {name.lower(): column for name, column in told.columns.items()}
    return replace(
        table,
        comment=joined(table.comment, told.description),
        columns=tuple(_told_column(c, by_name.get(c.name.lower())) for c in table.columns),
        synonyms=told.synonyms,
        display=tuple(_shown(table, name, place.at("display")).name for name in told.display),
        time=_time(table, told.time, place.at("time")),
    )


def _told_column(column: Column, told: ColumnKnowledge | None) -> Column:
    if told is None:
        return column
    comment = joined(column.comment, told.description)
    return replace(column, comment=comment, synonyms=told.synonyms, unit=told.unit)


def joined(comment: str | None, description: str | None) -> str | None:
    """The database's words first, then the team's, unless one holds the other."""
    said, added = (comment or "").strip(), (description or "").strip()
    if not added or added.casefold() in said.casefold():
        return comment
    if said.casefold() in added.casefold():
        return added
    return f"{said} {added}" if said.endswith((".", "!", "?")) else f"{said}. {added}"


def _time(table: Table, name: str | None, place: Place) -> str | None:
    if name is None:
        return None
    column = _shown(table, name, place)
    is_year = column.kind is Kind.INTEGER and column.name.lower().endswith("year")
    if column.kind not in _TELLS_TIME and not is_year:
        what = f"names {column.name}, which holds {column.type.lower()} and no time."
        raise place.wrong(what, "Name a date, a timestamp, or a text of days such as 2025-12-31.")
    return column.name


def _shown(table: Table, name: str, place: Place) -> Column:
    column = table.column(name)
    if column is None and name.lower() in {hidden.lower() for hidden in table.hidden}:
        raise place.wrong(f"names {name}, which is hidden.", "Name a column that may be seen.")
    if column is None:
        hint = did_you_mean(name, (each.name for each in table.columns))
        raise place.wrong(f"names {name}, which is no column of {table.key}.", hint)
    return column


# --- SQL


def _with_sql(catalog: Catalog, knowledge: Knowledge, place: Place) -> Catalog:
    if not knowledge.metrics and not knowledge.golden_queries:
        return catalog
    from forerun.knowledge import expressions  # loads sqlglot

    for number, query in enumerate(knowledge.golden_queries, start=1):
        at = place.at("golden_queries").at(number).at("sql")
        expressions.checked_golden_query(query, catalog, at)
    metrics = tuple(_metrics(catalog, knowledge, place.at("metrics")))
    return replace(catalog, metrics=metrics, golden_queries=knowledge.golden_queries)


def _metrics(catalog: Catalog, knowledge: Knowledge, place: Place) -> Iterator[Metric]:
    from forerun.knowledge import expressions

    for metric in knowledge.metrics:
        at = place.at(metric.name)
        table = catalog.table(metric.table)
        if table is None:
            hint = did_you_mean(metric.table, (each.key for each in catalog.tables))
            what = f"names {metric.table}, which is no table of the database."
            raise at.at("table").wrong(what, hint)
        expressions.checked_metric(metric, table, catalog.dialect, at.at("sql"))
        yield replace(metric, table=table.key)
