"""Pages of strangers are kept from changing anything through somebody's browser.

A browser says of which page a request comes (`Origin`); other clients say nothing. Reading is safe:
without the headers that `cors_origins` adds, no other page sees the reply.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from forerun.api.problems import problem_response
from forerun.app.serving.callers import ForeignOrigin, refuse_foreign_pages
from forerun.wire.problems import problem_of

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Origins:
    """Lets in pages of our own, and of those origins that are allowed."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in READING:
            headers = Headers(scope=scope)
            try:
                refuse_foreign_pages(headers.getlist("origin"), headers.get("host"), self._allowed)
            except ForeignOrigin as foreign:
                wire = problem_of(foreign, scope["path"])
                await problem_response(wire, {"Connection": "close"})(scope, receive, send)
                return
        await self._app(scope, receive, send)
