"""The glossary, and what of all that was taught takes part in answering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forerun.app.serving.teaching import tables
from forerun.app.serving.teaching.golden_store import outdated
from forerun.app.serving.teaching.listing import listed, revised
from forerun.app.serving.teaching.records import KeptTerm, Wanted
from forerun.app.serving.teaching.rows import golden_from, term_from, term_key, term_row
from forerun.domain import GoldenQuery, Taught
from forerun.errors import Conflict, NotFound
from forerun.ports import SQLStore, Transaction

MOST_TERMS = 500
"""Of one tenant and database."""


@dataclass(frozen=True, slots=True)
class GlossaryStore:
    """Errors: `Unavailable`, and what is said at each."""

    store: SQLStore

    async def terms(self, tenant: str, wanted: Wanted) -> list[KeptTerm]:
        """The latest first."""
        rows = await self.store.read(lambda tx: listed(tx, tables.TERMS, tenant, "id", wanted))
        return [term_from(row) for row in rows]

    async def term(self, tenant: str, id_: str) -> KeptTerm:
        """Raises `NotFound`."""
        return await self.store.read(lambda tx: _term(tx, tenant, id_))

    async def add(self, term: KeptTerm) -> KeptTerm:
        """Raises `Conflict` where the word has its meaning already, or there are too many."""

        def add(tx: Transaction) -> KeptTerm:
            _must_be_new(tx, term)
            [(count,)] = tx.rows(tables.COUNT_TERMS, term.tenant, term.database)
            if count >= MOST_TERMS:
                raise Conflict(
                    f"There are {MOST_TERMS} terms for {term.database}, the most there may be.",
                    "Delete one that nobody says.",
                )
            [(last,)] = tx.rows(tables.LAST_TERM, term.tenant)
            tx.add("glossary", [term_row(term, last + 1)])
            revised(tx, term.tenant, term.database)
            return replace(term, number=last + 1)

        return await self.store.write(add)

    async def replace(self, term: KeptTerm, expected_version: int) -> KeptTerm:
        """Raises `NotFound` or `Conflict`."""

        def put(tx: Transaction) -> KeptTerm:
            before = _term(tx, term.tenant, term.id)
            if before.version != expected_version:
                raise outdated("term", term.id, before.version)
            _must_be_new(tx, term)
            after = replace(term, number=before.number, version=before.version + 1)
            _, _, _, _, *said = term_row(after, after.number)
            tx.change(tables.CHANGE_TERM, *said, term.tenant, term.id)
            revised(tx, term.tenant, before.database)
            return after

        return await self.store.write(put)

    async def forget(self, tenant: str, id_: str, expected_version: int | None) -> None:
        """Raises `NotFound` or `Conflict`."""

        def forget(tx: Transaction) -> None:
            before = _term(tx, tenant, id_)
            if expected_version not in (None, before.version):
                raise outdated("term", id_, before.version)
            tx.change(tables.FORGET_TERM, tenant, id_)
            revised(tx, tenant, before.database)

        await self.store.write(forget)

    async def taught(self, tenant: str, database: str) -> Taught:
        """What takes part in answering."""

        def read(tx: Transaction) -> Taught:
            golden = map(golden_from, tx.rows(tables.ACCEPTED, tenant, database))
            terms = map(term_from, tx.rows(tables.ALL_TERMS, tenant, database))
            queries = tuple(GoldenQuery(each.question, each.sql) for each in golden)
            return Taught(queries, tuple(each.term for each in terms))

        return await self.store.read(read)

    async def changed_since(self, revision: int) -> Sequence[tuple[str, str, int]]:
        """Tenants and databases of which something else is known than at that revision."""
        return await self.store.read(lambda tx: tx.rows(tables.CHANGED_SINCE, revision))


def _must_be_new(tx: Transaction, term: KeptTerm) -> None:
    key = (term.tenant, term.database, term_key(term.term), term.id)
    if found := tx.rows(tables.TERM_CALLED, *key):
        other = term_from(found[0])
        raise Conflict(
            f"{other.term.name!r} is in the glossary already: {other.id}.",
            f"Change that one: PUT /v1/glossary/{other.id}.",
        )


def _term(tx: Transaction, tenant: str, id_: str) -> KeptTerm:
    rows = tx.rows(tables.TERM_OF, tenant, id_)
    if not rows:
        raise no_term(id_)
    return term_from(rows[0])


def no_term(id_: str) -> NotFound:
    return NotFound(f"There is no term {id_}.", "List them: GET /v1/glossary.")
