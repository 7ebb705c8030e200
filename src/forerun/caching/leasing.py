"""Among processes, one at a time makes an answer; the others wait for it a while.

A lease is short and nobody depends on it: who loses it, or cannot ask for one, works on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio

from forerun.caching.layers import Layers
from forerun.domain import Answer
from forerun.errors import Unavailable
from forerun.ports import Labels

LEASE_S = 15.0
"""Who takes longer may have died; then another process begins."""
LOOK_EVERY_S = 0.03
UNKEPT_S = 10.0
"""How long the others know that an answer is not for keeping, and each makes its own."""

Look = Callable[[], Awaitable[Answer | None]]


@asynccontextmanager
async def taking_turns(layers: Layers, key: str, look: Look) -> AsyncIterator[Answer | None]:
    """What another process made meanwhile, by `look`; or None, then it is our turn to make it."""
    token: str | None = None
    theirs: Answer | None = None
    try:
        token, theirs = await _turn(layers, key, look)
    except Unavailable:
        layers.tally.errors += 1
    try:
        yield theirs
    finally:
        if token is not None:
            with anyio.CancelScope(shield=True):
                await layers.release(key, token)


async def _turn(layers: Layers, key: str, look: Look) -> tuple[str | None, Answer | None]:
    if layers.shared is None:
        return None, None
    give_up_at = anyio.current_time() + LEASE_S
    while anyio.current_time() < give_up_at:
        token = await layers.lease(key, LEASE_S)
        if token is not None:
            return token, None
        await anyio.sleep(LOOK_EVERY_S)
        if (theirs := await look()) is not None:
            return None, theirs
        if any(await layers.read((_unkept(key),))):
            break
    return None, None


async def tell_unkept(layers: Layers, key: str, labels: Labels) -> None:
    """Tell those who wait for the answer that they will not find it."""
    await layers.share_text(_unkept(key), "unkept", labels, UNKEPT_S)


def _unkept(key: str) -> str:
    return f"{key}:unkept"
