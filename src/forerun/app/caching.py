"""The caches of one database, wired from the settings."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from anyio.abc import TaskGroup

from forerun import __version__, prompts
from forerun.adapters.caches import open_shared
from forerun.adapters.databases import file_of, masked
from forerun.app.meaning import UnderstoodBy
from forerun.app.settings import Settings, variable
from forerun.caching import (
    CatalogCache,
    Circumstances,
    KeptAnswers,
    Keys,
    Layers,
    Memory,
    Policy,
    Tally,
)
from forerun.domain import LOSSLESS, Catalog, Rung, ShelfStatus
from forerun.errors import BadSetting, Unavailable
from forerun.orchestrators.breaker import Breaker, BreakerPolicy
from forerun.orchestrators.passing import PassingDatabase
from forerun.ports import Database, Scope, SharedCache
from forerun.stages import Resources

NONE = "none"
SERVER_TTL_S = 1.0


@dataclass(frozen=True, slots=True)
class KeptStructure(PassingDatabase):
    """A database whose structure another process may have read already."""

    cache: CatalogCache

    async def read_structure(self) -> Catalog:
        return await self.cache.read(self.inner.read_structure)


@dataclass(frozen=True, slots=True)
class CacheStatus:
    """What the caches of one process hold and have done."""

    memory: tuple[ShelfStatus, ...]
    shared: tuple[ShelfStatus, ...]
    tally: Tally
    evicted: int
    """Entries that made room for others."""


@dataclass
class Caches:
    """Of one database. Where several share a cache, this process's memory is used only once
    `start` has it listen to what the others purge."""

    settings: Settings
    keys: Keys
    layers: Layers
    group: TaskGroup | None = None

    @property
    def database(self) -> str:
        """Names the database among all that are kept."""
        return self.keys.circumstances.database

    def of_structure(self, database: Database) -> Database:
        """The database, its structure from the second level where that has it."""
        if self.layers.shared is None:
            return database
        cache = CatalogCache(self.keys, self.layers, database.version, policy(self.settings))
        return KeptStructure(database, cache)

    def of_answers(self, resources: Resources) -> KeptAnswers | None:
        """None where nothing is to be kept."""
        if self.settings.cache == NONE:
            return None
        return KeptAnswers(
            self.keys,
            self.layers,
            resources.database.version,
            UnderstoodBy(
                resources,
                self.settings.cache_examples,
                Rung.CONFIDENT_ACCEPT.value not in self.settings.rungs,
            ),
            self._background if self.group is not None else None,
            policy(self.settings),
        )

    def _background(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self.group is None:
            raise Unavailable("Forerun has been closed.", "Open it again to ask.")
        self.group.start_soon(work)

    def start(self, group: TaskGroup) -> None:
        """Do what outlives a question in `group`, until that is cancelled."""
        self.group = group
        self.layers.memory.max_bytes = self.settings.cache_bytes
        if self.layers.shared is not None:
            group.start_soon(self.layers.hear_purges)

    def stop(self) -> None:
        """From now on nothing can be begun; see `start`."""
        self.group = None
        self.layers.memory.max_bytes = 0
        self.layers.memory.purge(Scope())

    async def status(self) -> CacheStatus:
        """What is kept and what was done so far. Raises `Unavailable`."""
        shared = () if self.layers.shared is None else tuple(await self.layers.shared.status())
        memory = tuple(self.layers.memory.status(self.layers.clock()))
        return CacheStatus(memory, shared, self.layers.tally, self.layers.memory.evicted)

    async def purge(self, tenant: str | None = None, table: str | None = None) -> int:
        """Drop what is kept of this database, in every process; how many entries."""
        return await self.layers.purge(Scope(tenant, self.database, table))

    def forget_examples(self, tenant: str) -> None:
        """Queries that were right before may not be so by what the tenant has taught since."""
        self.layers.earlier.purge(Scope(tenant))

    async def aclose(self) -> None:
        await self.layers.aclose()


def open_caches(settings: Settings, url: str, dialect: str, known: str) -> Caches:
    """`known` is a digest of what the team knows. Raises `BadSetting` or `MissingExtra`."""
    shared = open_shared(settings.cache)
    circumstances = Circumstances(name_of(url), dialect, _makers(settings, known))
    secret = (settings.cache_secret or "").encode()
    return Caches(settings, Keys(circumstances, _short(secret)), _layers(settings, shared))


def open_shared_cache(settings: Settings) -> SharedCache:
    """The cache that several processes share. Raises `BadSetting` where there is none."""
    shared = open_shared(settings.cache)
    if shared is None:
        raise BadSetting(
            "Answers are kept in the memory of the process that gives them, or not at all: "
            "there is nothing to look into from here.",
            f"Set {variable('cache')} to disk, to a file or to a redis:// URL, for the processes "
            "that answer and for this one.",
        )
    return shared


def _layers(settings: Settings, shared: SharedCache | None) -> Layers:
    if shared is None:
        return Layers(Memory(settings.cache_bytes))
    policy_ = BreakerPolicy(minimum=3, open_s=1.0)
    return Layers(Memory(0), shared, Breaker(f"the cache {shared.name}", policy_).guarding)


def policy(settings: Settings) -> Policy:
    return Policy(
        settings.cache_ttl,
        settings.cache_max_stale,
        settings.cache_negative_ttl,
        settings.cache_stale_if_error,
        catalog_s=settings.catalog_max_age,
        refresh_s=settings.timeout,
    )


def version_ttl_s(settings: Settings, url: str) -> float:
    """For how long it is believed that the database at `url` has not changed."""
    if settings.version_ttl_ms is not None:
        return settings.version_ttl_ms / 1000
    return 0.0 if file_of(url) is not None else SERVER_TTL_S


def name_of(url: str) -> str:
    """Names the database at `url` among all: `sales-1f3a09bc`. Holds no secret."""
    file = file_of(url)
    place = str(file.resolve()) if file is not None else masked(url)
    name = file.stem if file is not None else masked(url).rpartition("/")[2].partition("?")[0]
    plain = "".join(sign if sign.isalnum() else "_" for sign in name)[:40]
    return f"{plain}-{blake2b(place.encode(), digest_size=10).hexdigest()}"


def _makers(settings: Settings, known: str) -> str:
    """A digest of all that can change an answer, apart from the question and the data."""
    changing = settings.rungs & {rung.value for rung in frozenset(Rung) - LOSSLESS}
    parts = (
        __version__,
        known,
        prompts.fingerprint() if _asks_models(settings) else None,
        settings.model,
        settings.model_url,
        settings.analyst_model,
        settings.writer_model,
        settings.reviewer_model,
        settings.narrator_model,
        settings.model_structured,
        settings.review,
        settings.samples,
        settings.sample_limit,
        sorted(settings.sample_skip),
        settings.slice_tables,
        settings.answer_threshold,
        settings.guess_threshold,
        settings.merge_results,
        sorted(changing),
        (settings.candidates, settings.accept_precision) if changing else None,
    )
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _short(secret: bytes) -> bytes:
    return blake2b(secret, digest_size=32).digest() if secret else b""


def _asks_models(settings: Settings) -> bool:
    """Reading the prompts takes 10 ms: only where one may be sent."""
    models = (settings.model, settings.analyst_model, settings.writer_model)
    return any((*models, settings.reviewer_model, settings.narrator_model))
