"""The catalog of one database, read when first needed and kept for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import is_
from typing import Protocol

import anyio

from forerun.domain import Catalog, Column, Kind, Table
from forerun.errors import DatabaseLocked, ForerunError, StatementFailed
from forerun.ports import Database

SAMPLED_KINDS = frozenset({Kind.TEXT, Kind.BOOLEAN, Kind.INTEGER})
"""Kinds whose values help to understand a question; the rest is never looked at."""

TABLES_SAMPLED_AT_ONCE = 4
SAMPLING_PATIENCE_S = 15.0
"""One question waits no longer for samples: they help to understand it, no more."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which stored values may be looked at."""

    enabled: bool = True
    limit: int = 200
    """Distinct values a column at most."""
    skip: frozenset[str] = frozenset()
    """Lower-case `table` or `table.column` whose values are never read."""

    def columns(self, table: Table) -> list[Column]:
        """The columns of `table` whose values may be read and tell something.

        Numbers that only identify a row, here or elsewhere, tell nothing.
        """
        key = table.key.lower()
        if not self.enabled or key in self.skip:
            return []
        keys = {*table.primary_key, *(c for fk in table.foreign_keys for c in fk.columns)}
        return [
            column
            for column in table.columns
            if column.kind in SAMPLED_KINDS
            and f"{key}.{column.name.lower()}" not in self.skip
            and not (column.kind is Kind.INTEGER and column.name in keys)
        ]


class CatalogReader(Protocol):
    """What there is to ask about, for one question after another."""

    @property
    def known(self) -> Catalog | None:
        """The structure as it was last read, without samples; None before that."""

    @property
    def given(self) -> Catalog | None:
        """What `structure` gave last, without asking whether it still holds; None before that."""

    async def structure(self) -> Catalog:
        """Tables, columns, keys and row counts, with whatever was sampled so far."""

    async def sampled(self, keys: Iterable[str]) -> Catalog:
        """The whole catalog, with values sampled for the tables named by `keys`."""


def _as_it_is(catalog: Catalog) -> Catalog:
    return catalog


@dataclass
class CatalogSource:
    """Reads structure in one go and samples table by table, each at most once a refresh."""

    database: Database
    sampling: Sampling = field(default_factory=Sampling)
    max_age_s: float = 300.0
    """After this many seconds the structure is read again on the next use; sooner where the
    database tells that it has changed."""
    enriched: Callable[[Catalog], Catalog] = _as_it_is
    """Gives the structure what else is known of it, before anybody sees or samples it."""
    _structure: Catalog | None = None
    _given: Catalog | None = None
    """The structure with samples, as it was last given."""
    _read_at: float = 0.0
    _sampled_since: float = 0.0
    _version: str | None = None
    """Of the schema, as it was before the structure was read."""
    _sampled: dict[str, Table] = field(default_factory=dict)
    _lock: anyio.Lock = field(default_factory=lambda: anyio.Lock(fast_acquire=True))
    """Free, it is had at once: a question asks for it some six times, and would wait for its turn
    of the event loop each time."""

    @property
    def known(self) -> Catalog | None:
        """The structure as it was last read, without samples; None before that."""
        return self._structure

    @property
    def given(self) -> Catalog | None:
        """What `structure` gave last, without asking whether it still holds; None before that."""
        return self._given

    async def structure(self) -> Catalog:
        """Tables, columns, keys and row counts, with whatever was sampled so far."""
        async with self._lock:
            return await self._current()

    async def sampled(self, keys: Iterable[str]) -> Catalog:
        """The whole catalog, with values sampled for the tables named by `keys`."""
        wanted = {key.lower() for key in keys}
        async with self._lock:
            catalog = await self._current()
            missing = [
                table
                for table in catalog.tables
                if table.key.lower() in wanted
                and table.key not in self._sampled
                and self.sampling.columns(table)
            ]
            if missing:
                await self._sample_all(missing)
            return self._with_samples(catalog)

    async def _current(self) -> Catalog:
        version, moment = await self._schema_version(), time.monotonic()
        stale = moment - self._read_at > self.max_age_s or version != self._version
        if self._structure is None or stale:
            before = self._structure
            self._structure = self.enriched(await self.database.read_structure())
            self._read_at, self._version = moment, version
            self._keep_samples(before, self._structure, moment)
        return self._with_samples(self._structure)

    def _with_samples(self, catalog: Catalog) -> Catalog:
        """The very same object while nothing of it changes: what is derived from a catalog, its
        fingerprint for one, is derived once and not for every question."""
        new, last = catalog.with_tables(self._sampled.values()), self._given
        if last is not None and last == new and all(map(is_, last.tables, new.tables)):
            return last
        self._given = new
        return new

    def _keep_samples(self, before: Catalog | None, after: Catalog, moment: float) -> None:
        """A database that is written to all the time is not sampled all the time."""
        same = before is not None and before.fingerprint == after.fingerprint
        if not same or moment - self._sampled_since > self.max_age_s:
            self._sampled, self._sampled_since = {}, moment
        self._sampled = {
            table.key: table.with_samples(self._sampled[table.key].columns)
            for table in after.tables
            if table.key in self._sampled
        }

    async def _schema_version(self) -> str | None:
        try:
            return (await self.database.version()).schema
        except ForerunError:  # what is known serves until the database answers again
            return self._version

    async def _sample_all(self, tables: list[Table]) -> None:
        begun: dict[str, Table] = {}
        try:
            with anyio.move_on_after(SAMPLING_PATIENCE_S) as patience:
                async with anyio.create_task_group() as group:
                    limiter = anyio.CapacityLimiter(TABLES_SAMPLED_AT_ONCE)
                    for table in tables:
                        group.start_soon(self._sample, table, limiter, begun)
        except ExceptionGroup as failures:
            # The tables fail for one reason, an unreachable database; one is enough to tell.
            raise failures.exceptions[0] from None
        if patience.cancelled_caught:
            # What was too slow goes without until the next refresh; later questions do the rest.
            self._sampled = begun | self._sampled

    async def _sample(
        self, table: Table, limiter: anyio.CapacityLimiter, begun: dict[str, Table]
    ) -> None:
        columns = self.sampling.columns(table)
        if not columns:
            return
        async with limiter:
            begun[table.key] = table
            try:
                found = await self.database.sample(table, columns, self.sampling.limit)
            except DatabaseLocked:
                return  # until its writer has done, questions go on without
            except StatementFailed:
                # A view that is broken or slow has no samples; its structure still serves.
                found = []
        self._sampled[table.key] = table.with_samples(found)
