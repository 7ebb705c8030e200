"""What a database holds, as one asker may see it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

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

    @property
    def known(self) -> Catalog | None:
        known = self.inner.known
        return None if known is None else self._of(known)

    async def structure(self) -> Catalog:
        return self._of(await self.inner.structure())

    async def sampled(self, keys: Iterable[str]) -> Catalog:
        wanted = {key.lower() for key in keys}
        tables = (await self.structure()).tables
        sampled = [
            table.key
            for table in tables
            if table.key.lower() in wanted
            and not (table.restriction and table.restriction.where is not None)
        ]
        return self._of(await self.inner.sampled(sampled))

    def _of(self, catalog: Catalog) -> Catalog:
        """The same one for as long as the tables are the very same objects."""
        key = tuple(map(id, catalog.tables))
        kept = self._seen.get(key)
        if kept is not None:
            self._seen.move_to_end(key)
            return kept[1]
        seen = self.restrict(catalog)
        self._seen[key] = (catalog, seen)  # held, so that no id can become another's
        while len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return seen
