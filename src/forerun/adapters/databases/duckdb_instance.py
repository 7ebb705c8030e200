"""DuckDB instances: opened when a statement comes, as new as their files, closed when idle.

The file is attached read only to an in-memory instance of our own, so that several objects and
the host program may have it open at once. Then every door is closed for good: no external
access, no file system at all (external access alone leaves the attached file's own `.wal`
writable by COPY), no extension loading, configuration locked.

While an instance has a database file open nobody else can write to it, and DuckDB's writers do
not wait: they fail. So it is closed soon after its last statement, by a thread of its own that
lives as long as the instance is open. It must not be a task: an adapter has no task group, and
an event loop that stands still would keep the file. It is no daemon: the interpreter waits for
it, half a second at most, rather than end amid DuckDB's own code.

Who closes a file drops all locks that his process has on it, so that a writer could get in amid
somebody's statement. So instances of one file are only closed while nobody uses any of them.

An open instance also grows: DuckDB 2.0 keeps an entry of its eviction queue for every buffer that a
join or a materialized query has had, some kB a statement and 43 MB in the end, which no limit of
its own counts and only closing gives back (scripts/measure_duckdb_memory.py). So one that attaches
a file, which takes no time, makes room for a fresh one after `WORN` statements, as soon as nobody
uses it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Event, Lock, Thread, main_thread

import anyio
import anyio.to_thread
import duckdb
from duckdb import DuckDBPyConnection

from forerun.adapters.databases.threads import interruptible
from forerun.errors import DatabaseUnreachable

IDLE_S = 0.5
"""The statements of one answer come closer together, unless a model is asked between them, beside
which opening anew (some 3 ms) is nothing; and a writer that failed gets in when it tries again."""
WORN = 500
"""Statements of an instance: by then it has grown by some 4 MB."""

FENCED_FROM_THE_START: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",  # Python variables are no tables
    "temp_directory": "",  # nothing spills to disk: a query that needs more memory fails
    "memory_limit": "50%",
}
_CLOSE_EVERY_DOOR = """
SET enable_external_access = false;
SET disabled_filesystems = 'LocalFileSystem';
SET lock_configuration = true;
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """Where in the instance the data is, and what its owner should know about it."""

    home: str
    """Name of DuckDB's catalog (its word for one database of several)."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """What instances are filled with."""

    fill: Callable[[DuckDBPyConnection], Filled]
    """Attaches or loads the data into a fresh in-memory instance, in a worker thread."""
    stamp: Callable[[], str]
    """Of the files, see `stamps.py`; cheap."""
    held: bool
    """Nobody can write to the files while an instance is open."""


@dataclass(slots=True, eq=False)
class Instance:
    """One that is open. It ends, once nobody uses it, when it is outdated or idle."""

    connection: DuckDBPyConnection
    stamp: str
    """Of the files before they were opened: what it shows is as new, or newer."""
    filled: Filled = Filled("")
    users: int = 1
    lent: int = 1
    """How often so far."""
    idle_since: float = 0.0
    ended: Event = field(default_factory=Event)


class Instances:
    """The instances of one database: at most one that is newest, and older ones still in use."""

    def __init__(self, name: str, source: Source) -> None:
        self._name = name
        self._source = source
        self._opening = anyio.Lock(fast_acquire=True)
        self._newest: Instance | None = None
        self._others: list[Instance] = []
        """Outdated ones, and the one that is being opened."""
        self._spare: DuckDBPyConnection | None = None
        """Empty, made while nobody waits: that takes ten times as long as to attach a file."""
        self._closed = False
        self._books = Lock()
        """Held for a moment, also by the event loop: who uses what."""
        self._files: AbstractContextManager[object] = Lock() if source.held else nullcontext()
        """Held by threads that open or close: none closes the file while another opens it."""

    def stamp(self) -> str:
        """What the files are like now. Raises `DatabaseUnreachable` once closed."""
        if self._closed:
            raise DatabaseUnreachable(f"{self._name} has been closed.")
        return self._source.stamp()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Instance]:
        """An instance as new as the files are now, which stays open until it is given back.

        Files that change meanwhile get an instance of their own; this one goes when it is done.
        Raises what `fill` and `stamp` raise.
        """
        instance = self._as_new_as_the_files() or await self._opened()
        try:
            yield instance
        finally:
            await self._give_back(instance)

    async def aclose(self) -> None:
        """Close what is idle now, what is in use when its last statement ends."""
        self._closed = True
        await self._close(self._drop_all)

    def _as_new_as_the_files(self) -> Instance | None:
        stamp = self.stamp()
        with self._books:
            newest = self._newest
            if newest is None or newest.stamp != stamp or self._is_worn(newest):
                return None
            newest.users += 1
            newest.lent += 1
            return newest

    def _is_worn(self, instance: Instance) -> bool:
        """Data that an instance has loaded would have to be loaded again: it may grow. What is in
        use would outlive its withdrawal, and so gain nothing."""
        return self._source.held and instance.users == 0 and instance.lent >= WORN

    async def _opened(self) -> Instance:
        async with self._opening:
            return self._as_new_as_the_files() or await self._open()

    async def _open(self) -> Instance:
        stamp = self.stamp()
        connection = await anyio.to_thread.run_sync(self._in_place_of_the_newest)

        def fill_and_fence() -> Filled:
            with self._files:
                filled = self._source.fill(connection)
                connection.execute(_CLOSE_EVERY_DOOR)
                return filled

        instance = Instance(connection, stamp)
        with self._books:
            self._others.append(instance)
        try:
            instance.filled = await interruptible(fill_and_fence, connection.interrupt)
        except BaseException:
            await self._give_back(instance)
            raise
        if not self._closed:
            with self._books:
                self._others.remove(instance)
                self._newest = instance
        if self._source.held:
            Thread(target=self._end_when_idle, args=(instance,), name="forerun-duckdb").start()
        return instance

    def _in_place_of_the_newest(self) -> DuckDBPyConnection:
        """An empty instance, once the newest has gone: at once, or when it is no more in use."""
        with self._files:
            with self._books:
                self._withdraw()
            self._end_outdated()
            spare, self._spare = self._spare, None
            return spare or _empty()

    async def _give_back(self, instance: Instance) -> None:
        with self._books:
            instance.users -= 1
            instance.idle_since = time.monotonic()
            may_end = instance.users == 0 and bool(self._others)
        if may_end:
            await self._close(self._end_outdated)

    async def _close(self, close: Callable[[], None]) -> None:
        def close_files() -> None:
            with self._files:
                close()

        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(close_files)

    def _drop_all(self) -> None:
        with self._books:
            self._withdraw()
        self._end_outdated()
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def _withdraw(self) -> None:
        """Nobody gets the newest from here on."""
        if self._newest is not None:
            self._others.append(self._newest)
            self._newest = None

    def _end_outdated(self) -> None:
        with self._books:
            over = self._over()
            self._others = [each for each in self._others if each not in over]
        for each in over:
            _end(each)

    def _over(self) -> list[Instance]:
        """All that may end. Where they hold a file, the newest would lose its lock with the others,
        and goes too."""
        if not self._source.held:
            return [each for each in self._others if each.users == 0]
        if any(each.users for each in (*self._others, self._newest) if each is not None):
            return []
        self._withdraw()
        return self._others

    def _end_when_idle(self, instance: Instance) -> None:
        """Runs in a thread of its own, until the instance or the program ends."""
        rest_s = IDLE_S
        while not instance.ended.wait(rest_s) and main_thread().is_alive():
            with self._files:
                rest_s = self._idle_for_another(instance)
                if rest_s <= 0:
                    _end(instance)
                    self._spare = None if self._closed else _empty()

    def _idle_for_another(self, instance: Instance) -> float:
        """Seconds until it has idled long enough. 0 when it has: nobody gets it any more."""
        with self._books:
            if instance.users > 0 or instance is not self._newest or self._others:
                return IDLE_S
            rest_s = instance.idle_since + IDLE_S - time.monotonic()
            if rest_s > 0:
                return rest_s
            self._newest = None
            return 0.0


def _empty() -> DuckDBPyConnection:
    return duckdb.connect(":memory:", config=FENCED_FROM_THE_START)


def _end(instance: Instance) -> None:
    instance.connection.close()
    instance.ended.set()
