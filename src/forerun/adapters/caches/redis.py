"""A cache in Redis, for processes on several machines. Needs asyncio."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import anyio

from forerun.adapters.caches.purging import scope_from_text, scope_to_text
from forerun.adapters.caches.redis_connections import Connections
from forerun.adapters.caches.redis_listening import Subscription
from forerun.adapters.caches.redis_scripts import DROP, GET, MEASURE, PUT, RELEASE
from forerun.domain import Shelf, ShelfStatus
from forerun.errors import Unavailable
from forerun.ports import Labels, Scope

Result = TypeVar("Result")

DEADLINE_S = 0.02
PATIENT_S = 1.0
"""For what looks at many entries: purges and status; and for listening to connect and be heard."""
LARGEST_BYTES = 2 * 1024 * 1024
"""A longer text is not kept: a network of 1 Gbit/s brings no more within the deadline."""
BATCH = 500
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0


class RedisCache:
    """See `forerun.ports.SharedCache`. All it keeps is in keys that begin with `prefix`.

    `purge` and `status` may take a second. A purge that fails in its middle has dropped some;
    it may be asked for again. Raises `BadSetting` for what is no URL of a Redis server.
    """

    def __init__(
        self, url: str, deadline_s: float = DEADLINE_S, *, prefix: str = "forerun"
    ) -> None:
        self._connections = Connections(url)
        self._deadline_s = deadline_s
        self._prefix = prefix
        self._groups = f"{prefix}:groups"
        self._channel = f"{prefix}:purges:{self._connections.database}"

    @property
    def name(self) -> str:
        return "redis"

    async def get(self, keys: Sequence[str]) -> Sequence[str | None]:
        if not keys:
            return []
        entries = [self._entry(key) for key in keys]

        def read(reply: Any) -> Sequence[str | None]:
            return [_own_text(key, kept) for key, kept in zip(keys, reply, strict=True)]

        start_of_groups = self._group("")
        return await self._eval(read, GET, [self._groups, *entries], [start_of_groups, *keys])

    async def put(self, key: str, text: str, labels: Labels, keep_s: float) -> None:
        """Nothing, where `text` is longer than 2 MiB or is kept for no time."""
        content, keep_ms = _written(f"{key}\n{text}"), int(keep_s * 1000)
        if len(content) > LARGEST_BYTES or keep_ms <= 0:
            return
        group = json.dumps([labels.shelf.value, labels.tenant, labels.database])
        tables = _listed(*sorted(labels.tables))
        where = [self._groups, self._group(group), self._entry(key)]
        await self._eval(_number, PUT, where, [group, key, content, tables, keep_ms])

    async def purge(self, scope: Scope) -> int:
        with self._connections.failing(PATIENT_S):
            table = "" if scope.table is None else _listed(scope.table.lower())
            dropped = 0
            for group, labels in await self._all_groups():
                if Scope(scope.tenant, scope.database).covers(labels):
                    async for keys in self._keys_of(group):
                        dropped += await self._over(_number, DROP, group, keys, table)
            await self._ask(_number, "PUBLISH", self._channel, scope_to_text(scope))
            return dropped

    async def hear_purges(self, on_purge: Callable[[Scope], None]) -> None:
        """Called with an empty Scope each time that it begins to hear, the first time too."""
        pause = FIRST_PAUSE_S

        def heard(scope: Scope) -> None:
            nonlocal pause
            pause = FIRST_PAUSE_S
            on_purge(scope)

        while True:
            try:
                await self._listen(heard)
            except Unavailable:
                await anyio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - only jitter
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def lease(self, key: str, seconds: float) -> str | None:
        token, milliseconds = secrets.token_hex(16), max(int(seconds * 1000), 1)
        asked = ("SET", self._lease(key), token, "NX", "PX", milliseconds)
        taken = await self._connections.ask(self._deadline_s, _is_ok, *asked)
        return token if taken else None

    async def release(self, key: str, token: str) -> None:
        await self._eval(_number, RELEASE, [self._lease(key)], [token])

    async def status(self) -> Sequence[ShelfStatus]:
        with self._connections.failing(PATIENT_S):
            found = []
            for group, labels in await self._all_groups():
                parts = [
                    await self._over(_measures, MEASURE, group, keys)
                    async for keys in self._keys_of(group)
                ]
                entries, size = sum(part[0] for part in parts), sum(part[1] for part in parts)
                if entries:
                    place = (labels.shelf, labels.tenant, labels.database)
                    oldest_s = max(part[2] for part in parts) / 1000
                    found.append(ShelfStatus(*place, entries, size, oldest_s))
            return found

    async def aclose(self) -> None:
        await self._connections.aclose()

    async def _listen(self, heard: Callable[[Scope], None]) -> None:
        """Until the connection is lost: `Unavailable`."""
        await self._connections.warm(PATIENT_S)
        async with self._connections.own(PATIENT_S) as connection:
            subscription = Subscription(self._connections, connection, PATIENT_S)
            await subscription.begin(self._channel)
            heard(Scope())
            while True:
                heard(scope_from_text(await subscription.message()))

    async def _all_groups(self) -> Sequence[tuple[str, Labels]]:
        """Each with what its entries share."""

        def read(reply: Any) -> Sequence[tuple[str, Labels]]:
            return [(_text(group), _labels(group)) for group in reply]

        return await self._ask(read, "ZRANGE", self._groups, 0, -1)

    async def _keys_of(self, group: str) -> AsyncIterator[Sequence[bytes]]:
        """A few hundred at a time; one that is moved meanwhile may come twice."""
        cursor = 0
        while True:
            asked = ("ZSCAN", self._group(group), cursor, "COUNT", BATCH)
            cursor, keys = await self._ask(_scanned, *asked)
            if keys:
                yield keys
            if not cursor:
                return

    async def _over(
        self,
        read: Callable[[Any], Result],
        script: str,
        group: str,
        keys: Sequence[bytes],
        table: str = "",
    ) -> Result:
        start = self._entry("").encode()
        where: list[str | bytes] = [self._group(group), *(start + key for key in keys)]
        return await self._ask(read, "EVAL", script, len(where), *where, table, *keys)

    async def _ask(self, read: Callable[[Any], Result], *command: str | bytes | int) -> Result:
        return await self._connections.ask(PATIENT_S, read, *command)

    async def _eval(
        self,
        read: Callable[[Any], Result],
        script: str,
        keys: Sequence[str],
        arguments: Sequence[str | bytes | int],
    ) -> Result:
        asked = ("EVAL", script, len(keys), *keys, *arguments)
        return await self._connections.ask(self._deadline_s, read, *asked)

    def _entry(self, key: str) -> str:
        return f"{self._prefix}:entry:{key}"

    def _group(self, group: str) -> str:
        return f"{self._prefix}:group:{group}"

    def _lease(self, key: str) -> str:
        return f"{self._prefix}:lease:{key}"


def _own_text(key: str, kept: Any) -> str | None:
    """What was kept begins with its key: another's would be noticed."""
    if kept is None:
        return None
    whole = _text(kept)
    if not whole.startswith(f"{key}\n"):
        raise ValueError("this is what another key has")
    return whole[len(key) + 1 :]


def _written(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(reply: Any) -> str:
    if not isinstance(reply, bytes):
        raise TypeError("text expected")
    return reply.decode("utf-8", "surrogatepass")


def _number(reply: Any) -> int:
    if not isinstance(reply, int):
        raise TypeError("a number expected")
    return reply


def _is_ok(reply: Any) -> bool:
    """Redis answers OK or, where the key was there, nothing."""
    if reply not in (None, b"OK"):
        raise ValueError("OK or nothing expected")
    return reply is not None


def _scanned(reply: Any) -> tuple[int, Sequence[bytes]]:
    cursor, pairs = reply
    return int(cursor), [member for member in pairs[::2] if _text(member)]


def _measures(reply: Any) -> tuple[int, int, int]:
    entries, size, oldest_ms = map(_number, reply)
    return entries, size, oldest_ms


def _labels(group: Any) -> Labels:
    shelf, tenant, database = json.loads(_text(group))
    return Labels(Shelf(shelf), tenant, database)


def _listed(*tables: str) -> str:
    """Each as JSON on a line of its own: a list of one is found in all lists that it is part of."""
    return "\n".join(["", *map(json.dumps, tables), ""])
