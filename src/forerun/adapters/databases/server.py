"""Connections to a database server: few, read only, each statement bounded and cancellable."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from threading import Lock
from typing import Generic, Protocol, TypeVar

import anyio
import anyio.to_thread

from forerun.adapters.databases.fetching import FetchSome, row_bytes
from forerun.adapters.databases.threads import interruptible
from forerun.domain import Value
from forerun.errors import DatabaseUnreachable, ForerunError, StatementFailed

Connection = TypeVar("Connection")
Result = TypeVar("Result")

CONNECTIONS = 5
CONNECT_TIMEOUT_S = 5.0
LONGEST_IDLE_S = 60.0
"""A connection idle for longer may have been dropped on the way, so a new one is opened."""
GRACE_S = 2.0
"""How much later than the server's own statement timeout a silent server is given up."""
CANCEL_TIMEOUT_S = 1.0
LONGEST_LOCK_WAIT_S = 5.0

STRUCTURE_TIMEOUT_S = 60.0
SAMPLE_TIMEOUT_S = 10.0
PLAN_TIMEOUT_S = 10.0
VERSION_TIMEOUT_S = 5.0


def break_line(fileno: int) -> None:
    """Break the connection of a socket: a thread that waits for it wakes with an error."""
    with socket.socket(fileno=os.dup(fileno)) as line:
        line.shutdown(socket.SHUT_RDWR)


def in_pieces(rows: Iterator[Sequence[Value]], max_bytes: int) -> FetchSome:
    """A `fetchmany` over rows that arrive one by one, which stops short at `max_bytes`.

    So a few enormous rows are not gathered before anybody has looked at their size.
    """

    def fetch_some(count: int) -> list[Sequence[Value]]:
        some, taken = [], 0
        for row in islice(rows, count):
            some.append(row)
            taken += row_bytes(row)
            if taken > max_bytes:
                break
        return some

    return fetch_some


class Driver(Protocol[Connection]):
    """What differs from one kind of server to the next. Every method blocks."""

    errors: tuple[type[Exception], ...]
    """What the methods, and work on a connection, may raise; `failure` understands them."""

    def open(self) -> Connection:
        """A new connection, within `CONNECT_TIMEOUT_S`."""

    def begin(self, connection: Connection, timeout_s: float) -> None:
        """Start a read-only transaction whose statements the server ends after `timeout_s`."""

    def end(self, connection: Connection) -> bool:
        """Roll back and undo what outlives a transaction; False when it cannot be used again."""

    def cancel(self, connection: Connection) -> None:
        """Ask the server, by another connection, to stop what it does for this one."""

    def cut(self, connection: Connection) -> None:
        """Break the connection under a thread that waits for it."""

    def close(self, connection: Connection) -> None:
        """Close for good. Raises nothing."""

    def failure(self, error: Exception) -> ForerunError:
        """The same in our words and without a secret."""


class Sessions(Generic[Connection]):
    """A small pool whose connections are handed out inside a read-only transaction only."""

    def __init__(self, driver: Driver[Connection]) -> None:
        self.driver = driver
        self._slots = anyio.Semaphore(CONNECTIONS)
        self._idle: deque[tuple[Connection, float]] = deque()
        self._closed = False

    async def read(self, work: Callable[[Connection], Result], timeout_s: float) -> Result:
        """What `work` gives, run in a worker thread inside a read-only transaction.

        Cancellation reaches the server, and `work` has ended when this returns or raises.
        Raises `StatementFailed` where the server refuses, `Unavailable` where it cannot be
        reached or falls silent.
        """
        if self._closed:
            raise DatabaseUnreachable("The connection to the database has been closed.")
        async with self._slots:
            turn = _Turn(self, work, timeout_s)
            with anyio.move_on_after(CONNECT_TIMEOUT_S + timeout_s + GRACE_S):
                return await interruptible(turn, turn.interrupt)
        raise DatabaseUnreachable(
            "The database server stopped answering in the middle of a statement.",
            "Check that it runs and that the network to it is sound, then ask again.",
        )

    async def aclose(self) -> None:
        """Close idle connections now, busy ones when their work ends. Safe to call twice."""
        self._closed = True
        with anyio.CancelScope(shield=True):
            while self._idle:
                await anyio.to_thread.run_sync(self.driver.close, self._idle.pop()[0])

    def take_idle(self) -> Connection | None:
        """The connection that idled for the shortest time; those that idled too long are closed."""
        while self._idle:
            try:
                connection, since = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if time.monotonic() - since < LONGEST_IDLE_S:
                return connection
            self.driver.close(connection)
        return None

    def give_back(self, connection: Connection, usable: bool) -> None:
        if usable and not self._closed:
            self._idle.append((connection, time.monotonic()))
        else:
            self.driver.close(connection)


class _Turn(Generic[Connection, Result]):
    """One piece of work on one connection, and the interrupting of it from another thread."""

    def __init__(
        self,
        sessions: Sessions[Connection],
        work: Callable[[Connection], Result],
        timeout_s: float,
    ) -> None:
        self._sessions = sessions
        self._driver = sessions.driver
        self._work = work
        self._timeout_s = timeout_s
        self._connection: Connection | None = None
        self._interrupted_at: float | None = None
        self._lock = Lock()
        """Held while interrupting, so that no cancellation hits the connection's next user."""

    def __call__(self) -> Result:
        usable = False
        try:
            connection = self._begun()
            try:
                return self._work(connection)
            finally:
                usable = self._driver.end(connection)
        except self._driver.errors as error:
            failure = self._driver.failure(error)
            usable = usable and isinstance(failure, StatementFailed)
            raise failure from None
        finally:
            self._give_back(usable)

    def _begun(self) -> Connection:
        """A connection in a fresh transaction: one that idled and still answers, or a new one."""
        while (idle := self._sessions.take_idle()) is not None:
            self._connection = idle
            try:
                self._driver.begin(idle, self._timeout_s)
            except self._driver.errors:
                if self._interrupted_at is not None:
                    raise
                self._give_back(usable=False)
            else:
                return idle
        self._connection = self._driver.open()
        self._driver.begin(self._connection, self._timeout_s)
        return self._connection

    def _give_back(self, usable: bool) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            self._sessions.give_back(connection, usable and self._interrupted_at is None)

    def interrupt(self) -> None:
        """Ask the server to stop; should that not help soon, break the connection."""
        with self._lock:
            now = time.monotonic()
            self._interrupted_at = self._interrupted_at or now
            if self._connection is None:
                return
            stop = self._driver.cancel
            if now - self._interrupted_at > CANCEL_TIMEOUT_S:
                stop = self._driver.cut
            with suppress(*self._driver.errors, ForerunError):
                stop(self._connection)
