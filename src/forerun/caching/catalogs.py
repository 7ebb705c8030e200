"""Database → Catalog, for the next process: in this one `CatalogSource` holds it already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from forerun.caching.entries import Entry
from forerun.caching.freshness import Policy
from forerun.caching.keys import Keys
from forerun.caching.layers import Layers
from forerun.domain import Asker, Catalog, Shelf
from forerun.errors import ForerunError
from forerun.ports import Labels, Version

OURS = Asker()
"""The structure is what our own connection sees, whoever asks."""


@dataclass
class CatalogCache:
    """Wraps the reading of one database's structure."""

    keys: Keys
    layers: Layers
    version: Callable[[], Awaitable[Version]]
    policy: Policy = field(default_factory=Policy)

    async def read(self, read: Callable[[], Awaitable[Catalog]]) -> Catalog:
        """What is kept, while the schema is what it was; else what `read` gives."""
        layers, since, time = self.layers, self.layers.memory.purges, self.layers.clock()
        version, key = await self._version(), self.keys.of_catalog(OURS)
        if version.schema is None:
            return await read()
        near = layers.near((key,), OURS.tenant)
        for found in near or await layers.far((key,), OURS.tenant):
            if (catalog := _still(found.entry, version, time)) is not None:
                layers.tally.hit(Shelf.CATALOGS, found.layer, found.entry.age_s(time))
                return catalog
        layers.tally.misses[Shelf.CATALOGS] += 1
        catalog = await read()
        labels = Labels(Shelf.CATALOGS, OURS.tenant, self.keys.circumstances.database)
        lasts_s = self.policy.lifetime_s(self.policy.catalog_s)
        await layers.keep(Entry(key, labels, version, time, lasts_s, catalog), since, lasts_s)
        return catalog

    async def _version(self) -> Version:
        try:
            return await self.version()
        except ForerunError:  # what is wrong, reading the structure will find out
            return Version()


def _still(entry: Entry, version: Version, time: float) -> Catalog | None:
    same = version.schema == entry.version.schema and entry.age_s(time) <= entry.lasts_s
    return entry.value if same and isinstance(entry.value, Catalog) else None
