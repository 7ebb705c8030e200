"""A TCP proxy that misbehaves on demand, between a client and a real server.

async with misbehaving_proxy("127.0.0.1", 5432) as proxy:
    …                                # talk to port `proxy.port`: all is well
    proxy.hang()                     # from here on, nobody hears anything
"""

from __future__ import annotations

import math
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, SocketAttribute, SocketStream

CHUNK_BYTES = 65_536
_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends RST instead of FIN."""


class MisbehavingProxy:
    """Passes bytes on until told otherwise; what it is told holds for old and new connections."""

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        """Where it listens on 127.0.0.1."""
        self.delay_s = 0.0
        """How long each piece of the server's answers is held back."""
        self._server = (host, port)
        self._garbled_pieces = 0.0
        self._resetting = False
        self._flowing = anyio.Event()
        self._flowing.set()
        self._clients: set[SocketStream] = set()
        self._half_closed: set[SocketStream] = set()
        self._garbage = random.Random(7431)  # noqa: S311 - a test wants the same garbage again

    def behave(self) -> None:
        """Pass everything on again, what was held back first."""
        self.delay_s, self._garbled_pieces, self._resetting = 0.0, 0.0, False
        self._flowing.set()

    def hang(self) -> None:
        """Accept connections and bytes, and pass none on in either direction."""
        self._flowing = anyio.Event()

    def garble(self, pieces: float = math.inf) -> None:
        """Put random bytes in the place of so many pieces that the server sends."""
        self._garbled_pieces = pieces

    async def reset(self) -> None:
        """Reset every connection, and every new one at once."""
        self._resetting = True
        while self._clients:
            await _reset(self._clients.pop())

    async def half_close(self) -> None:
        """End what comes from the server on every connection there is; the client may still send,
        and nobody answers."""
        for client in self._clients - self._half_closed:
            self._half_closed.add(client)
            with suppress(*_GONE):
                await client.send_eof()

    async def serve(self, client: SocketStream) -> None:
        """Serve one connection to its end."""
        if self._resetting:
            await _reset(client)
            return
        self._clients.add(client)
        try:
            async with (
                client,
                await anyio.connect_tcp(*self._server) as server,
                anyio.create_task_group() as group,
            ):
                group.start_soon(self._pass_on, client, server, group.cancel_scope)
                group.start_soon(self._answer, server, client, group.cancel_scope)
        finally:
            self._clients.discard(client)
            self._half_closed.discard(client)

    async def _pass_on(
        self, client: ByteReceiveStream, server: ByteSendStream, both: anyio.CancelScope
    ) -> None:
        with suppress(*_GONE):
            while True:
                piece = await client.receive(CHUNK_BYTES)
                await self._flowing.wait()
                await server.send(piece)
        both.cancel()

    async def _answer(
        self, server: ByteReceiveStream, client: ByteSendStream, both: anyio.CancelScope
    ) -> None:
        with suppress(*_GONE):
            while True:
                piece = await server.receive(CHUNK_BYTES)
                await self._flowing.wait()
                await anyio.sleep(self.delay_s)
                if client in self._half_closed:
                    continue
                if self._garbled_pieces > 0:
                    self._garbled_pieces -= 1
                    piece = self._garbage.randbytes(len(piece))
                await client.send(piece)
        both.cancel()


async def _reset(client: SocketStream) -> None:
    raw = client.extra(SocketAttribute.raw_socket)  # noqa: S610 - not Django's
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    await client.aclose()


@asynccontextmanager
async def misbehaving_proxy(host: str, port: int) -> AsyncIterator[MisbehavingProxy]:
    """A proxy to `host:port` on a free port of 127.0.0.1, well-behaved at first."""
    proxy = MisbehavingProxy(host, port)
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0) as listener,
        anyio.create_task_group() as group,
    ):
        proxy.port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - not Django's
        group.start_soon(listener.serve, proxy.serve)
        yield proxy
        group.cancel_scope.cancel()
