"""Where shared caches are kept, as several processes of a test must know it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from forerun.adapters.caches import DiskCache
from forerun.adapters.caches.redis import RedisCache
from forerun.domain import Shelf
from forerun.ports import Labels, SharedCache

PATIENT_S = 5.0
"""A deadline that a busy machine keeps. What is said of 20 ms is tested apart."""


@dataclass(frozen=True)
class Place:
    """A file's path, or the address of a Redis and the beginning of the keys in it."""

    address: str
    prefix: str | None = None
    max_bytes: int = 64 * 1024 * 1024
    deadline_s: float = PATIENT_S

    def cache(self) -> SharedCache:
        if self.prefix is None:
            return DiskCache(Path(self.address), self.max_bytes)
        return RedisCache(self.address, self.deadline_s, prefix=self.prefix)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SharedCache]:
        cache = self.cache()
        yield cache
        await cache.aclose()

    def at(self, address: str, deadline_s: float = PATIENT_S) -> Place:
        return replace(self, address=address, deadline_s=deadline_s)


class Child:
    """Another process at the same place, which does one thing for each line (see `child.py`)."""

    def __init__(self, place: Place) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.adapters.caches.child", json.dumps(asdict(place))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )

    def ask(self, *words: object) -> object:
        """What it gives back. Blocks."""
        self.tell(*words)
        return self.answer()

    def tell(self, *words: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()

    def answer(self) -> object:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate(timeout=60)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def child(place: Place) -> Iterator[Child]:
    other = Child(place)
    try:
        assert other.ask("ready") is True
        yield other
        other.end()
    finally:
        other.kill()


def labels(
    *tables: str, tenant: str = "ann", database: str = "shop-1", shelf: Shelf = Shelf.ANSWERS
) -> Labels:
    return Labels(shelf, tenant, database, frozenset(tables))
