"""Tables of any SQLAlchemy dialect, by its inspector's set-based calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy
from sqlalchemy.engine import reflection
from sqlalchemy.exc import CompileError, UnsupportedCompilationError

from forerun.adapters.databases.kinds import kind_of
from forerun.domain import Column, ForeignKey, Table

_EVERY = reflection.ObjectKind.ANY


def read_tables(connection: sqlalchemy.Connection) -> tuple[Table, ...]:
    """Tables and views of the default schema. How many queries that takes is the dialect's choice.

    Row counts are not known.
    """
    inspector = sqlalchemy.inspect(connection)
    columns = inspector.get_multi_columns(kind=_EVERY)
    primary = _where_known(inspector.get_multi_pk_constraint)
    foreign = _where_known(inspector.get_multi_foreign_keys)
    unique = _where_known(inspector.get_multi_unique_constraints)
    comments = _where_known(inspector.get_multi_table_comment)
    views = set(inspector.get_view_names())
    return tuple(
        Table(
            name=name,
            columns=tuple(_column(found, connection.dialect) for found in columns[schema, name]),
            primary_key=tuple((primary.get((schema, name)) or {}).get("constrained_columns", ())),
            foreign_keys=tuple(_foreign_key(key) for key in foreign.get((schema, name), ())),
            unique=tuple(tuple(k["column_names"]) for k in unique.get((schema, name), ())),
            comment=(comments.get((schema, name)) or {}).get("text"),
            is_view=name in views,
        )
        for schema, name in sorted(columns, key=str)
    )


def _where_known(reflect: Callable[[], Mapping[Any, Any]]) -> Mapping[Any, Any]:
    """Not every dialect can tell of keys or comments."""
    try:
        return reflect()
    except NotImplementedError:
        return {}


def _column(found: Mapping[str, Any], dialect: sqlalchemy.Dialect) -> Column:
    try:
        type_name = str(found["type"].compile(dialect))
    except (CompileError, UnsupportedCompilationError):
        type_name = str(found["type"].__class__.__name__).upper()
    return Column(
        name=found["name"],
        type=type_name,
        kind=kind_of(type_name),
        nullable=bool(found.get("nullable", True)),
        comment=found.get("comment"),
    )


def _foreign_key(key: Mapping[str, Any]) -> ForeignKey:
    schema = key.get("referred_schema")
    table = f"{schema}.{key['referred_table']}" if schema else key["referred_table"]
    return ForeignKey(tuple(key["constrained_columns"]), table, tuple(key["referred_columns"]))
