"""The proxy that misbehaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from forerun.testing.proxy import MisbehavingProxy, misbehaving_proxy

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def echoing() -> AsyncIterator[tuple[MisbehavingProxy, SocketStream]]:
    """A proxy before a server that sends everything back, and a client of it."""

    async def echo(client: SocketStream) -> None:
        async with client:
            async for piece in client:
                await client.send(piece)

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, echo)
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - not Django's
        async with (
            misbehaving_proxy("127.0.0.1", port) as proxy,
            await anyio.connect_tcp("127.0.0.1", proxy.port) as client,
        ):
            yield proxy, client
        group.cancel_scope.cancel()


async def test_it_passes_everything_on() -> None:
    """Unless told otherwise, nobody notices it."""
    async with echoing() as (_, client):
        await client.send(b"hello")
        assert await client.receive() == b"hello"


async def test_it_hangs_and_recovers() -> None:
    """What was held back arrives when it behaves again."""
    async with echoing() as (proxy, client):
        proxy.hang()
        await client.send(b"hello")
        with anyio.move_on_after(0.1) as waiting:
            await client.receive()
        assert waiting.cancelled_caught
        proxy.behave()
        assert await client.receive() == b"hello"


async def test_it_delays() -> None:
    """Each answer takes at least so long."""
    async with echoing() as (proxy, client):
        proxy.delay_s = 0.1
        started = anyio.current_time()
        await client.send(b"hello")
        await client.receive()
        assert anyio.current_time() - started >= 0.1


async def test_it_garbles() -> None:
    """As many bytes, other ones."""
    async with echoing() as (proxy, client):
        proxy.garble()
        await client.send(b"hello")
        garbled = await client.receive()
        assert len(garbled) == len(b"hello")
        assert garbled != b"hello"


async def test_it_resets() -> None:
    """Open connections and new ones."""
    async with echoing() as (proxy, client):
        await proxy.reset()
        with pytest.raises((anyio.BrokenResourceError, anyio.EndOfStream)):
            await client.receive()
        with pytest.raises((anyio.BrokenResourceError, anyio.EndOfStream, OSError)):
            async with await anyio.connect_tcp("127.0.0.1", proxy.port) as again:
                await again.receive()


async def test_it_half_closes() -> None:
    """Nothing more comes from it, and the connection stands."""
    async with echoing() as (proxy, client):
        await client.send(b"hello")
        await client.receive()
        await proxy.half_close()
        with pytest.raises(anyio.EndOfStream):
            await client.receive()
        await client.send(b"still there")
