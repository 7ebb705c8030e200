"""Who sends a request over HTTP: what any interface must ask before it reads on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from forerun.access import Identity
from forerun.app.serving.deployment import Deployment
from forerun.app.serving.places import LOOPBACK_HOSTS
from forerun.errors import Forbidden

_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies add."""


class ForeignOrigin(Forbidden):
    """A web page of strangers asks through somebody's browser."""

    code = "foreign_origin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from, and how it calls us."""

    headers: Mapping[str, str]
    """By names in lower case, or in any."""
    address: str | None
    host: str | None
    """The name by which we are called, without the port."""

    @property
    def token(self) -> str | None:
        """The token of `Authorization: Bearer …`; None without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    def is_local(self, listening_on: str) -> bool:
        """Whether only this machine can have sent it: we listen on loopback, the client is there,
        too, and called us by a loopback name. A page that makes a name of its own lead here (DNS
        rebinding) does not, nor does a proxy that says that it is one."""
        if listening_on not in LOOPBACK_HOSTS or any(name in self.headers for name in _PASSED_ON):
            return False
        return _is_loopback(self.address) and self.host in LOOPBACK_HOSTS


async def identity_of(caller: Caller, deployment: Deployment) -> Identity:
    """Raises `Unauthenticated`, or `IdentityUnavailable` where it cannot be told."""
    local = caller.is_local(deployment.configuration.serve.host)
    return await deployment.access.gatekeeper.identify(caller.token, on_loopback=local)


def refuse_foreign_pages(
    origins: Sequence[str], host: str | None, allowed: Collection[str]
) -> None:
    """Raises `ForeignOrigin`, unless every page that is named as the `Origin` is one of those that
    are allowed, or our own: of the `Host` that the request is sent to. The scheme may be a
    proxy's. Clients that are no browsers name none."""
    if not all(each in allowed or _names(each, host) for each in origins):
        raise ForeignOrigin(
            "A page of another origin may not do this here.",
            "Allow its origin: [serve] cors_origins.",
        )


def _names(origin: str, host: str | None) -> bool:
    try:
        named = urlsplit(origin)
    except ValueError:
        return False
    return named.scheme in ("http", "https") and named.netloc == host


def _is_loopback(address: str | None) -> bool:
    if address is None:
        return False
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
