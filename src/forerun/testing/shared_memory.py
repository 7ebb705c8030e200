"""A second level in a dict: what several processes keep for each other, within one.

    shared = SharedMemory()
    ours, theirs = Layers(Memory(10**6), shared), Layers(Memory(10**6), shared)
    shared.down = True                              # every call raises `Unavailable`
    shared.says = lambda key, text: "not JSON"      # whatever is kept, this is given

Like a server it takes its time where it is told to, and tells of purges a moment later.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

import anyio
import anyio.lowlevel
from anyio.streams.memory import MemoryObjectSendStream

from forerun.domain import Shelf, ShelfStatus
from forerun.errors import Unavailable
from forerun.ports import Labels, Scope


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    labels: Labels
    put_at: float
    until: float


@dataclass
class SharedMemory:
    """A `SharedCache` that can be told to fail, to dawdle and to say something else."""

    name: str = "redis"
    clock: Callable[[], float] = time.time
    """Seconds since 1970, by which entries and leases end."""
    takes_s: float = 0.0
    """What a call takes before it does anything."""
    heard_after_s: float = 0.0
    """How long after a purge the others hear of it."""
    down: bool = False
    says: Callable[[str, str | None], str | None] | None = None
    """What `get` gives, by key and what is kept there; None for just that."""
    calls: Counter[str] = field(default_factory=Counter)
    """By method, those that failed as well."""
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _leases: dict[str, tuple[str, float]] = field(default_factory=dict)
    _hearers: list[MemoryObjectSendStream[tuple[float, Scope]]] = field(default_factory=list)

    async def get(self, keys: Sequence[str]) -> Sequence[str | None]:
        await self._called("get")
        return [self._said(key) for key in keys]

    async def put(self, key: str, text: str, labels: Labels, keep_s: float) -> None:
        await self._called("put")
        now = self.clock()
        self._kept[key] = _Kept(text, labels, now, now + keep_s)

    async def purge(self, scope: Scope) -> int:
        await self._called("purge")
        gone = [key for key, kept in self._kept.items() if scope.covers(kept.labels)]
        for key in gone:
            del self._kept[key]
        for hearer in self._hearers:
            hearer.send_nowait((anyio.current_time() + self.heard_after_s, scope))
        return len(gone)

    async def hear_purges(self, on_purge: Callable[[Scope], None]) -> None:
        tell, told = anyio.create_memory_object_stream[tuple[float, Scope]](inf)
        self._hearers.append(tell)
        try:
            with tell, told:
                async for due_at, scope in told:
                    await anyio.sleep_until(due_at)
                    on_purge(scope)
        finally:
            self._hearers.remove(tell)

    async def lease(self, key: str, seconds: float) -> str | None:
        await self._called("lease")
        now = self.clock()
        if key in self.leased():
            return None
        token = secrets.token_hex(8)
        self._leases[key] = token, now + seconds
        return token

    async def release(self, key: str, token: str) -> None:
        await self._called("release")
        if self._leases.get(key, ("", 0.0))[0] == token:
            del self._leases[key]

    async def status(self) -> Sequence[ShelfStatus]:
        await self._called("status")
        now, groups = self.clock(), dict[tuple[Shelf, str, str], list[_Kept]]()
        for kept in self._kept.values():
            labels = kept.labels
            groups.setdefault((labels.shelf, labels.tenant, labels.database), []).append(kept)
        return [
            ShelfStatus(
                *group,
                entries=len(members),
                bytes=sum(len(kept.text.encode()) for kept in members),
                oldest_s=now - min(kept.put_at for kept in members),
            )
            for group, members in sorted(groups.items())
        ]

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()

    def texts(self) -> dict[str, str]:
        """What is kept now, by key."""
        now = self.clock()
        return {key: kept.text for key, kept in self._kept.items() if kept.until > now}

    def leased(self) -> frozenset[str]:
        """The keys that somebody holds now."""
        now = self.clock()
        return frozenset(key for key, (_, until) in self._leases.items() if until > now)

    def _said(self, key: str) -> str | None:
        kept = self._kept.get(key)
        text = kept.text if kept is not None and kept.until > self.clock() else None
        return text if self.says is None else self.says(key, text)

    async def _called(self, method: str) -> None:
        self.calls[method] += 1
        await anyio.sleep(self.takes_s)
        if self.down:
            raise Unavailable("The shared cache is down.", "Start it again.")
