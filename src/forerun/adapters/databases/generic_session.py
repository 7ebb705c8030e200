"""A connection of any SQLAlchemy dialect, as safe as its driver lets it be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy
from sqlalchemy import exc
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from forerun.adapters.databases.masking import HIDDEN, masked
from forerun.errors import (
    BadDatabaseURL,
    DatabaseDenied,
    DatabaseUnreachable,
    ForerunError,
    StatementFailed,
)

READ_ONLY: Mapping[str, str] = {
    "cockroachdb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""How a transaction is made read only, where that is known; elsewhere only the role can be."""

SQLGLOT_NAMES: Mapping[str, str] = {
    "awsathena": "athena",
    "clickhousedb": "clickhouse",
    "cockroachdb": "postgres",
    "exa": "exasol",
    "mssql": "tsql",
    "postgresql": "postgres",
    "mariadb": "mysql",
    "teradatasql": "teradata",
}
"""SQLAlchemy's names of dialects that sqlglot calls otherwise."""

SHORTEST_SECRET = 4
_DENIED_SIGNS = ("password", "denied", "authenticat", "login", "unauthorized", "not authorized")


@dataclass(slots=True)
class Session:
    """A connection, and the cursor that is at work on it."""

    connection: sqlalchemy.Connection
    cursor: Any = None

    @property
    def driver(self) -> Any:
        return self.connection.connection.driver_connection

    def execute(self, sql: str) -> Any:
        """A DB-API cursor with the result of `sql`, sent as it is."""
        self.cursor = self.connection.connection.cursor()
        self.cursor.execute(sql)
        return self.cursor


class GenericDriver:
    """How `Sessions` speaks to whatever SQLAlchemy reaches. Raises `BadDatabaseURL`."""

    def __init__(self, url: str) -> None:
        self._shown = masked(url)
        try:
            parsed = sqlalchemy.make_url(url.strip())
            self.engine = sqlalchemy.create_engine(parsed, poolclass=NullPool)
        except exc.NoSuchModuleError:
            raise BadDatabaseURL(
                f"No installed package lets SQLAlchemy read {self._shown}.",
                "Install the SQLAlchemy dialect of that database, with its driver.",
            ) from None
        except ModuleNotFoundError as missing:
            raise BadDatabaseURL(
                f"{self._shown} needs the package {missing.name}, which is not installed.",
                f"pip install {missing.name}",
            ) from None
        except (exc.ArgumentError, ValueError):
            raise BadDatabaseURL(
                f"{self._shown} cannot be read.", "Write it as SQLAlchemy's documentation shows."
            ) from None
        self._secrets = _secrets(parsed)
        self.errors: tuple[type[Exception], ...]
        driver_errors = cast("type[Exception]", self.engine.dialect.loaded_dbapi.Error)
        self.errors = (exc.SQLAlchemyError, driver_errors, OSError, UnicodeError)

    def open(self) -> Session:
        try:
            return Session(self.engine.connect())
        except self.errors as error:
            words = self._words(error)
            if any(sign in words.lower() for sign in _DENIED_SIGNS):
                raise DatabaseDenied(
                    f"The database does not let us in at {self._shown}: {words}.",
                    "Check user and password in the URL.",
                ) from None
            raise DatabaseUnreachable(
                f"The database cannot be reached at {self._shown}: {words}.",
                "Check that it runs, and host and port of the URL.",
            ) from None

    def begin(self, connection: Session, timeout_s: float) -> None:
        read_only = READ_ONLY.get(self.engine.dialect.name)
        if read_only is not None:
            connection.execute(read_only).close()

    def end(self, connection: Session) -> bool:
        """Roll back, in SQLAlchemy's books and in the driver's; then close."""
        try:
            connection.connection.rollback()
            connection.connection.connection.rollback()
        except self.errors:
            pass
        return False  # nothing is known that would undo what a session keeps beyond that

    def cancel(self, connection: Session) -> None:
        """By whichever method the driver has; a driver without one is waited for."""
        for owner, method in (
            (connection.cursor, "cancel"),
            (connection.driver, "cancel"),
            (connection.driver, "interrupt"),
        ):
            stop = getattr(owner, method, None)
            if stop is not None:
                stop()
                return

    def cut(self, connection: Session) -> None:
        self.cancel(connection)

    def close(self, connection: Session) -> None:
        try:
            connection.connection.close()
        except self.errors:
            connection.connection.invalidate()

    def failure(self, error: Exception) -> ForerunError:
        original = getattr(error, "orig", None) or error
        if isinstance(original, OSError) or self._means_lost(original):
            return DatabaseUnreachable(
                f"The connection to {self._shown} was lost: {self._words(error)}.",
                "Check that the database runs, then ask again.",
            )
        return StatementFailed(self._words(error))

    def _means_lost(self, error: Exception) -> bool:
        driver_error = self.engine.dialect.loaded_dbapi.Error
        return isinstance(error, driver_error) and self.engine.dialect.is_disconnect(
            error, None, None
        )

    def _words(self, error: Exception) -> str:
        """SQLAlchemy's message would repeat the statement and link to its own pages."""
        words = " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".")
        for secret in self._secrets:
            words = words.replace(secret, HIDDEN)
        return words


def _secrets(url: URL) -> list[str]:
    """Whatever of the URL is not to be shown: its password and the values of its parameters."""
    values = [str(url.password)] if url.password else []
    for value in url.query.values():
        values += [value] if isinstance(value, str) else list(value)
    return [value for value in values if len(value) >= SHORTEST_SECRET]
