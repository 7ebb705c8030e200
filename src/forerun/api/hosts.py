"""While nobody is asked for a key, only who calls us by a name of this machine is answered.

A web page can have its own name lead to 127.0.0.1 (DNS rebinding). Its browser then takes us for
the page's own server and would let it read every answer; but it still calls us by that name.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from forerun.api.problems import problem_response
from forerun.app.serving import Deployment
from forerun.app.serving.places import LOOPBACK_HOSTS
from forerun.wire.problems import problem


class OwnNames:
    """Looks at the `Host` of each request, unless keys are asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_guarded(scope) or _host(scope) in LOOPBACK_HOSTS:
            await self._app(scope, receive, send)
            return
        wire = problem(
            403,
            "foreign_host",
            "This service asks nobody for a key, so it answers only on its own machine.",
            "Call it http://localhost or http://127.0.0.1, or set up keys.",
        )
        response = problem_response({**wire, "instance": scope["path"]})
        await response(scope, receive, send)


def _is_guarded(scope: Scope) -> bool:
    deployment: Deployment | None = scope["app"].state.deployment
    return deployment is not None and deployment.authenticated


def _host(scope: Scope) -> str:
    """Without its port."""
    name = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1")
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0].lower()
