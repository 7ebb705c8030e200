"""Who asks, found out once for each request. Every route but health's depends on it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from forerun.access import LOOPBACK, Identity, Scope
from forerun.app.serving import Deployment


async def deployment_of(request: Request) -> Deployment:
    """Async, as all dependencies are: of others each call would take a turn in a thread."""
    deployment: Deployment = request.app.state.deployment
    return deployment


def bearer_token(request: Request) -> str | None:
    """The token of `Authorization: Bearer …`; None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def identified(request: Request) -> Identity:
    """The place for `Gatekeeper.identify(bearer_token(request))`; until then whoever reaches us is
    on this machine, because nothing else is listened to without keys."""
    return LOOPBACK


async def asker(identity: Annotated[Identity, Depends(identified)]) -> Identity:
    """Raises `Forbidden` for who may not ask."""
    identity.require(Scope.ASK)
    return identity


async def admin(identity: Annotated[Identity, Depends(identified)]) -> Identity:
    """Raises `Forbidden` for who may not administer."""
    identity.require(Scope.ADMIN)
    return identity


Asker: TypeAlias = Annotated[Identity, Depends(asker)]
Admin: TypeAlias = Annotated[Identity, Depends(admin)]
Served: TypeAlias = Annotated[Deployment, Depends(deployment_of)]
