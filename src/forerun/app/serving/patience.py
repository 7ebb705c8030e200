"""How long a client's headers are waited for: by itself the server waits forever.

The body of a request has its time in `api.bodies`, where a late one can still be told so; who takes
nothing of what is sent is given up by the system, as `listening` has it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEADER_BYTES = 65_536
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class Patient(HttpToolsProtocol):
    """Speaks HTTP with one client, and leaves it where its headers are late or have no end."""

    def __init__(self, *arguments: Any, within_s: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._within_s = within_s
        self._late: asyncio.TimerHandle | None = None
        self._came = 0
        """Bytes since headers are waited for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing() or not (self.cycle is None or self.cycle.response_complete):
            return
        if self._late is None:  # between two requests: what came is the beginning of the next one
            self._await_headers()
        self._came += len(data)
        if self._came > MOST_HEADER_BYTES:
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._forget()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        self._late = self.loop.call_later(self._within_s, self.transport.abort)

    def _forget(self) -> None:
        self._came = 0
        if self._late is not None:
            self._late.cancel()
            self._late = None
