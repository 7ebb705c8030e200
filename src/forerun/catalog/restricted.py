"""What a database holds, as one asker may see it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock

import anyio.to_thread

from forerun.catalog.reading import CatalogReader
from forerun.domain import Catalog

KEPT = 4
"""Catalogs as they were last seen: with and without samples, and those that they replaced."""


@dataclass
class RestrictedCatalog:
    """A CatalogReader over what `restrict` leaves of another one's catalogs.

    Of tables whose rows are limited nothing is sampled: the samples are of all rows.
    """

    inner: CatalogReader
    restrict: Callable[[Catalog], Catalog]
    _seen: OrderedDict[tuple[int, ...], tuple[Catalog, Catalog]] = field(
        default_factory=OrderedDict
    )
    _lock: Lock = field(default_factory=Lock)

    @property
    def known(self) -> Catalog | None:
        known = self.inner.known
        return None if known is None else self._of(known)

    @property
    def given(self) -> Catalog | None:
        given = self.inner.given
        return None if given is None else self._kept(given)

    async def structure(self) -> Catalog:
        return await self._cut(await self.inner.structure())

    async def sampled(self, keys: Iterable[str]) -> Catalog:
        wanted = {key.lower() for key in keys}
        tables = (await self.structure()).tables
        sampled = [
            table.key
            for table in tables
            if table.key.lower() in wanted
            and not (table.restriction and table.restriction.where is not None)
        ]
        return await self._cut(await self.inner.sampled(sampled))

    async def _cut(self, catalog: Catalog) -> Catalog:
        """In a thread where it is not cut yet: each golden query goes through the gate for it."""
        kept = self._kept(catalog)
        return await anyio.to_thread.run_sync(self._of, catalog) if kept is None else kept

    def _of(self, catalog: Catalog) -> Catalog:
        """The same one for as long as the tables are the very same objects."""
        if (kept := self._kept(catalog)) is not None:
            return kept
        seen = self.restrict(catalog)
        with self._lock:
            self._seen[_key(catalog)] = (catalog, seen)  # held, so that no id can become another's
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
        return seen

    def _kept(self, catalog: Catalog) -> Catalog | None:
        with self._lock:
            kept = self._seen.get(_key(catalog))
            if kept is None:
                return None
            self._seen.move_to_end(_key(catalog))
            return kept[1]


def _key(catalog: Catalog) -> tuple[int, ...]:
    return tuple(map(id, catalog.tables))
