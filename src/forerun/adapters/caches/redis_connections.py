"""Connections to Redis, none of which ever carries a reply from one caller to the next.

A connection is lent to one call at a time and goes back only when the whole reply to that call's
one command has been read and makes sense. In every other case (deadline, cancellation, broken
network, nonsense) it is closed. redis-py's own pool gives connections back in all cases and
relies on them being closed by then, which went badly wrong once (redis-py #2624).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from redis import exceptions
from redis.asyncio.connection import Connection, RedisSSLContext, SSLConnection, parse_url

from forerun.adapters.caches.addresses import shown
from forerun.errors import BadSetting, Unavailable

Result = TypeVar("Result")

MOST = 16
"""Connections of one process; who finds all in use waits within its deadline."""

HAVE_IT_ELSEWHERE = (
    "Questions are answered without it. Check that Redis runs there, has room and lets us in, or "
    "have the shared cache somewhere else."
)

_FIXED: Mapping[str, Any] = {
    "protocol": 2,  # with 3, messages of Redis' own may come between a command and its reply
    "socket_timeout": None,  # deadlines are ours: redis-py would use asyncio.wait_for
    "socket_connect_timeout": None,
    "retry_on_timeout": False,
    "health_check_interval": 0,
    "driver_info": None,  # saves two round trips for each connection
}
_OF_REDIS_POOL = ("max_connections", "timeout")
_TROUBLE = (exceptions.RedisError, OSError, EOFError, ValueError, TypeError, RecursionError)
"""What redis-py raises when the network breaks, or what is read is no reply of Redis."""


_HANGS_UP = "Protocol error"
"""Redis ends the connection after saying so, such as of a value that is too long."""


class Connections:
    """To one Redis server, at most 16 at a time. Every method raises `Unavailable` only."""

    def __init__(
        self, url: str, used_as: str = "The cache", remedy: str = HAVE_IT_ELSEWHERE
    ) -> None:
        self._shown = shown(url)
        self._used_as = used_as
        self._remedy = remedy
        self._kind, self._arguments = _read_url(url)
        self._secured: RedisSSLContext | None = None
        self._secured = getattr(self._make(), "ssl_context", None)
        if self._secured is not None:
            self._load_certificates(self._secured)
        self._idle: list[Connection] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = anyio.CapacityLimiter(MOST)

    @property
    def database(self) -> int:
        """The number of the database on the server."""
        return int(self._arguments.get("db", 0))

    async def ask(
        self, seconds: float, read: Callable[[Any], Result], *command: str | bytes | int
    ) -> Result:
        """What `read` makes of the reply, within so many seconds, waiting and connecting included.

        `read` raises ValueError or TypeError for a reply that cannot be one to `command`.
        """
        with self.failing(seconds):
            async with self._room:
                connection = await self._take()
                try:
                    await connection.send_command(*command)
                    result = read(await connection.read_response(disable_decoding=True))
                except exceptions.ResponseError as error:  # a whole reply, too
                    if str(error).startswith(_HANGS_UP):
                        await _close(connection)
                    else:
                        self._idle.append(connection)
                    raise
                except BaseException:
                    await _close(connection)
                    raise
                self._idle.append(connection)
                return result

    @contextlib.asynccontextmanager
    async def own(self, seconds: float) -> AsyncIterator[Connection]:
        """A new connection for the caller alone, made within so many seconds, closed after use."""
        connection = self._make()
        try:
            with self.failing(seconds):
                await _connect(connection)
            yield connection
        finally:
            await _close(connection)

    async def warm(self, seconds: float) -> None:
        """See that a connection is ready, where to make one takes longer than a call may."""
        if not self._idle and not self._room.borrowed_tokens:
            with self.failing(seconds):
                connection = await self._take()
                self._idle.append(connection)

    async def aclose(self) -> None:
        while self._idle:
            await _close(self._idle.pop())

    async def _take(self) -> Connection:
        """One that is open and has nothing to read."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # what an event loop of before has left is of no use
            self._idle.clear()
            self._loop = loop
        while self._idle:
            connection = self._idle.pop()
            try:
                if not await connection.can_read():
                    return connection
            except exceptions.RedisError:
                pass
            await _close(connection)
        connection = self._make()
        try:
            await _connect(connection)
        except BaseException:
            await _close(connection)
            raise
        return connection

    def _make(self) -> Connection:
        connection: Connection = self._kind(**self._arguments)
        if self._secured is not None and isinstance(connection, SSLConnection):
            connection.ssl_context = self._secured
        return connection

    def _load_certificates(self, secured: RedisSSLContext) -> None:
        """Once, at the start: it takes 30 ms."""
        try:
            secured.get()
        except (OSError, ValueError) as error:
            raise BadSetting(
                f"The certificates for {self._shown} cannot be read: {error}.",
                "Check the files that its ssl_… parameters name.",
            ) from error

    @contextlib.contextmanager
    def failing(self, seconds: float) -> Iterator[None]:
        """Trouble with Redis inside is `Unavailable`, and so is taking longer than that."""
        try:
            with anyio.fail_after(seconds):
                yield
        except TimeoutError as error:
            raise self.unavailable(f"did not answer within {seconds * 1000:.0f} ms") from error
        except _TROUBLE as error:
            raise self.unavailable(_why(error)) from error

    def unavailable(self, why: str) -> Unavailable:
        return Unavailable(f"{self._used_as} at {self._shown} {why}.", self._remedy)


_REASONS: Mapping[type[Exception], str] = {
    exceptions.OutOfMemoryError: "is full: raise its maxmemory or set a policy of eviction",
    exceptions.ReadOnlyError: "is a replica that may only be read",
    exceptions.BusyLoadingError: "is still loading its data",
    exceptions.AuthenticationError: "refuses the login: check user and password",
    exceptions.NoPermissionError: "refuses a command: the login needs more rights",
    exceptions.InvalidResponse: "answers nonsense: something else may be listening there",
    exceptions.ConnectionError: "cannot be reached, or broke off",
    exceptions.ResponseError: "refuses a command",
    OSError: "cannot be reached, or broke off",
}


def _why(error: Exception) -> str:
    """Without the server's own words, which may repeat what it was sent."""
    for kind, reason in _REASONS.items():
        if isinstance(error, kind):
            return reason
    return "answers nonsense: something else may be listening there"


async def _connect(connection: Connection) -> None:
    await connection.connect()  # type: ignore[no-untyped-call]


async def _close(connection: Connection) -> None:
    """At once: what was on its way to it is lost."""
    with anyio.CancelScope(shield=True), contextlib.suppress(*_TROUBLE):
        await connection.disconnect(nowait=True)
        await anyio.lowlevel.checkpoint()  # the socket is closed in the next turn of the loop


def _read_url(url: str) -> tuple[Callable[..., Connection], Mapping[str, Any]]:
    try:
        arguments = dict(parse_url(url))
        kind: Any = arguments.pop("connection_class", Connection)
        for name in _OF_REDIS_POOL:
            arguments.pop(name, None)
        arguments |= _FIXED
        kind(**arguments)
    except (exceptions.RedisError, ValueError, TypeError):
        raise BadSetting(
            f"{shown(url)} is no address of a Redis server.",
            "Write redis://user:password@host:6379/0, rediss://… or unix:///path/to/redis.sock; "
            "signs such as / and @ in a password as %2F and %40.",
        ) from None  # which may hold what was taken for a port
    return kind, arguments
