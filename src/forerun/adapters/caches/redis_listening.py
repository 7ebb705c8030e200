"""What is published on one channel, and whether anybody is still there to publish."""

from __future__ import annotations

from typing import Any

from redis.asyncio.connection import Connection

from forerun.adapters.caches.redis_connections import Connections


class Subscription:
    """A connection that only listens. Every method raises `Unavailable` where that fails."""

    def __init__(self, connections: Connections, connection: Connection, patience_s: float) -> None:
        self._connections = connections
        self._connection = connection
        self._patience_s = patience_s

    async def begin(self, channel: str) -> None:
        with self._connections.failing(self._patience_s):
            await self._connection.send_command("SUBSCRIBE", channel)
            kind, *_ = await self._connection.read_response(disable_decoding=True)
            if kind != b"subscribe":
                raise ValueError("a confirmation expected")

    async def message(self) -> bytes:
        """The next one. Where nothing comes for a while, Redis is asked whether it is there, and
        has as long again to answer: a connection may be dead without being closed."""
        while True:
            read = await self._read()
            if read is None:
                await self._ping()
                read = await self._read()
            if read is None:
                raise self._connections.unavailable("is no longer heard")
            if read[0] == b"message":
                return bytes(read[2])

    async def _ping(self) -> None:
        with self._connections.failing(self._patience_s):
            await self._connection.send_command("PING")
            await self._connections.warm(self._patience_s)

    async def _read(self) -> list[Any] | None:
        """None where nothing came: what came of a message until then is read on the next time."""
        with self._connections.failing(2 * self._patience_s):
            read = await self._connection.read_response(
                disable_decoding=True, timeout=self._patience_s
            )
            if read is None:
                return None
            if not isinstance(read, list) or len(read) < 2:
                raise ValueError("a message expected")
            return read
