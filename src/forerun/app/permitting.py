"""What each asker sees of one database: a catalog of his own over the one that is read for all."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial

from forerun import checking
from forerun.app.meaning import UnderstoodBy
from forerun.caching import KeptAnswers
from forerun.catalog import CatalogReader, RestrictedCatalog
from forerun.domain import Asker, Permissions, Question
from forerun.errors import BadInput
from forerun.orchestrators import Hybrid
from forerun.orchestrators.discretion import DiscreetDatabase
from forerun.stages import Resources

KEPT = 256
"""Askers with permissions of their own whose catalogs are held."""


@dataclass
class Sights:
    """Of all askers of one database. What is seen is put together once for equal permissions."""

    whole: CatalogReader
    _by_permissions: OrderedDict[Permissions, RestrictedCatalog] = field(
        default_factory=OrderedDict
    )

    def catalog(self, asker: Asker) -> CatalogReader:
        """Raises `BadPolicy` when it is read, where the policies do not fit the database."""
        return self.whole if asker.sight is None else self._restricted(asker.sight)

    def _restricted(self, permissions: Permissions) -> CatalogReader:
        if not permissions.limits:
            return self.whole
        found = self._by_permissions.get(permissions)
        if found is None:
            cut = partial(checking.permitted, permissions=permissions)
            found = self._by_permissions[permissions] = RestrictedCatalog(self.whole, cut)
        self._by_permissions.move_to_end(permissions)
        while len(self._by_permissions) > KEPT:
            self._by_permissions.popitem(last=False)
        return found

    def resources(self, resources: Resources, asker: Asker) -> Resources:
        """The same, as far as the asker may see."""
        seen = self.catalog(asker)
        if seen is self.whole:
            return resources
        database = DiscreetDatabase(resources.database, partial(self._hidden, seen))
        return replace(resources, catalog=seen, database=database)

    def _hidden(self, seen: CatalogReader) -> frozenset[str]:
        """Names that are out of sight. Only what failed is asked about, so it need not be quick."""
        whole, known = self.whole.known, seen.known
        if whole is None or known is None:
            return frozenset()
        return frozenset(checking.out_of_sight(whole, known))

    def hybrid(self, hybrid: Hybrid, asker: Asker) -> Hybrid:
        """The same orchestrator, as far as the asker may see."""
        resources = self.resources(hybrid.resources, asker)
        if resources is hybrid.resources:
            return hybrid
        return replace(
            hybrid,
            resources=resources,
            ahead=self.resources(hybrid.ahead, asker),
            cache=_understanding(hybrid, resources),
        )


def _understanding(hybrid: Hybrid, resources: Resources) -> KeptAnswers | None:
    """The same caches; but what a question means hangs on what its asker sees."""
    cache = hybrid.cache
    if not isinstance(cache, KeptAnswers) or not isinstance(cache.meaning, UnderstoodBy):
        return None
    return cache.understanding(replace(cache.meaning, resources=resources))


def sendable(question: Question) -> Question:
    """Without what was said of earlier rows, where those may hold values that no model is sent."""
    sight = question.asker.sight
    if sight is None or not sight.unsent:
        return question
    turns = tuple(replace(turn, summary=None) for turn in question.conversation)
    return replace(question, conversation=turns)


def must_see_everything(asker: Asker) -> None:
    """Raises `BadInput` for an asker who may not."""
    if asker.sight is not None and asker.sight.limits:
        raise BadInput(
            "Another sequential path reads the database on its own, past what this asker may see.",
            "Leave `sequential` out for askers with permissions.",
        )
