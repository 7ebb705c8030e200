"""Who asks, found out once for each request. Every route but health's depends on it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from forerun.access import Identity, Scope
from forerun.app.serving import Deployment
from forerun.app.serving.places import LOOPBACK_HOSTS
from forerun.errors import IdentityUnavailable, Unauthenticated

_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies add."""


async def deployment_of(request: Request) -> Deployment:
    """Async, as all dependencies are: of others each call would take a turn in a thread."""
    deployment: Deployment = request.app.state.deployment
    return deployment


def bearer_token(request: Request) -> str | None:
    """The token of `Authorization: Bearer …`; None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def is_local(request: Request) -> bool:
    """Whether only this machine can have sent it: the service listens on loopback, the client is
    there, too, and called it by a loopback name. A page that makes a name of its own lead here (DNS
    rebinding) does not, nor does a proxy that says that it is one."""
    serve = request.app.state.deployment.configuration.serve
    if serve.host not in LOOPBACK_HOSTS or any(name in request.headers for name in _PASSED_ON):
        return False
    return _is_loopback(request) and request.url.hostname in LOOPBACK_HOSTS


async def identified(request: Request) -> Identity:
    """Raises `Unauthenticated`, or `IdentityUnavailable` where it cannot be told."""
    gatekeeper = request.app.state.deployment.access.gatekeeper
    identity: Identity = await gatekeeper.identify(
        bearer_token(request), on_loopback=is_local(request)
    )
    return identity


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


def _is_loopback(request: Request) -> bool:
    if request.client is None:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
