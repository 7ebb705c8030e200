"""Keys that are remembered for a few seconds, so that not every request waits for the store.

What was looked up is believed for `remember_s`; so a revoked key works for that long at most, in
every process. While the store does not answer, keys that are known go on working for `outage_s`
since they were last seen good; of all others it cannot be told, and that is no reason to call them
bad.
"""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import anyio

from forerun.access.identity import Identity
from forerun.access.key_text import KeyText, read_key
from forerun.access.keys import Kept, Keys
from forerun.errors import IdentityUnavailable, Unauthenticated, Unavailable

LOOK_UP_S = 2.0
"""How long a request waits for the store before its call is cancelled."""
LOOK_AGAIN_S = 0.5
"""The same for a key that is known."""
TRY_AGAIN_S = 5.0
"""How long those who are known do not wait for it, once it has not answered."""
STRANGERS_AT_ONCE = 8
"""Look-ups of keys that are not known: whoever makes up keys cannot keep all threads busy."""
MOST = 10_000
"""Keys remembered, among them such as there are not."""


@dataclass(frozen=True, slots=True)
class _Seen:
    kept: Kept | None
    at: float


class KeyRing:
    """Who is behind a key, as far as this process knows."""

    def __init__(
        self,
        keys: Keys,
        remember_s: float,
        outage_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._remember_s = remember_s
        self._outage_s = outage_s
        self._clock = clock
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._any: tuple[bool, float] | None = None
        self._silent_until = -1.0
        self._strangers = anyio.CapacityLimiter(STRANGERS_AT_ONCE)

    async def identify(self, text: str) -> Identity:
        """Raises `Unauthenticated`, or `IdentityUnavailable` where it cannot be told."""
        given = read_key(text)
        if given is None:
            raise Unauthenticated(
                "The key is not complete, or has a typo: its checksum does not fit.",
                "Copy it once more, from forerun_ to the last sign.",
            )
        kept = (await self._find(given)).kept
        right = kept is not None and hmac.compare_digest(kept.hash, given.hash)
        if kept is None or not right or not kept.key.is_good(time.time()):
            raise Unauthenticated(
                "There is no such key; or it is revoked, or has expired.",
                "Ask who runs this service for a new one: forerun keys create.",
            )
        return kept.key.identity

    async def is_empty(self) -> bool:
        """Whether there has never been a key. Raises `IdentityUnavailable`."""
        now = self._clock()
        if self._any is not None and (self._any[0] or now - self._any[1] < self._remember_s):
            return not self._any[0]
        try:
            with anyio.fail_after(LOOK_UP_S):
                self._any = (await self._keys.any(), now)
        except (Unavailable, TimeoutError) as failed:
            raise _untold() from failed
        return not self._any[0]

    async def _find(self, given: KeyText) -> _Seen:
        now = self._clock()
        seen = self._seen.get(given.id)
        if seen is not None and now - seen.at < self._remember_s:
            return seen
        usable = seen is not None and seen.kept is not None and now - seen.at < self._outage_s
        if seen is not None and usable and now < self._silent_until:
            return seen
        try:
            with anyio.fail_after(LOOK_AGAIN_S if usable else LOOK_UP_S):
                async with nullcontext() if usable else self._strangers:
                    found = _Seen(await self._keys.find(given.id), now)
        except (Unavailable, TimeoutError) as failed:
            if seen is not None and usable:  # a stranger's failure says nothing about the others
                self._silent_until = self._clock() + TRY_AGAIN_S
                return seen
            raise _untold() from failed
        self._remember(given.id, found)
        return found

    def _remember(self, id_: str, found: _Seen) -> None:
        """Those looked up longest ago are forgotten first."""
        self._seen[id_] = found
        self._seen.move_to_end(id_)
        while len(self._seen) > MOST:
            self._seen.popitem(last=False)


def _untold() -> IdentityUnavailable:
    """Says no more: where keys are kept is nothing for strangers. The cause has it, for logs."""
    return IdentityUnavailable(
        "Whose key this is cannot be looked up now: the place where keys are kept does not answer.",
        "Nothing is known against your key. Try again in a moment.",
    )
