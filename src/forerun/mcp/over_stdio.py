"""MCP over standard input and output: a host starts the process, and ends it by closing both."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
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
from forerun.errors import ForerunError, Unauthenticated
from forerun.mcp.calls import Context
from forerun.mcp.failing import in_words
from forerun.mcp.opening import Opening
from forerun.mcp.server import build_server

log = logging.getLogger(__name__)

KEY_VARIABLE = "FORERUN_KEY"
PIECE = 65_536


async def serve_stdio(deployment: Deployment, key: str | None) -> None:
    """Open the deployment, and serve until standard input ends or SIGTERM comes; then everything
    under way is cancelled, and the deployment closed.

    Whoever has started the process asks with `key`, or, without one, as whoever sits at the
    machine, while there are no keys. Who may not ask is told with each call, and in the log at
    once. Nothing but the protocol is written to standard output. Raises what keeps the deployment
    from being opened.
    """
    async with Opening.of(deployment) as opening, anyio.create_task_group() as group:

        async def who_asks(context: Context | None = None) -> Identity:
            return await identified(await opening.opened(), key)

        group.start_soon(_cancel_on_sigterm, group.cancel_scope)
        group.start_soon(_say_who_is_refused, who_asks)
        server = build_server(opening.opened, who_asks)
        async with stdio_server(stdin=_stdin()) as (received, sent):
            await _serve(server, received, sent)
        group.cancel_scope.cancel()


async def identified(deployment: Deployment, key: str | None) -> Identity:
    """Raises `Unauthenticated`, or `IdentityUnavailable` where it cannot be told."""
    try:
        return await deployment.access.gatekeeper.identify(key, on_loopback=True)
    except Unauthenticated as refused:
        if key is None:
            raise Unauthenticated(
                "There are keys or tokens here, and this process was started without one.",
                f"Have the host start it with {KEY_VARIABLE}=forerun_… in its environment (env).",
            ) from None
        hint = f"{refused.hint or ''} It is the one in {KEY_VARIABLE}.".strip()
        raise Unauthenticated(refused.message, hint) from None


async def _say_who_is_refused(who_asks: Callable[[], Awaitable[Identity]]) -> None:
    """Hosts show what is on standard error before anybody calls a tool."""
    try:
        await who_asks()
    except ForerunError as error:
        log.error("%s", in_words(error))


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
