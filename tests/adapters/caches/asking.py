"""Asking a cache that may be in trouble."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import anyio
import pytest

from forerun.errors import Unavailable
from forerun.ports import Scope, SharedCache
from tests.adapters.caches.places import labels

DEADLINE_S = 0.02
SOON_S = 5.0
"""Far more than any deadline: a busy machine may be late, but what hangs is never back by then."""
CALLS: dict[str, Callable[[SharedCache], Awaitable[object]]] = {
    "get": lambda cache: cache.get(["a", "b"]),
    "put": lambda cache: cache.put("a", "x", labels("orders"), 60),
    "purge": lambda cache: cache.purge(Scope(tenant="ann")),
    "lease": lambda cache: cache.lease("a", 1),
    "release": lambda cache: cache.release("a", "token"),
    "status": lambda cache: cache.status(),
}


async def until_it_works(call: Callable[[], Awaitable[object]]) -> object:
    """What it gives, as soon as it gives anything; nothing but `Unavailable` until then."""
    with anyio.fail_after(30):
        while True:
            try:
                return await call()
            except Unavailable:
                await anyio.sleep(0.01)


async def is_unavailable(call: Callable[[], Awaitable[object]]) -> Unavailable:
    """It says so, soon, and says what to do."""
    with anyio.fail_after(SOON_S):
        with pytest.raises(Unavailable) as raised:
            await call()
    assert raised.value.hint
    return raised.value


async def hear(heard: Sequence[Scope], times: int) -> None:
    """Until so many purges were heard of in all."""
    with anyio.fail_after(30):
        while len(heard) < times:
            await anyio.sleep(0.005)
