"""MCP over standard input and output: a host starts the process, and ends it by closing both."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, cast

import anyio
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage

from forerun.access import Identity
from forerun.app.serving import Deployment
from forerun.mcp.calls import Context
from forerun.mcp.doors import Door
from forerun.mcp.opening import Opening
from forerun.mcp.server import build_server

PIECE = 65_536


async def serve_stdio(deployment: Deployment, door: Door, key: str | None) -> None:
    """Open the deployment, and serve until standard input ends or SIGTERM comes; then everything
    under way is cancelled, and the deployment closed.

    Whoever has started the process asks with `key`, or, without one, as whoever sits at the
    machine. Nothing but the protocol is written to standard output. Raises `Unauthenticated` at
    once for a key that is none, and what keeps the deployment from being opened.
    """

    async def who_asks(context: Context) -> Identity:
        return await door.identify(key, on_loopback=True)

    await door.identify(key, on_loopback=True)
    async with Opening.of(deployment) as opening, anyio.create_task_group() as group:
        group.start_soon(_cancel_on_sigterm, group.cancel_scope)
        server = build_server(opening.opened, door, who_asks)
        async with stdio_server(stdin=_stdin()) as (received, sent):
            await _serve(server, received, sent)
        group.cancel_scope.cancel()


async def _serve(
    server: Server[Any],
    received: ReadStream[SessionMessage | Exception],
    sent: WriteStream[SessionMessage],
) -> None:
    pass_on, passed_on = anyio.create_memory_object_stream[SessionMessage | Exception]()

    async def answer_what_is_no_message() -> None:
        """The SDK passes over it in silence, and the client would wait for ever."""
        async with pass_on:
            async for each in received:
                if isinstance(each, Exception):
                    await sent.send(SessionMessage(_NO_MESSAGE))
                else:
                    await pass_on.send(each)

    async with anyio.create_task_group() as group:
        group.start_soon(answer_what_is_no_message)
        await server.run(
            cast("ReadStream[SessionMessage | Exception]", passed_on),
            sent,
            server.create_initialization_options(),
        )
        group.cancel_scope.cancel()


_NO_MESSAGE = types.JSONRPCError(
    jsonrpc="2.0",
    id=None,
    error=types.ErrorData(
        code=types.PARSE_ERROR, message="That line is no message of JSON-RPC, or nested too deep."
    ),
)


def _stdin() -> anyio.AsyncFile[str] | None:
    """The SDK waits for input in a thread, which keeps a process that is to end from ending."""
    if sys.platform == "win32":  # where only sockets can be waited for without one
        return None
    return cast("anyio.AsyncFile[str]", _lines(sys.stdin.fileno()))


async def _lines(descriptor: int) -> AsyncIterator[str]:
    unfinished = bytearray()
    while piece := await _piece(descriptor):
        unfinished += piece
        if b"\n" in piece:
            *whole, unfinished = unfinished.split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace")


async def _piece(descriptor: int) -> bytes:
    with suppress(PermissionError):  # a file, which can always be read
        await anyio.wait_readable(descriptor)
    return os.read(descriptor, PIECE)


async def _cancel_on_sigterm(scope: anyio.CancelScope) -> None:
    if sys.platform == "win32":
        return
    with anyio.open_signal_receiver(signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
