"""Who may come in. `forerun.access.gatekeeper.Gatekeeper` is such a door."""

from __future__ import annotations

from typing import Protocol

from forerun.access import LOOPBACK, Identity
from forerun.errors import Unauthenticated


class Door(Protocol):
    """Knows who asks, and how much of it."""

    async def identify(self, token: str | None, *, on_loopback: bool = False) -> Identity:
        """Raises `Unauthenticated`, or `IdentityUnavailable` where it cannot be told."""
        ...

    async def admit(self, identity: Identity) -> None:
        """Count one call. Raises `LimitReached`."""
        ...


class OpenDoor:
    """Where there are no keys: whoever sits at the machine comes in, and nobody else."""

    async def identify(self, token: str | None, *, on_loopback: bool = False) -> Identity:
        if token is None and on_loopback:
            return LOOPBACK
        raise Unauthenticated("There are no keys here, so none opens.", "Ask without a key.")

    async def admit(self, identity: Identity) -> None:
        """Everything is admitted."""
