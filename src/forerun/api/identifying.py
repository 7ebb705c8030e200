"""Who asks, found out once for each request. Every route but health's depends on it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from forerun.access import Identity, Scope
from forerun.app.serving import Deployment
from forerun.app.serving.callers import Caller, identity_of
from forerun.errors import IdentityUnavailable, Unauthenticated


async def deployment_of(request: Request) -> Deployment:
    """Async, as all dependencies are: of others each call would take a turn in a thread."""
    deployment: Deployment = request.app.state.deployment
    return deployment


async def identified(request: Request) -> Identity:
    """Raises `Unauthenticated`, or `IdentityUnavailable` where it cannot be told."""
    return await identity_of(caller_of(request), request.app.state.deployment)


def caller_of(request: Request) -> Caller:
    address = None if request.client is None else request.client.host
    return Caller(request.headers, address, request.url.hostname)


async def perhaps_identified(request: Request) -> Identity | None:
    """None for strangers, and for who cannot be told from one now."""
    try:
        return await identified(request)
    except (Unauthenticated, IdentityUnavailable):
        return None


async def asker(identity: Annotated[Identity, Depends(identified)]) -> Identity:
    """Raises `Forbidden` for who may not ask."""
    identity.require(Scope.ASK)
    return identity


async def admin_of_a_tenant(identity: Annotated[Identity, Depends(identified)]) -> Identity:
    """Raises `Forbidden` for who may administer nothing."""
    identity.require(Scope.ADMIN)
    return identity


async def looker(identity: Annotated[Identity, Depends(identified)]) -> Identity:
    """Raises `Forbidden` for who may neither ask nor administer."""
    if Scope.ADMIN not in identity.scopes:
        identity.require(Scope.ASK)
    return identity


async def admin(identity: Annotated[Identity, Depends(identified)]) -> Identity:
    """Raises `Forbidden` for who may not administer what all tenants share."""
    identity.require_whole_service()
    return identity


Known: TypeAlias = Annotated[Identity, Depends(identified)]
Guest: TypeAlias = Annotated[Identity | None, Depends(perhaps_identified)]
Asker: TypeAlias = Annotated[Identity, Depends(asker)]
TenantAdmin: TypeAlias = Annotated[Identity, Depends(admin_of_a_tenant)]
Admin: TypeAlias = Annotated[Identity, Depends(admin)]
Looker: TypeAlias = Annotated[Identity, Depends(looker)]
Served: TypeAlias = Annotated[Deployment, Depends(deployment_of)]
