"""Databases as they really are: embedded files, servers, and whatever SQLAlchemy reaches."""

from __future__ import annotations

from pathlib import Path

from forerun.adapters.databases.urls import Engine, FileTarget, ServerTarget, masked, read_url
from forerun.adapters.databases.whereabouts import whereabouts
from forerun.errors import MissingExtra
from forerun.ports import Database

__all__ = ["connect", "file_of", "masked", "whereabouts"]

_EXTRAS = {Engine.POSTGRES: "postgres", Engine.MYSQL: "mysql", Engine.GENERIC: "sqlalchemy"}


def connect(url: str) -> Database:
    """The database at `url` (see `urls.read_url` for what may be written). Cheap.

    That a file is there and of what kind is found out at once; opening, loading and reaching
    wait for the first statement, in a worker thread. Raises `BadDatabaseURL`,
    `DatabaseNotFound`, `UnreadableFile` or `MissingExtra`.
    """
    target = read_url(url)
    if isinstance(target, FileTarget):
        return _open_file(target)
    try:
        return _reach_server(target)
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
        raise MissingExtra(_EXTRAS[target.engine], f"The database {masked(url)}") from missing


def file_of(url: str) -> Path | None:
    """The file or folder that is asked at `url`; None for a server. Raises as `connect` does."""
    target = read_url(url)
    return target.path if isinstance(target, FileTarget) else None


def _open_file(target: FileTarget) -> Database:
    """Each engine is imported only when it is asked for: start-up time counts."""
    if target.engine is Engine.SQLITE:
        from forerun.adapters.databases import sqlite

        return sqlite.open_file(target.path)
    if target.engine is Engine.DUCKDB:
        from forerun.adapters.databases import duckdb

        return duckdb.open_file(target.path)
    from forerun.adapters.databases import files

    return files.open_files(target.path)


def _reach_server(target: ServerTarget) -> Database:
    if target.engine is Engine.POSTGRES:
        from forerun.adapters.databases.postgres import PostgresDatabase

        return PostgresDatabase(target.url)
    if target.engine is Engine.MYSQL:
        from forerun.adapters.databases.mysql import MySQLDatabase

        return MySQLDatabase(target.url)
    from forerun.adapters.databases.generic import GenericDatabase

    return GenericDatabase(target.url)
