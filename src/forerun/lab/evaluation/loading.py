"""PostgreSQL dumps: each loaded into a scratch database of its own, dropped afterwards."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
from anyio import to_thread

from forerun.errors import BadDatabaseURL, DatabaseUnreachable, MissingExtra, UnreadableFile

if TYPE_CHECKING:
    import psycopg


@asynccontextmanager
async def scratch_database(server: str, dump: Path) -> AsyncIterator[str]:
    """The URL of a fresh database on `server` that holds what `dump` creates.

    Errors: `DatabaseUnreachable`; `UnreadableFile` where the dump does not load.
    """
    name = f"{dump.stem[:40].lower()}_{uuid.uuid4().hex[:8]}"
    try:
        yield await to_thread.run_sync(_create, server, name, dump)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(_drop, server, name)


async def check_server(server: str) -> None:
    """Raise `BadDatabaseURL` or `DatabaseUnreachable` unless `server` can be connected to."""
    if urlsplit(server).scheme not in ("postgresql", "postgres"):
        raise BadDatabaseURL(
            "--postgres is not the URL of a PostgreSQL server.",
            "Write postgresql://user:password@host:5432/postgres.",
        )
    await to_thread.run_sync(_touch, server)


def _touch(server: str) -> None:
    with _connected(server):
        return


def _create(server: str, name: str, dump: Path) -> str:
    with _connected(server) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    with _connected(url) as connection:
        _load(connection, dump)
    return url


def _drop(server: str, name: str) -> None:
    with _connected(server) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _load(connection: psycopg.Connection, dump: Path) -> None:
    import psycopg

    try:
        for statements, copied in _pieces(dump.read_text(encoding="utf-8")):
            if statements.strip():
                connection.execute(statements.encode())
            if copied is not None:
                command, rows = copied
                with connection.cursor().copy(command.encode()) as copy:
                    copy.write(rows)
    except (OSError, UnicodeDecodeError, psycopg.Error) as error:
        raise UnreadableFile(
            f"{dump.name} does not load into PostgreSQL: {error}",
            "It must fill an empty database; pg_dump --no-owner writes such files.",
        ) from error


def _pieces(script: str) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """Statements, each time up to the next `COPY … FROM stdin;` with the rows that follow it.

    Lines that begin with a backslash are psql's own commands and left out.
    """
    statements: list[str] = []
    lines = iter(script.splitlines(keepends=True))
    for line in lines:
        if line.startswith("COPY ") and line.rstrip().lower().endswith(" from stdin;"):
            rows = "".join(takewhile(lambda row: row.rstrip() != "\\.", lines))
            yield "".join(statements), (line.rstrip().rstrip(";"), rows)
            statements.clear()
        elif not line.startswith("\\"):
            statements.append(line)
    yield "".join(statements), None


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    try:
        import psycopg
    except ModuleNotFoundError:
        raise MissingExtra("postgres", "Loading PostgreSQL dumps") from None
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(
            f"The PostgreSQL server for the dumps does not answer: {error}",
            "Check the URL, and that its user may create databases.",
        ) from error
    with connection:
        yield connection
