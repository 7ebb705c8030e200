"""The two levels as one: this process's memory, and behind it what several processes share.

The second level can only cost latency. Whatever goes wrong with it, its breaker counts it and the
question goes on as if nothing had been kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import anyio

from forerun.caching.earlier import Earlier
from forerun.caching.entries import Alias, Entry, from_text, to_text
from forerun.caching.memory import Memory
from forerun.caching.tally import Tally
from forerun.domain import CacheLayer, ShelfStatus
from forerun.errors import Unavailable
from forerun.ports import VIEW, Labels, Scope, SharedCache

Guard = Callable[[], AbstractContextManager[None]]
"""Counts how the block ends; raises `BreakerOpen` instead of letting it run."""

SETTLING_S = 0.1
"""What another process had under way when a purge came is kept within this time, if at all."""
LARGEST = 512 * 1024
"""Bytes of an entry that is worth writing as text, which the others wait for."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry and the level that held it."""

    entry: Entry
    layer: CacheLayer


@dataclass
class Layers:
    """Entries by key, in both levels."""

    memory: Memory
    shared: SharedCache | None = None
    guard: Guard = nullcontext
    earlier: Earlier = field(default_factory=Earlier)
    tally: Tally = field(default_factory=Tally)
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""

    def near(self, keys: Sequence[str], tenant: str) -> list[Found]:
        """What memory holds under any of the keys."""
        found = []
        for key in keys:
            entry = self.memory.get(key, tenant)
            if entry is not None and isinstance(entry.value, Alias):
                alias, entry = entry.value, self.memory.get(entry.value.key, tenant)
                entry = alias.of(entry) if entry is not None else None
            if entry is not None:
                found.append(Found(entry, CacheLayer.MEMORY))
        return found

    async def far(self, keys: Sequence[str], tenant: str) -> list[Found]:
        """What the second level holds under any of the keys; memory holds it from then on."""
        if self.shared is None:
            return []
        since, layer = self.memory.purges, CacheLayer(self.shared.name)
        entries = await self._fetched(keys, tenant, since)
        aliases = {e.value.key: e.value for e in entries if isinstance(e.value, Alias)}
        if aliases:
            others = await self._fetched(list(aliases), tenant, since)
            entries += [aliases[entry.key].of(entry) for entry in others]
        # A purge that was heard while the second of two was read has covered the first as well.
        entries = [entry for entry in entries if not self.memory.was_purged(entry, since)]
        return [Found(entry, layer) for entry in entries if not isinstance(entry.value, Alias)]

    async def _fetched(self, keys: Sequence[str], tenant: str, since: int) -> list[Entry]:
        texts = await self.read(keys)
        read = zip(keys, texts, strict=False)
        believed = [_believed(text, key, tenant) for key, text in read]
        entries = [entry for entry in believed if entry is not None]
        for entry in entries:
            self.memory.put(entry, since)
        return entries

    async def read(self, keys: Sequence[str]) -> Sequence[str | None]:
        """The second level's texts; none where it cannot be read."""
        if self.shared is None:
            return ()
        try:
            with self.guard():
                return await self.shared.get(keys)
        except Unavailable:
            self.tally.errors += 1
            return ()

    async def keep(self, entry: Entry, since: int, keep_s: float) -> None:
        """Put it into both levels, unless it has been purged since `since`."""
        self.memory.put(entry, since)
        await self.share(entry, since, keep_s)

    async def share(self, entry: Entry, since: int, keep_s: float) -> bool:
        """Put it into the second level, with the same exception. False where it is not for other
        processes: it is too large, or holds a value that only this one can give back."""
        if self.shared is None or self.memory.was_purged(entry, since):
            return True
        if self.is_too_large(entry):
            return False
        try:
            text = to_text(entry)
        except ValueError:
            return False
        await self.share_text(entry.key, text, entry.labels, keep_s)
        return True

    def is_too_large(self, entry: Entry) -> bool:
        """Whether the second level, where there is one, is not given it."""
        return self.shared is not None and self.memory.size(entry) > LARGEST

    async def share_text(self, key: str, text: str, labels: Labels, keep_s: float) -> None:
        if self.shared is None:
            return
        try:
            with self.guard():
                await self.shared.put(key, text, labels, keep_s)
        except Unavailable:
            self.tally.errors += 1

    async def forget(self, entry: Entry) -> None:
        """Drop one entry."""
        self.memory.remove(entry.key)
        await self.share_text(entry.key, "", entry.labels, 1.0)

    async def purge(self, scope: Scope) -> int:
        """Drop what `scope` covers, in every process; how many, counted where they are most.

        Raises `Unavailable` where the second level could not be reached: it may still hold them.
        """
        scopes = [scope] if scope.table is None else [scope, replace(scope, table=VIEW)]
        here = sum(map(self._drop, scopes))
        if self.shared is None:
            return here
        there = sum([await self.shared.purge(each) for each in scopes])
        await anyio.sleep(SETTLING_S)
        for each in scopes:
            await self.shared.purge(each)
        return max(here, there)

    async def hear_purges(self) -> None:
        """Drop from memory what any process purges. Runs until cancelled."""
        if self.shared is not None:
            await self.shared.hear_purges(self._heard)

    def _heard(self, scope: Scope) -> None:
        self._drop(scope)

    def _drop(self, scope: Scope) -> int:
        self.earlier.purge(scope)
        return self.memory.purge(scope)

    async def lease(self, key: str, seconds: float) -> str | None:
        """A token for the only one who may work on `key`. Raises `Unavailable`."""
        assert self.shared is not None  # noqa: S101 - who asks knows
        with self.guard():
            return await self.shared.lease(key, seconds)

    async def release(self, key: str, token: str) -> None:
        assert self.shared is not None  # noqa: S101 - it gave the token
        try:
            with self.guard():
                await self.shared.release(key, token)
        except Unavailable:  # it ends by itself
            self.tally.errors += 1

    async def status(self) -> list[ShelfStatus]:
        """What the second level holds, or memory where there is none. Raises `Unavailable`."""
        if self.shared is None:
            return self.memory.status(self.clock())
        return list(await self.shared.status())

    async def aclose(self) -> None:
        if self.shared is not None:
            await self.shared.aclose()


def _believed(text: str | None, key: str, tenant: str) -> Entry | None:
    """The entry, where the text is one and is this key's and this tenant's."""
    if not text:
        return None
    try:
        entry = from_text(text)
    except ValueError:
        return None
    return entry if entry.is_of(key, tenant) else None
