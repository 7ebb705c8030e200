"""A psycopg connection as a wall: read only, clean, one query at a time, cancellable."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from forerun.adapters.databases.masking import HIDDEN, masked
from forerun.adapters.databases.postgres_values import adapt
from forerun.adapters.databases.server import (
    CANCEL_TIMEOUT_S,
    CONNECT_TIMEOUT_S,
    GRACE_S,
    LONGEST_LOCK_WAIT_S,
    break_line,
)
from forerun.errors import (
    BadDatabaseURL,
    DatabaseDenied,
    DatabaseLocked,
    DatabaseNotFound,
    DatabaseUnreachable,
    ForerunError,
    StatementFailed,
    StatementTimedOut,
)

Session: TypeAlias = psycopg.Connection[TupleRow]

# pg_catalog goes first and pg_temp last whatever the role's own path says, so that nobody's
# function or table can stand in for the server's. SET LOCAL ends with the transaction.
# PostgreSQL hears no cancellation while LLVM inlines and optimises (some 150 ms); plain compilation
# is over in a few, and what it gives is as quick on queries of seconds.
BEGIN = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {statement_ms};
SET LOCAL lock_timeout = {lock_ms};
SET LOCAL idle_in_transaction_session_timeout = {idle_ms};
SET LOCAL standard_conforming_strings = on;
SET LOCAL datestyle = 'ISO';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL synchronize_seqscans = off;
SET LOCAL jit_inline_above_cost = -1;
SET LOCAL jit_optimize_above_cost = -1;
SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog', (
  SELECT pg_catalog.string_agg(pg_catalog.quote_ident(place.name), ', ' ORDER BY place.position)
  FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS place(name, position)
  WHERE place.name OPERATOR(pg_catalog.<>) 'pg_catalog'
), 'pg_temp'), true);
"""
# Advisory locks of a session are the one thing a query can leave behind a rollback.
END = "ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all()"

QUERY_CANCELED = "57014"
LOCK_NOT_AVAILABLE = "55P03"
DENIED = ("28",)
CONNECTION_LOST = ("0800", "57P", "53300", "25P03")  # but not 08P01: a statement with $1 in it
DENIED_SIGNS = (
    "password authentication failed", "no password supplied", "authentication failed",
    "pg_hba.conf", "permission denied", "not permitted to log in", 'role "',
)  # fmt: skip
_QUOTED = re.compile(r'"([^"]*)"')
_ADVICE = re.compile(r"^\t.*$", re.MULTILINE)
"""`Is the server running on that host …?`, on an indented line of its own."""


