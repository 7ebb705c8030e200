"""Among processes, one at a time makes an answer; the others wait for it a while.

A lease is short and nobody depends on it: who loses it, or cannot ask for one, works on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from forerun.caching.layers import Layers
from forerun.domain import Answer
from forerun.errors import Unavailable
from forerun.ports import Labels

LEASE_S = 15.0
"""Who takes longer may have died; then another process begins."""
LONGEST_WAIT_S = 5.0
LOOK_EVERY_S = 0.03
UNKEPT_S = 10.0
"""How long the others know that an answer is not for keeping, and each makes its own."""

Look = Callable[[], Awaitable[Answer | None]]


@asynccontextmanager
async def taking_turns(
    layers: Layers, key: str, look: Look, patience_s: float
) -> AsyncIterator[Answer | None]:
    """What another process made meanwhile, by `look`; or None, then it is our turn to make it.

    It is ours after `patience_s` seconds in any case: the other one may have died.
    """
    turn = _Turn(layers, key, patience_s)
    try:
        yield await turn.come(look)
    finally:
        if turn.token is not None:
            with anyio.CancelScope(shield=True):
                await layers.release(key, turn.token)


@dataclass
class _Turn:
    """One process's place in the line."""

    layers: Layers
    key: str
    patience_s: float
    token: str | None = None
    """Of the lease, once it is ours."""

    async def come(self, look: Look) -> Answer | None:
        if self.layers.shared is None:
            return None
        try:
            return await self._wait(look)
        except Unavailable:
            self.layers.tally.errors += 1
            return None

    async def _wait(self, look: Look) -> Answer | None:
        waited = False
        give_up_at = anyio.current_time() + min(LONGEST_WAIT_S, self.patience_s)
        while anyio.current_time() < give_up_at:
            self.token = await self.layers.lease(self.key, LEASE_S)
            if self.token is not None:  # between our last look and now it may have come
                return await look() if waited else None
            waited = True
            await anyio.sleep(LOOK_EVERY_S)
            if (theirs := await look()) is not None:
                return theirs
            if any(await self.layers.read((_unkept(self.key),))):
                break
        return None


async def tell_unkept(layers: Layers, key: str, labels: Labels) -> None:
    """Tell those who wait for the answer that they will not find it."""
    await layers.share_text(_unkept(key), "unkept", labels, UNKEPT_S)


def _unkept(key: str) -> str:
    return f"{key}:unkept"
