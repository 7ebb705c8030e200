"""A PyMySQL connection as a wall: read only, clean, one query at a time, cancellable."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pymysql.connections import Connection
from pymysql.cursors import Cursor

from forerun.adapters.databases.masking import masked
from forerun.adapters.databases.mysql_failures import ERRORS, connect_failure, statement_failure
from forerun.adapters.databases.mysql_url import driver_arguments, unverifying
from forerun.adapters.databases.server import (
    CANCEL_TIMEOUT_S,
    CONNECT_TIMEOUT_S,
    GRACE_S,
    LONGEST_LOCK_WAIT_S,
    break_line,
)
from forerun.errors import ForerunError

COM_RESET_CONNECTION = 0x1F

HARMFUL_MODES = frozenset(
    {
        "ANSI", "ANSI_QUOTES", "DB2", "HIGH_NOT_PRECEDENCE", "MAXDB", "MSSQL", "MYSQL323",
        "MYSQL40", "NO_BACKSLASH_ESCAPES", "ORACLE", "PIPES_AS_CONCAT", "POSTGRESQL",
    }
)  # fmt: skip
"""Modes in which the server reads quotes, backslashes, NOT or || otherwise than the gate does."""

_SETTINGS = (
    "SET SESSION {timeout}, lock_wait_timeout = {lock_wait_s}, sql_mode = '{modes}', "
    "character_set_client = utf8mb4, character_set_connection = utf8mb4, "
    "character_set_results = utf8mb4"
)
_BEGIN = "START TRANSACTION READ ONLY"
_BEGINS_WITH = re.compile(r"\s*WITH\b", re.IGNORECASE)


if TYPE_CHECKING:  # generic in its stubs only
    _Connection = Connection[Cursor]
else:
    _Connection = Connection


class Session(_Connection):
    """PyMySQL's connection, with what it has no public method for (pinned below 2.0)."""

    modes: str = ""
    _read_timeout: float | None
    _result: Any
    _sock: Any
    _execute_command: Callable[[int, bytes], None]
    _read_ok_packet: Callable[[], object]
    get_server_info: Callable[[], str]
    thread_id: Callable[[], int]

    def _create_ssl_ctx(self, settings: ssl.SSLContext | dict[str, object]) -> ssl.SSLContext:
        """Empty settings mean TLS where the server has it, which asks nobody who answers."""
        return settings if isinstance(settings, ssl.SSLContext) else unverifying()

    def give_up_after(self, seconds: float) -> None:
        """How long the server may be silent."""
        self._read_timeout = seconds

    def reset(self) -> None:
        """Roll back, and drop locks, variables, settings and temporary tables of the session."""
        self._execute_command(COM_RESET_CONNECTION, b"")
        self._read_ok_packet()

    @property
    def is_mariadb(self) -> bool:
        return "mariadb" in self.get_server_info().lower()

    def abandon_rows(self) -> None:
        """Close, should rows be under way: the protocol has no other way to stop them."""
        if self._result is not None and self._result.unbuffered_active:
            self._result.unbuffered_active = False
            self.close()

    def fileno(self) -> int:
        return int(self._sock.fileno())


class MySQLDriver:
    """How `Sessions` speaks to MySQL and MariaDB."""

    errors: tuple[type[Exception], ...] = ERRORS

    def __init__(self, url: str) -> None:
        self._shown = masked(url)
        self._arguments = driver_arguments(url)

    def open(self) -> Session:
        session = self._connect(CONNECT_TIMEOUT_S)
        try:
            [(modes,)] = all_rows(session, "SELECT @@SESSION.sql_mode")
        except ERRORS as error:
            session.close()
            raise connect_failure(error, self._shown) from None
        session.modes = ",".join(m for m in str(modes).split(",") if m not in HARMFUL_MODES)
        return session

    def _connect(self, timeout_s: float) -> Session:
        try:
            return Session(
                **self._arguments,
                charset="utf8mb4",
                connect_timeout=timeout_s,
                read_timeout=timeout_s,
                write_timeout=timeout_s,
                local_infile=False,
                client_flag=0,  # CLIENT.MULTI_STATEMENTS stays off
                program_name="forerun",
            )
        except (*ERRORS, RuntimeError, IndexError, ValueError) as error:  # garbage breaks parsers
            raise connect_failure(error, self._shown) from None

    def begin(self, connection: Session, timeout_s: float) -> None:
        connection.give_up_after(CONNECT_TIMEOUT_S)
        timeout = (
            f"max_statement_time = {max(timeout_s, 0.001):.3f}"
            if connection.is_mariadb
            else f"max_execution_time = {max(1, round(1_000 * timeout_s))}"
        )
        lock_wait_s = max(1, round(min(timeout_s, LONGEST_LOCK_WAIT_S)))
        with connection.cursor() as cursor:
            cursor.execute(
                _SETTINGS.format(timeout=timeout, lock_wait_s=lock_wait_s, modes=connection.modes)
            )
            cursor.execute(_BEGIN)
        connection.give_up_after(timeout_s + GRACE_S)

    def end(self, connection: Session) -> bool:
        if not connection.open:
            return False
        connection.give_up_after(CONNECT_TIMEOUT_S)
        try:
            connection.reset()
        except ERRORS:
            return False
        return True

    def cancel(self, connection: Session) -> None:
        with closing(self._connect(CANCEL_TIMEOUT_S)) as other, other.cursor() as cursor:
            cursor.execute(f"KILL QUERY {connection.thread_id()}")

    def cut(self, connection: Session) -> None:
        break_line(connection.fileno())

    def close(self, connection: Session) -> None:
        if connection.open:
            connection.close()

    def failure(self, error: Exception) -> ForerunError:
        return statement_failure(error, self._shown)


def all_rows(session: Session, query: str) -> Sequence[tuple[Any, ...]]:
    """Every row of one of our own, bounded queries."""
    with session.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def as_query(sql: str) -> str:
    """`sql` in a form that the server's grammar takes for a query or not at all.

    Whatever begins with a parenthesis is a query, so SET PASSWORD (allowed to every user, even in
    a read-only transaction), DO, CALL, HANDLER and KILL are never parsed. MariaDB has no
    parenthesised WITH; what begins with WITH is a query too, or a writing statement, which the
    transaction refuses.
    """
    return sql if _BEGINS_WITH.match(sql) else f"({sql}\n)"
