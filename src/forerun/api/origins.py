"""Pages of strangers are kept from changing anything through somebody's browser.

A browser says of which page a request comes (`Origin`); other clients say nothing. Reading is safe:
without the headers that `cors_origins` adds, no other page sees the reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from forerun.api.problems import problem_response
from forerun.wire.problems import problem

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Origins:
    """Lets in pages of our own, and of those origins that are allowed."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING or self._lets_in(scope):
            await self._app(scope, receive, send)
            return
        detail = "A page of another origin may not do this here."
        wire = problem(403, "foreign_origin", detail, "Allow its origin: [serve] cors_origins.")
        response = problem_response({**wire, "instance": scope["path"]}, {"Connection": "close"})
        await response(scope, receive, send)

    def _lets_in(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        return all(each in self._allowed or _is_own(each, headers) for each in origins)


def _is_own(origin: str, headers: Headers) -> bool:
    """Whether it names the host that the request is sent to. The scheme may be a proxy's."""
    try:
        named = urlsplit(origin)
    except ValueError:
        return False
    return named.scheme in ("http", "https") and named.netloc == headers.get("host")
