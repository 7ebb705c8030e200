"""MCP over streamable HTTP, by itself or as a part of the HTTP service."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from forerun.access import Identity, Scope
from forerun.app.serving import Deployment, owner_of
from forerun.app.serving.callers import Caller, identity_of, refuse_foreign_pages
from forerun.app.serving.listening import address_of, bind, doors_of
from forerun.errors import Forbidden, ForerunError, Unauthenticated
from forerun.mcp.calls import Context
from forerun.mcp.server import build_server
from forerun.wire.problems import MEDIA_TYPE, headers_of, problem_of

PATH = "/mcp"
BACKLOG = 2_048
LAST_WORDS_S = 5
"""Once it is to stop. Clients keep streams open for what the server might say: no end in sight."""
IDENTITY = "forerun.identity"
"""Where the identity of a request is in its ASGI scope."""
MISSING_SCOPE = {
    "WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{Scope.ASK.value}"'
}
"""For clients that can fetch themselves a token that has it."""


@asynccontextmanager
async def over_http(deployment: Deployment) -> AsyncIterator[ASGIApp]:
    """The ASGI app that speaks MCP at whatever path it is put, for as long as the block lasts.

    It must be reached by the very path: `Route(PATH, app)`, not a mount, which would redirect.
    """

    async def opened() -> Deployment:
        return deployment

    async def who_asks(context: Context) -> Identity:
        """Found out before the request came this far."""
        identity = context.request.scope.get(IDENTITY) if context.request is not None else None
        if not isinstance(identity, Identity):
            raise Unauthenticated("This request came in past the door.")
        return identity

    sessions = StreamableHTTPSessionManager(
        build_server(opened, who_asks),
        security_settings=_NOT_AGAIN,
        max_request_body_size=deployment.configuration.serve.body_bytes,
    )
    async with sessions.run():
        yield Guarded(sessions.handle_request, deployment)


async def serve_http(deployment: Deployment, on_listening: Callable[[str], None]) -> None:
    """Listen as `[serve]` says, until the process is told to stop. `on_listening` is told the URL.

    Raises `BadInput` where the address is not to be had.
    """
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Route

    from forerun.app.serving.patience import Patient

    listening = bind(deployment.configuration.serve)
    with doors_of(listening) as doors:
        async with over_http(deployment) as app:
            routed = Starlette(routes=[Route(PATH, app)])
            protocol = partial(Patient, within_s=deployment.configuration.serve.client_s)
            config = uvicorn.Config(
                routed,
                http=cast(Any, protocol),
                log_level="warning",
                backlog=BACKLOG,
                timeout_graceful_shutdown=LAST_WORDS_S,
            )
            before = signal.signal(signal.SIGTERM, _ended)
            try:
                listening.listen(BACKLOG)  # who is told the address may call at once
                on_listening(address_of(listening) + PATH)
                await uvicorn.Server(config).serve(doors)
            finally:
                signal.signal(signal.SIGTERM, before)


def _ended(number: int, frame: object) -> None:
    """The server hands the signal on once it has ended, which would end us before we have."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """Finds out who asks before anything of a request is read. Pages of strangers are kept out."""

    app: ASGIApp
    deployment: Deployment

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        try:
            identity = await self._let_in(HTTPConnection(scope))
        except ForerunError as error:
            await _refusal(error)(scope, receive, send)
            return
        known = {**scope, IDENTITY: identity, "user": _session_owner(identity)}
        await self.app(known, receive, send)

    async def _let_in(self, request: HTTPConnection) -> Identity:
        headers = request.headers
        allowed = self.deployment.configuration.serve.cors_origins
        refuse_foreign_pages(headers.getlist("origin"), headers.get("host"), allowed)
        address = None if request.client is None else request.client.host
        caller = Caller(headers, address, request.url.hostname)
        identity = await identity_of(caller, self.deployment)
        identity.require(Scope.ASK)
        return identity


def _refusal(error: ForerunError) -> Response:
    problem = problem_of(error)
    challenge = MISSING_SCOPE if type(error) is Forbidden else {}
    return JSONResponse(
        problem, problem["status"], {**challenge, **headers_of(problem)}, MEDIA_TYPE
    )


def _session_owner(identity: Identity) -> AuthenticatedUser:
    """By this the SDK keeps a session to whoever has begun it, and to the key it was begun with."""
    owner = owner_of(identity)
    subject = json.dumps([owner.tenant, owner.user])
    return AuthenticatedUser(
        AccessToken(token="", client_id=identity.id, scopes=[], subject=subject)
    )


_NOT_AGAIN = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""Names and pages that lead here from elsewhere were refused before a request comes so far."""
