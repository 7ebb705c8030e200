"""HTTP to one service: requests that are tried again, event streams that are gone on with."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import anyio
import httpx2

from forerun import __version__
from forerun.client.failures import (
    FOREIGN,
    error_from_problem,
    no_service,
    refusal_without_words,
    unreachable,
)
from forerun.client.patience import Patience
from forerun.client.sse import EventParser, EventTooLong, ServerSentEvent
from forerun.errors import BadInput, ForerunError
from forerun.wire.problems import MEDIA_TYPE as PROBLEM

MOST_BYTES = 256 * 1024 * 1024
"""Of one reply or event."""
EVENTS = "text/event-stream"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may be made twice and is done once."""

    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    key: str | None = None
    """Names it, where doing it twice would not be the same."""


def path(*steps: str) -> str:
    """Below `/v1`, whatever the steps hold."""
    return "/v1/" + "/".join(quote(step, safe="") for step in steps)


@cache
def _trusted() -> ssl.SSLContext:
    """Read once: it takes longer than many a question."""
    return httpx2.create_ssl_context()


class Connection:
    """Knows the address and the key, and shows nobody the key."""

    def __init__(self, url: str, key: str | None, patience: Patience) -> None:
        self.url = _address(url)
        self.patience = patience
        self._http = httpx2.AsyncClient(
            headers={"User-Agent": f"forerun/{__version__}", **_authorization(key)},
            timeout=httpx2.Timeout(patience.reply_s, connect=patience.connect_s),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
            verify=_trusted(),
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def call(self, call: Call, *, tries: bool = True) -> dict[str, Any]:
        """The object that the service gives; an empty one where it gives nothing. The call is made
        again where that may help, unless not `tries`."""
        body, status = await self._body(call, "application/json", tries=tries)
        found = self._json(body) if status != 204 else {}
        if isinstance(found, dict):
            return found
        raise no_service(self.url, f"it answers {call.path} with no object")

    async def text(self, call: Call, media_type: str) -> str:
        """What the service gives where that is no JSON."""
        body, _ = await self._body(call, media_type, tries=True)
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise no_service(self.url, "what it sends is no text") from error

    async def _body(self, call: Call, media_type: str, *, tries: bool) -> tuple[bytes, int]:
        """With the status."""
        failures = 0
        while True:
            try:
                return await self._body_once(call, media_type)
            except ForerunError as error:
                failures += 1
                pause_s = self.patience.pause_after(error, failures) if tries else None
                if pause_s is None:
                    raise
            await anyio.sleep(pause_s)

    async def part(self, call: Call, name: str) -> Any:
        """What is called so in the object that the service gives."""
        return (await self.with_parts(call, name))[name]

    async def with_parts(self, call: Call, *names: str) -> Mapping[str, Any]:
        """The object that the service gives, in which something is called so."""
        found = await self.call(call)
        for name in names:
            if name not in found:
                raise no_service(self.url, f"it answers {call.path} without {name!r}")
        return found

    async def events(
        self, path: str, body: Mapping[str, Any], last_id: int
    ) -> AsyncGenerator[ServerSentEvent]:
        """The events of one connection, until it ends. Those up to `last_id` are not sent again."""
        headers = {"Accept": EVENTS, **_JSON}
        if last_id:
            headers["Last-Event-ID"] = str(last_id)
        request = {"content": _encoded(body), "headers": headers}
        async with self._reply("POST", path, EVENTS, **request) as reply:
            parser = EventParser(MOST_BYTES)
            try:
                async for piece in reply.aiter_bytes():
                    for event in parser.feed(piece):
                        yield event
            except EventTooLong as error:
                raise no_service(self.url, str(error)) from error

    async def _body_once(self, call: Call, media_type: str) -> tuple[bytes, int]:
        request: dict[str, Any] = {"params": call.query, "headers": {}}
        if call.body is not None:
            request |= {"content": _encoded(call.body), "headers": {**_JSON}}
        if call.key is not None:
            request["headers"]["Idempotency-Key"] = call.key
        async with self._reply(call.method, call.path, media_type, **request) as reply:
            return await self._read(reply), reply.status_code

    @asynccontextmanager
    async def _reply(
        self, method: str, path: str, media_type: str, **request: Any
    ) -> AsyncIterator[httpx2.Response]:
        """A reply of that type. Raises what the service says instead."""
        try:
            async with self._http.stream(method, self.url + path, **request) as reply:
                found = _media_type(reply)
                if found == PROBLEM:
                    raise self._problem(await self._read(reply))
                if not reply.is_success:
                    raise refusal_without_words(self.url, reply.status_code, found)
                if found != media_type and reply.status_code != 204:
                    raise no_service(self.url, f"it sends {found or 'something of no type'}")
                yield reply
        except FOREIGN as error:
            raise unreachable(error, self.url) from error

    async def _read(self, reply: httpx2.Response) -> bytes:
        pieces, size = [], 0
        async for piece in reply.aiter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise no_service(self.url, f"its reply is longer than {MOST_BYTES:,} bytes")
        return b"".join(pieces)

    def _problem(self, body: bytes) -> ForerunError:
        try:
            return error_from_problem(self._json(body))
        except ValueError as error:
            raise no_service(self.url, f"its error cannot be read ({error})") from error

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise no_service(self.url, "what it sends is no JSON") from error


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"This cannot be sent as JSON: {error}.", "Give a value that can."
        ) from error


def _media_type(reply: httpx2.Response) -> str:
    return str(reply.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _address(url: str) -> str:
    """Without a slash at its end. Raises `BadInput`, without what may be a password in it."""
    hint = "Write it as http://host:port or https://host."
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises where it is none
    except ValueError:
        raise BadInput("The address of the service is no URL.", hint) from None
    if "@" in parts.netloc:
        raise BadInput("The address of the service holds a user or a password.", hint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"{url[:200]!r} is no address of a service.", hint)
    if parts.query or parts.fragment:
        raise BadInput("The address of the service has more after its path.", hint)
    return url.strip().rstrip("/")


def _authorization(key: str | None) -> Mapping[str, str]:
    if key is None:
        return {}
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise BadInput(
            "The key for the service cannot be one: it is empty, or has blanks or other characters "
            "that no key has.",
            "Give it as it was shown when it was made.",
        )
    return {"Authorization": f"Bearer {key}"}
