"""What is computed once from a catalog and kept for the catalogs last used."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from forerun.domain import Catalog, Table

T = TypeVar("T")
_KEPT = 64
"""Askers with permissions of their own have catalogs of their own."""


class Derived(Generic[T]):
    """`build(catalog)`, once for as long as the catalog's tables are the very same objects.

    What a team knows of the database beyond its tables is compared by value.

    A catalog is put together anew for every question, its tables are not.
    """

    def __init__(self, build: Callable[[Catalog], T], kept: int = _KEPT) -> None:
        self._build = build
        self._kept = kept
        self._known: OrderedDict[Hashable, tuple[tuple[Table, ...], T]] = OrderedDict()

    def of(self, catalog: Catalog) -> T:
        """What was built from `catalog`, or from one of the same tables before."""
        written = (catalog.database, catalog.dialect, catalog.metrics, catalog.golden_queries)
        key = (*written, *map(id, catalog.tables))
        known = self._known.get(key)
        if known is not None:  # the tables are held, so that an id cannot be another's
            self._known[key] = self._known.pop(key, known)  # now the one used last
            return known[1]
        built = self._build(catalog)
        self._known[key] = (catalog.tables, built)
        while len(self._known) > self._kept:
            self._known.popitem(last=False)
        return built
