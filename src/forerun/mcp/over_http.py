"""MCP over streamable HTTP, by itself or as a part of the HTTP service."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from forerun.access import Identity
from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from forerun.app.serving.listening import address_of, bind
from forerun.app.serving.places import LOOPBACK_HOSTS
from forerun.errors import Forbidden, ForerunError, Unauthenticated
from forerun.mcp.calls import Context
from forerun.mcp.doors import Door
from forerun.mcp.server import build_server
from forerun.wire.problems import MEDIA_TYPE, problem_of

PATH = "/mcp"
LAST_WORDS_S = 5
"""Once it is to stop. Clients keep streams open for what the server might say: no end in sight."""
IDENTITY = "forerun.identity"
"""Where the identity of a request is in its ASGI scope."""
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


@asynccontextmanager
async def over_http(deployment: Deployment, door: Door) -> AsyncIterator[ASGIApp]:
    """The ASGI app that speaks MCP at whatever path it is put, for as long as the block lasts.

    It must be reached by the very path: `Route(PATH, app)`, not a mount, which would redirect.
    """
    serve = deployment.configuration.serve

    async def opened() -> Deployment:
        return deployment

    async def who_asks(context: Context) -> Identity:
        """Found out before the request came this far."""
        identity = context.request.scope.get(IDENTITY) if context.request is not None else None
        if not isinstance(identity, Identity):
            raise Unauthenticated("This request came in past the door.")
        return identity

    sessions = StreamableHTTPSessionManager(
        build_server(opened, door, who_asks),
        security_settings=_expected_hosts(serve),
        max_request_body_size=serve.body_bytes,
    )
    async with sessions.run():
        yield Guarded(sessions.handle_request, door, _is_local(serve), _origins(serve))


async def serve_http(
    deployment: Deployment, door: Door, on_listening: Callable[[str], None]
) -> None:
    """Listen as `[serve]` says, until the process is told to stop. `on_listening` is told the URL.

    Raises `BadInput` where the address is not to be had.
    """
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Route

    with bind(deployment.configuration.serve) as listening:
        async with over_http(deployment, door) as app:
            routed = Starlette(routes=[Route(PATH, app)])
            config = uvicorn.Config(
                routed, log_level="warning", timeout_graceful_shutdown=LAST_WORDS_S
            )
            on_listening(address_of(listening) + PATH)
            before = signal.signal(signal.SIGTERM, _ended)
            try:
                await uvicorn.Server(config).serve([listening])
            finally:
                signal.signal(signal.SIGTERM, before)


def _ended(number: int, frame: object) -> None:
    """The server hands the signal on once it has ended, which would end us before we have."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """Finds out who asks before anything of a request is read. Web pages are kept out, but for
    those of this machine where nobody else is listened to, and those that are named."""

    app: ASGIApp
    door: Door
    on_loopback: bool
    origins: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            self._refuse_strange_pages(headers.get("origin"))
            identity = await self.door.identify(_token(headers), on_loopback=self.on_loopback)
        except ForerunError as error:
            await _refusal(error)(scope, receive, send)
            return
        known = {**scope, IDENTITY: identity, "user": _session_owner(identity)}
        await self.app(known, receive, send)

    def _refuse_strange_pages(self, origin: str | None) -> None:
        """A page could otherwise have a browser ask here for it."""
        if origin is None or origin in self.origins:
            return
        host = origin.partition("://")[2]
        if self.on_loopback and any(host == own or host.startswith(f"{own}:") for own in _LOCAL):
            return
        raise Forbidden(
            "Web pages of that origin may not ask here.",
            "Name it in [serve] cors_origins, if it is yours.",
        )


def _token(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _refusal(error: ForerunError) -> Response:
    problem = problem_of(error)
    challenge = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else None
    return JSONResponse(problem, problem["status"], challenge, MEDIA_TYPE)


def _session_owner(identity: Identity) -> AuthenticatedUser:
    """By this the SDK keeps a session to whoever has begun it."""
    scopes = [scope.value for scope in identity.scopes]
    subject = f"{identity.tenant}/{identity.user}"
    return AuthenticatedUser(
        AccessToken(token="", client_id=identity.id, scopes=scopes, subject=subject)
    )


def _expected_hosts(serve: ServeSection) -> TransportSecuritySettings:
    """On loopback, names that lead here from elsewhere (DNS rebinding) are refused. Beyond it
    nobody comes in without a key, which no such page has."""
    if not _is_local(serve):
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return TransportSecuritySettings(
        allowed_hosts=[*_LOCAL, *(f"{host}:*" for host in _LOCAL)],
        allowed_origins=[
            *_origins(serve),
            *(f"{scheme}://{host}{port}" for scheme in ("http", "https") for host in _LOCAL
              for port in ("", ":*")),
        ],
    )  # fmt: skip


def _is_local(serve: ServeSection) -> bool:
    return serve.host in LOOPBACK_HOSTS


def _origins(serve: ServeSection) -> frozenset[str]:
    return frozenset(serve.cors_origins)
