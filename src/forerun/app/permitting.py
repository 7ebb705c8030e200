"""What each asker sees of one database: a catalog of his own over the one that is read for all."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from forerun import checking
from forerun.app.lessons import Lessons
from forerun.app.meaning import UnderstoodBy
from forerun.caching import KeptAnswers
from forerun.catalog import CatalogReader, RestrictedCatalog
from forerun.domain import Answer, Asker, Permissions, Question
from forerun.errors import BadInput
from forerun.orchestrators import Hybrid
from forerun.orchestrators.discretion import DiscreetDatabase
from forerun.ports import Database
from forerun.stages import Resources

KEPT = 256
"""Askers with permissions of their own whose catalogs are held."""


@dataclass
class Sights:
    """Of all askers of one database. What is seen is put together once for equal permissions."""

    whole: CatalogReader
    _taught: dict[str, tuple[Lessons, RestrictedCatalog]] = field(default_factory=dict)
    """By tenant, for those who have taught something."""
    _by_permissions: OrderedDict[tuple[str, str], RestrictedCatalog] = field(
        default_factory=OrderedDict
    )

    def teach(self, tenant: str, lessons: Lessons) -> None:
        """From the next question on: in the place of what the tenant has taught before."""
        self._taught.pop(tenant, None)
        if lessons.any:
            self._taught[tenant] = lessons, RestrictedCatalog(self.whole, lessons.given_to)
        for key in [key for key in self._by_permissions if key[0] == tenant]:
            del self._by_permissions[key]

    def lessons(self, tenant: str) -> Lessons:
        return self._taught[tenant][0] if tenant in self._taught else Lessons()

    def catalog(self, asker: Asker) -> CatalogReader:
        """Raises `BadPolicy` when it is read, where the policies do not fit the database."""
        known = self._known_to(asker.tenant)
        if asker.sight is None or not asker.sight.limits:
            return known
        return self._restricted(known, asker, asker.sight)

    def _known_to(self, tenant: str) -> CatalogReader:
        """What there is, with what the tenant has taught."""
        return self._taught[tenant][1] if tenant in self._taught else self.whole

    def _restricted(
        self, known: CatalogReader, asker: Asker, permissions: Permissions
    ) -> CatalogReader:
        key = (asker.tenant if asker.tenant in self._taught else "", asker.permissions)
        found = self._by_permissions.get(key)
        if found is None:
            cut = partial(checking.permitted, permissions=permissions)
            found = self._by_permissions[key] = RestrictedCatalog(known, cut)
        self._by_permissions.move_to_end(key)
        while len(self._by_permissions) > KEPT:
            self._by_permissions.popitem(last=False)
        return found

    def discreet(self, database: Database) -> Database:
        """Its complaints, to whomever: they name no column that the team hides."""
        return DiscreetDatabase(database, self._hidden_from_all)

    def _hidden_from_all(self) -> frozenset[str]:
        known = self.whole.known
        return frozenset() if known is None else frozenset(checking.hidden_names(known))

    def resources(self, resources: Resources, asker: Asker) -> Resources:
        """The same, as far as the asker may see."""
        seen = self.catalog(asker)
        if seen is self._known_to(asker.tenant):
            return replace(resources, catalog=seen)
        database = DiscreetDatabase(resources.database, partial(self._hidden, seen))
        return replace(resources, catalog=seen, database=database, permissions=asker.permissions)

    def _hidden(self, seen: CatalogReader) -> frozenset[str]:
        """Names that are out of sight. Only what failed is asked about, so it need not be quick."""
        whole, known = self.whole.known, seen.known
        if whole is None or known is None:
            return frozenset()
        return frozenset(checking.out_of_sight(whole, known))

    def hybrid(self, hybrid: Hybrid, asker: Asker) -> Hybrid:
        """The same orchestrator, as far as the asker may see."""
        if self.catalog(asker) is self.whole:
            return hybrid
        resources = self.resources(hybrid.resources, asker)
        return replace(
            hybrid,
            resources=resources,
            ahead=self.resources(hybrid.ahead, asker),
            cache=_understanding(hybrid, resources, self.lessons(asker.tenant)),
        )


def _understanding(hybrid: Hybrid, resources: Resources, lessons: Lessons) -> KeptAnswers | None:
    """The same caches; but what a question means hangs on what its asker sees, and on what his
    tenant has taught."""
    cache = hybrid.cache
    if not isinstance(cache, KeptAnswers) or not isinstance(cache.meaning, UnderstoodBy):
        return None
    keys = cache.keys.knowing(lessons.digest) if lessons.any else cache.keys
    return cache.understanding(replace(cache.meaning, resources=resources), keys)


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


@dataclass(frozen=True, slots=True)
class AskingFor:
    """Asks for one asker whatever it is asked."""

    forerun: Any
    asker: Asker

    async def ask(self, text: str, **choices: Any) -> Answer:
        answer: Answer = await self.forerun.ask(text, asker=self.asker, **choices)
        return answer
