"""Databases as they really are: embedded files, servers, and whatever SQLAlchemy reaches."""

from __future__ import annotations

from forerun.adapters.databases.urls import Engine, Target, masked, read_url
from forerun.errors import MissingExtra
from forerun.ports import Database

__all__ = ["connect", "masked"]


def connect(url: str) -> Database:
    """The database at `url` (see `urls.read_url` for what may be written). Cheap.

    Embedded files are opened at once, so that a missing, locked or broken one is told before
    the first question; data files load and servers are reached with the first statement.
    Raises `BadDatabaseURL`, `DatabaseNotFound`, `UnreadableFile`, `DatabaseLocked` or
    `MissingExtra`.
    """
    target = read_url(url)
    if target.path is not None:
        return _open_file(target)
    try:
        return _reach_server(target)
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
        extra = "mysql" if target.engine is Engine.MYSQL else "postgres"
        raise MissingExtra(extra, f"The database {masked(url)}") from missing


def _open_file(target: Target) -> Database:
    """Each engine is imported only when it is asked for: start-up time counts."""
    assert target.path is not None
    if target.engine is Engine.SQLITE:
        from forerun.adapters.databases.sqlite import SQLiteDatabase

        return SQLiteDatabase(target.path)
    if target.engine is Engine.DUCKDB:
        from forerun.adapters.databases.duckdb import DuckDBDatabase

        return DuckDBDatabase(target.path)
    from forerun.adapters.databases.files import FilesDatabase

    return FilesDatabase(target.path)


def _reach_server(target: Target) -> Database:
    if target.engine is Engine.POSTGRES:
        from forerun.adapters.databases.postgres import PostgresDatabase

        return PostgresDatabase(target.url)
    if target.engine is Engine.MYSQL:
        from forerun.adapters.databases.mysql import MySQLDatabase

        return MySQLDatabase(target.url)
    from forerun.adapters.databases.generic import GenericDatabase

    return GenericDatabase(target.url)
