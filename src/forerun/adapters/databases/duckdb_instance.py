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
somebody's statement. So instances of one file, whoever in this process has opened them, are only
closed while nobody uses any of them, and then all together (`Sharing`).

An open instance also grows: DuckDB 2.0 keeps an entry of its eviction queue for every buffer that a
join or a materialized query has had, some kB a statement and 43 MB in the end, which no limit of
its own counts and only closing gives back (scripts/measure_duckdb_memory.py). So one that attaches
a file, which takes no time, makes room for a fresh one after `WORN` statements, as soon as nobody
uses it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread, main_thread
from weakref import WeakSet, WeakValueDictionary

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

    fill: Callable[[DuckDBPyConnection, Filled | None], Filled]
    """Attaches or loads the data into a fresh in-memory instance, in a worker thread. It is told
    what another instance of the held file holds that is open: then it must not close the file."""
    stamp: Callable[[], str]
    """Of the files, see `stamps.py`; cheap."""
    held: Path | None
    """The file that nobody can write to while an instance is open; None where there is none."""


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


class Sharing:
    """What all have in common who have one file open in this process."""

    def __init__(self, *, held: bool) -> None:
        self.members: WeakSet[Instances] = WeakSet()
        self.others: list[Instance] = []
        """Outdated ones, and those that are being opened."""
        self.books = Lock()
        """Held for a moment, also by event loops: who uses what."""
        self.files: AbstractContextManager[object] = Lock() if held else nullcontext()
        """Held by threads that open or close: none closes the file while another opens it."""

    def all_open(self) -> list[Instance]:
        newest = (member.newest for member in self.members)
        return [*self.others, *(each for each in newest if each is not None)]

    def withdraw(self) -> None:
        """Nobody gets any of them from here on."""
        for member in self.members:
            member.withdraw()

    def filled(self) -> Filled | None:
        """What one of them holds, if one is open."""
        with self.books:
            return next((each.filled for each in self.all_open() if each.filled.home), None)


_sharing: WeakValueDictionary[str, Sharing] = WeakValueDictionary()
_looking_up = Lock()


def sharing_of(file: Path | None) -> Sharing:
    """The same one for the same file, by whatever name, as long as anybody has it."""
    if file is None:
        return Sharing(held=False)
    key = str(file.resolve())
    with _looking_up:
        found = _sharing.get(key) or _linked_to(file) or Sharing(held=True)
        _sharing[key] = found
        return found


def _linked_to(file: Path) -> Sharing | None:
    """A file with several names (hard links) has one lock, which whoever closes any of them lets
    go of."""
    for path, sharing in _sharing.items():
        with suppress(OSError):  # one of them is not there
            if file.samefile(path):
                return sharing
    return None


class Instances:
    """The instances of one database: at most one that is newest, and older ones still in use."""

    def __init__(self, name: str, source: Source) -> None:
        self._name = name
        self._source = source
        self._opening = anyio.Lock(fast_acquire=True)
        self.newest: Instance | None = None
        self._spare: DuckDBPyConnection | None = None
        """Empty, made while nobody waits: that takes ten times as long as to attach a file."""
        self._closed = False
        self._sharing = sharing_of(source.held)
        with self._sharing.books:
            self._sharing.members.add(self)

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
        with self._sharing.books:
            newest = self.newest
            if newest is None or newest.stamp != stamp or self._is_worn(newest):
                return None
            newest.users += 1
            newest.lent += 1
            return newest

    def _is_worn(self, instance: Instance) -> bool:
        """Data that an instance has loaded would have to be loaded again: it may grow. What is in
        use would outlive its withdrawal, and so gain nothing."""
        return self._source.held is not None and instance.users == 0 and instance.lent >= WORN

    async def _opened(self) -> Instance:
        async with self._opening:
            return self._as_new_as_the_files() or await self._open()

    async def _open(self) -> Instance:
        stamp = self.stamp()
        connection = await anyio.to_thread.run_sync(self._in_place_of_the_newest)

        def fill_and_fence() -> Filled:
            with self._sharing.files:
                filled = self._source.fill(connection, self._sharing.filled())
                connection.execute(_CLOSE_EVERY_DOOR)
                return filled

        instance = Instance(connection, stamp)
        with self._sharing.books:
            self._sharing.others.append(instance)
        try:
            instance.filled = await interruptible(fill_and_fence, connection.interrupt)
        except BaseException:
            await self._give_back(instance)
            raise
        if not self._closed:
            with self._sharing.books:
                self._sharing.others.remove(instance)
                self.newest = instance
        if self._source.held:
            Thread(target=self._end_when_idle, args=(instance,), name="forerun-duckdb").start()
        return instance

    def _in_place_of_the_newest(self) -> DuckDBPyConnection:
        """An empty instance, once the newest has gone: at once, or when it is no more in use."""
        with self._sharing.files:
            with self._sharing.books:
                self.withdraw()
            self._end_outdated()
            spare, self._spare = self._spare, None
            return spare or _empty()

    async def _give_back(self, instance: Instance) -> None:
        with self._sharing.books:
            instance.users -= 1
            instance.idle_since = time.monotonic()
            may_end = instance.users == 0 and bool(self._sharing.others)
        if may_end:
            await self._close(self._end_outdated)

    async def _close(self, close: Callable[[], None]) -> None:
        def close_files() -> None:
            with self._sharing.files:
                close()

        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(close_files)

    def _drop_all(self) -> None:
        with self._sharing.books:
            self.withdraw()
        self._end_outdated()
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def withdraw(self) -> None:
        """Nobody gets the newest from here on."""
        if self.newest is not None:
            self._sharing.others.append(self.newest)
            self.newest = None

    def _end_outdated(self) -> None:
        with self._sharing.books:
            over = self._over()
            self._sharing.others = [each for each in self._sharing.others if each not in over]
        for each in over:
            _end(each)

    def _over(self) -> list[Instance]:
        """All that may end. Where they hold a file, the newest ones would lose their lock with the
        others, and go too."""
        if not self._source.held:
            return [each for each in self._sharing.others if each.users == 0]
        if any(each.users for each in self._sharing.all_open()):
            return []
        self._sharing.withdraw()
        return self._sharing.others

    def _end_when_idle(self, instance: Instance) -> None:
        """Runs in a thread of its own, until the instance or the program ends."""
        rest_s = IDLE_S
        while not instance.ended.wait(rest_s) and main_thread().is_alive():
            with self._sharing.files:
                rest_s = self._idle_for_another(instance)
                if rest_s <= 0:
                    self._end_outdated()
        with self._sharing.files:
            if self._spare is None and not self._closed and main_thread().is_alive():
                self._spare = _empty()

    def _idle_for_another(self, instance: Instance) -> float:
        """Seconds until it has idled long enough, with all others of its file. 0 when they have:
        nobody gets them any more."""
        with self._sharing.books:
            known = self._sharing.all_open()
            if any(each.users for each in known) or instance is not self.newest:
                return IDLE_S
            rest_s = max(each.idle_since for each in known) + IDLE_S - time.monotonic()
            if rest_s > 0:
                return rest_s
            self._sharing.withdraw()
            return 0.0


def _empty() -> DuckDBPyConnection:
    return duckdb.connect(":memory:", config=FENCED_FROM_THE_START)


def _end(instance: Instance) -> None:
    instance.connection.close()
    instance.ended.set()