class PostgresDriver:
    """How `Sessions` speaks to PostgreSQL."""

    errors: tuple[type[Exception], ...] = (psycopg.Error, OSError, UnicodeError)

    def __init__(self, url: str) -> None:
        self._shown = masked(url)
        scheme, _, rest = url.strip().partition("://")
        family = scheme.partition("+")[0]  # SQLAlchemy's postgresql+driver://
        try:
            self._target: dict[str, Any] = conninfo_to_dict(f"{family.lower()}://{rest}")
        except psycopg.ProgrammingError as error:
            # libpq quotes what it stumbled over, which may be a piece of the password.
            trouble = _one_line(error).partition('"')[0].rstrip(": ")
            raise BadDatabaseURL(
                f"{self._shown} cannot be read: {trouble}.",
                "Write postgresql://user:password@host:5432/name, with signs such as @ / # ? : "
                "in the password percent-encoded (@ as %40).",
            ) from None

    def open(self) -> Session:
        session = psycopg.connect(
            make_conninfo(
                **self._target | {
                    "application_name": "forerun",
                    "client_encoding": "utf8",
                    "connect_timeout": round(CONNECT_TIMEOUT_S),
                    "tcp_user_timeout": round(2_000 * CONNECT_TIMEOUT_S),
                }
            ),
            autocommit=True,  # transactions are begun and ended here, in words
            prepare_threshold=None,
        )  # fmt: skip
        adapt(session.adapters)
        return session

    def begin(self, connection: Session, timeout_s: float) -> None:
        connection.execute(
            BEGIN.format(
                statement_ms=_milliseconds(timeout_s),
                lock_ms=_milliseconds(min(timeout_s, LONGEST_LOCK_WAIT_S)),
                idle_ms=_milliseconds(timeout_s + GRACE_S),
            ).encode()
        )

    def end(self, connection: Session) -> bool:
        if connection.closed:
            return False
        try:
            connection.execute(END)
        except psycopg.Error:
            return False
        return connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE

    def cancel(self, connection: Session) -> None:
        connection.cancel_safe(timeout=CANCEL_TIMEOUT_S)

    def cut(self, connection: Session) -> None:
        break_line(connection.fileno())

    def close(self, connection: Session) -> None:
        connection.close()

    def failure(self, error: Exception) -> ForerunError:
        if isinstance(error, UnicodeError):
            return StatementFailed("The statement or a value of its result is not valid text.")
        if isinstance(error, psycopg.Error) and error.sqlstate is not None:
            return self._of_sqlstate(error, error.sqlstate)
        if isinstance(error, psycopg.Error) and not isinstance(error, psycopg.OperationalError):
            return StatementFailed(_one_line(error))
        return self._of_connection(error)

    def _of_sqlstate(self, error: psycopg.Error, sqlstate: str) -> ForerunError:
        words = error.diag.message_primary or _one_line(error)
        if sqlstate == QUERY_CANCELED:
            return StatementTimedOut(
                f"PostgreSQL stopped the statement: {words}.",
                "Ask for less (fewer rows, a shorter period), or raise the statement timeout.",
            )
        if sqlstate == LOCK_NOT_AVAILABLE:
            return DatabaseLocked(
                f"A table is locked by somebody else: {words}.", "Ask again in a moment."
            )
        if sqlstate.startswith(DENIED):
            return self._denied(words)
        if sqlstate.startswith(CONNECTION_LOST):
            return self._unreachable(words)
        return StatementFailed(*_refusal(error, words))

    def _of_connection(self, error: Exception) -> ForerunError:
        """libpq gives no SQLSTATE for a connection that did not come about, only words."""
        without_advice = _ADVICE.sub("", str(error))
        last = _one_line(without_advice).rpartition(" failed: ")[2]  # of several addresses or hosts
        words = self._without_secret(last.removeprefix("FATAL: "))
        told = words.lower()
        if "database" in told and "does not exist" in told:
            return DatabaseNotFound(
                f"{self._shown}: the server has no such database ({words}).",
                "Check the name after the last slash of the URL.",
            )
        asked_for_password = getattr(getattr(error, "pgconn", None), "used_password", False)
        if asked_for_password or any(sign in told for sign in DENIED_SIGNS):
            return self._denied(words)
        return self._unreachable(words)

    def _denied(self, words: str) -> DatabaseDenied:
        return DatabaseDenied(
            f"PostgreSQL does not let us in at {self._shown}: {words}.",
            "Check user and password in the URL, and that the role may connect (pg_hba.conf).",
        )

    def _unreachable(self, words: str) -> DatabaseUnreachable:
        return DatabaseUnreachable(
            f"PostgreSQL cannot be reached at {self._shown}: {words}.",
            "Check that the server runs, and host, port and TLS settings of the URL.",
        )

    def _without_secret(self, words: str) -> str:
        """libpq quotes pieces of a URL it cannot read; only what may be shown stays."""
        return _QUOTED.sub(lambda q: q[0] if q[1] in self._shown else f'"{HIDDEN}"', words)


def as_query(sql: str) -> str:
    """`sql` in parentheses: whatever begins with one is a query or a syntax error to PostgreSQL.

    So COPY, DO, CALL, SET and COMMIT are never even parsed. Raises `StatementFailed` for a NUL,
    at which the driver would cut the text.
    """
    if "\0" in sql:
        raise StatementFailed("The statement holds a NUL character.")
    return f"({sql}\n)"


def _refusal(error: psycopg.Error, words: str) -> tuple[str, str | None]:
    """The server's own words, and its hint or else the place that it points at."""
    detail = error.diag.message_detail
    return f"{words}: {detail}" if detail else words, error.diag.message_hint or _place(error)


def _place(error: psycopg.Error) -> str | None:
    """The text above the caret of `LINE 1: …` and `^`; positions would count what we added."""
    lines = str(error).splitlines()
    for line, below in pairwise(lines):
        if below.strip() == "^":
            return f"Near: {line[below.index('^') :][:40].rstrip()}"
    return None


def _one_line(error: Exception | str) -> str:
    return " ".join(str(error).split()).rstrip(".?")


def _milliseconds(seconds: float) -> int:
    return max(1, round(1_000 * seconds))  # 0 would mean no limit at all
