"""The team's own words, and what they mean in a database."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace

from forerun import knowledge
from forerun.access import Identity
from forerun.access.audit.records import Act
from forerun.app.serving.accounting import Accounts
from forerun.app.serving.asked import who
from forerun.app.serving.databases import Databases
from forerun.app.serving.teaching.glossary_store import GlossaryStore, no_term
from forerun.app.serving.teaching.records import KeptTerm, Wanted
from forerun.app.serving.teaching.spreading import Spreading
from forerun.domain import Taught, Term
from forerun.errors import BadKnowledge, ForerunError


@dataclass(frozen=True, slots=True)
class Glossary:
    """Of all tenants. Errors besides those at each: `Unavailable`."""

    store: GlossaryStore
    databases: Databases
    spreading: Spreading
    accounts: Accounts

    async def terms(self, identity: Identity, wanted: Wanted) -> list[KeptTerm]:
        return await self.store.terms(
            identity.tenant, wanted.within(self.databases.seen_by(identity))
        )

    async def term(self, identity: Identity, id_: str) -> KeptTerm:
        """Raises `NotFound`."""
        found = await self.store.term(identity.tenant, id_)
        if found.database not in self.databases.seen_by(identity):
            raise no_term(id_)
        return found

    async def add(self, identity: Identity, database: str | None, term: Term) -> KeptTerm:
        """Raises `BadKnowledge` where the database has no place for it, or `Conflict`."""
        adding = Act("term_added", None, database or "", term.name, term.sql)
        with self.accounts.acting(identity, adding) as act:
            name, _ = self.databases.find(database, identity)
            act.database, act.subject = name, uuid.uuid4().hex
            await self._must_fit(identity, name, term, None)
            now = time.time()
            kept = KeptTerm(identity.tenant, act.subject, name, term, who(identity), now)
            added = await self.store.add(kept)
        await self.spreading.soon()
        return added

    async def put(
        self, identity: Identity, id_: str, term: Term, expected_version: int
    ) -> KeptTerm:
        """Raises `NotFound`, `BadKnowledge` or `Conflict`."""
        changing = Act("term_changed", id_, "", term.name, term.sql)
        with self.accounts.acting(identity, changing) as act:
            before = await self.term(identity, id_)
            act.database = before.database
            await self._must_fit(identity, before.database, term, before.term)
            after = replace(before, term=term, changed_by=who(identity), at=time.time())
            put = await self.store.replace(after, expected_version)
        await self.spreading.soon()
        return put

    async def forget(self, identity: Identity, id_: str, expected_version: int | None) -> None:
        """Raises `NotFound` or `Conflict`."""
        with self.accounts.acting(identity, Act("term_deleted", id_)) as act:
            known = await self.term(identity, id_)
            act.database, act.question, act.sql = known.database, known.term.name, known.term.sql
            await self.store.forget(identity.tenant, id_, expected_version)
        await self.spreading.soon()

    async def faults(self, identity: Identity, terms: list[KeptTerm]) -> dict[str, str]:
        """Why some are not used, by their ids. None of a database that does not answer."""
        found: dict[str, str] = {}
        for database in {each.database for each in terms}:
            with suppress(ForerunError):
                faults = (await self.databases.opened[database].faults(identity.tenant)).terms
                for each in terms:
                    if each.database == database and each.term in faults:
                        found[each.id] = faults[each.term]
        return found

    async def _must_fit(
        self, identity: Identity, database: str, term: Term, instead_of: Term | None
    ) -> None:
        """By what its author may see, so that nobody learns here of anything else; then beside
        what is known already."""
        _, forerun = self.databases.find(database, identity)
        seen = await forerun.catalog(asker=self.databases.asker(database, identity))
        knowledge.Glossary(replace(seen, metrics=())).add(term)
        known = (await self.store.taught(identity.tenant, database)).terms
        others = tuple(each for each in known if each != instead_of)
        faults = await forerun.faults(identity.tenant, Taught(terms=(*others, term)))
        if (fault := faults.terms.get(term)) is not None:
            raise BadKnowledge(fault, f"See the schema: GET /v1/databases/{database}/schema.")
