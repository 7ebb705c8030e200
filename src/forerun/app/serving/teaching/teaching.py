"""Askers say what was right, admins decide what is: and from then on it is known.

Nothing takes part in answering that no admin has accepted. Whatever is given is put through the
gate as whoever gives it, and planned by the database, before it is kept; and held against the
database as it is whenever it is used.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from forerun import checking
from forerun.access import Identity
from forerun.access.audit.records import Act
from forerun.app.forerun import Forerun
from forerun.app.serving.accounting import Accounts
from forerun.app.serving.asked import Owner, owner_of, who
from forerun.app.serving.databases import Databases
from forerun.app.serving.store import KeptAnswer
from forerun.app.serving.teaching.glossary import Glossary
from forerun.app.serving.teaching.glossary_store import GlossaryStore
from forerun.app.serving.teaching.golden_store import (
    MOST_ACCEPTED,
    GoldenStore,
    must_have_room,
    no_golden,
    outdated,
)
from forerun.app.serving.teaching.records import (
    CHANGED,
    GoldenStatus,
    Imported,
    Importing,
    Judgement,
    KeptFeedback,
    KeptGolden,
    Review,
    Wanted,
    golden_id,
)
from forerun.app.serving.teaching.spreading import Spreading
from forerun.domain import GoldenQuery, Taught
from forerun.errors import (
    PUT_IT_RIGHT,
    Conflict,
    ForerunError,
    RefusedFor,
    SQLRefused,
)
from forerun.ports import SQLStore

MAY_HANG_ON_A_DATE = (
    "The answer may hang on the day it was asked: the SQL holds numbers or dates that the question "
    "does not say, or the question speaks of today. See to it that the SQL reckons them itself."
)


@dataclass(frozen=True, slots=True)
class Said:
    """What an asker says of an answer."""

    answer: str
    judgement: Judgement
    comment: str | None = None
    corrected_sql: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A question with SQL that has passed."""

    forerun: Forerun
    database: str
    question: str
    sql: str
    id: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Teaching:
    """See the module. Errors besides those at each: `Unavailable`."""

    goldens: GoldenStore
    databases: Databases
    spreading: Spreading
    accounts: Accounts
    kept_answer: Callable[[Owner, str], Awaitable[KeptAnswer]]

    # --- feedback

    async def say(self, identity: Identity, said: Said) -> KeptFeedback:
        """Of an answer of one's own; counted, because the database looks at the SQL. Raises
        `LimitReached`, `NotFound`, or `SQLRefused` for the correction."""
        saying = Act("feedback", said.answer, sql=said.corrected_sql)
        async with self.accounts.counted(identity, saying) as act:
            return await self._say(identity, said, act)

    async def _say(self, identity: Identity, said: Said, act: Act) -> KeptFeedback:
        owner = owner_of(identity)
        kept = await self.kept_answer(owner, said.answer)
        answer = json.loads(kept.wire)
        question = answer["standalone"] or answer["question"]
        proposal = None
        answered = answer["sql"] if said.judgement is Judgement.RIGHT else None
        sql = said.corrected_sql or answered
        act.database, act.question, act.sql = kept.database, question, sql
        if sql is not None:
            given = await self._passed(identity, kept.database, question, sql)
            proposal = _proposal(given, identity)
        feedback = KeptFeedback(
            owner,
            said.answer,
            kept.database,
            question,
            said.judgement,
            time.time(),
            said.comment,
            said.corrected_sql,
            said_by=who(identity),
        )
        await self.goldens.keep_feedback(feedback, proposal)
        return await self.goldens.feedback_of(owner, said.answer) or feedback

    async def feedback(self, identity: Identity, wanted: Wanted) -> list[KeptFeedback]:
        """Of the tenant, about the databases that may be asked; the latest first."""
        return await self.goldens.feedback(
            identity.tenant, wanted.within(self.databases.seen_by(identity))
        )

    # --- golden queries

    async def golden_queries(self, identity: Identity, wanted: Wanted) -> list[KeptGolden]:
        return await self.goldens.golden_queries(
            identity.tenant, wanted.within(self.databases.seen_by(identity))
        )

    async def golden_query(self, identity: Identity, id_: str) -> KeptGolden:
        """Raises `NotFound`."""
        found = await self.goldens.golden_query(identity.tenant, id_)
        if found.database not in self.databases.seen_by(identity):
            raise no_golden(id_)
        return found

    async def add(
        self, identity: Identity, database: str | None, question: str, sql: str, why: str | None
    ) -> KeptGolden:
        """Accepted at once. Raises `SQLRefused`, `Conflict`, and what finding a database does."""
        adding = Act("golden_added", None, database or "", question, sql)
        with self.accounts.acting(identity, adding) as act:
            act.database, _ = self.databases.find(database, identity)
            given = await self._passed(identity, act.database, question, sql)
            act.subject = given.id
            await self._must_be_of_use(given)
            review = _review(identity, GoldenStatus.ACCEPTED.value, why)
            [added] = await self.goldens.add_accepted([_proposal(given, identity)], review)
        await self.spreading.soon()
        return added

    async def import_(self, identity: Identity, database: str | None, file: Importing) -> Imported:
        """As `add`, all of them or none; errors say which is wrong. What fails is one act, that of
        the query at which it did. What was rejected, retired or changed here stays that way."""
        trying = Act("golden_added", None, database or "")
        with self.accounts.failing(identity, trying):
            trying.database, _ = self.databases.find(database, identity)
            must_have_room(trying.database, len(file.queries))
            proposals = []
            for at, query in enumerate(file.queries):
                trying.question, trying.sql = query.question, query.sql
                with _told_of(file.place(at)):
                    given = await self._passed(identity, trying.database, query.question, query.sql)
                    await self._must_be_of_use(given)
                proposals.append(_proposal(given, identity))
            trying.question = trying.sql = None
            review = _review(identity, GoldenStatus.ACCEPTED.value, file.why)
            imported = await self.goldens.import_(proposals, review, replaces=file.replaces)
        for each in imported.accepted:
            done = Act("golden_added", each.id, each.database, each.question, each.sql)
            self.accounts.note(identity, done)
        await self.spreading.soon()
        return imported

    async def accepted(self, identity: Identity, database: str | None) -> list[KeptGolden]:
        """All that are accepted of one database, the earliest first."""
        name, _ = self.databases.find(database, identity)
        wanted = Wanted((name,), GoldenStatus.ACCEPTED.value, most=MOST_ACCEPTED)
        return (await self.goldens.golden_queries(identity.tenant, wanted))[::-1]

    async def review(
        self,
        identity: Identity,
        id_: str,
        status: GoldenStatus,
        why: str | None,
        expected_version: int | None,
    ) -> KeptGolden:
        """Accept, reject or retire. Raises `NotFound`, `Conflict` or `SQLRefused`."""
        with self.accounts.acting(identity, Act(f"golden_{status.value}", id_)) as act:
            golden = await self.golden_query(identity, id_)
            act.database, act.question, act.sql = golden.database, golden.question, golden.sql
            if golden.status is status:
                return golden
            _expect(golden, expected_version)
            _may_become(golden, status)
            if status is GoldenStatus.ACCEPTED:
                given = await self._passed(identity, golden.database, golden.question, golden.sql)
                await self._must_be_of_use(given)
            return await self._changed(
                golden,
                lambda now: replace(now, status=status),
                _review(identity, status.value, why),
            )

    async def put(
        self,
        identity: Identity,
        id_: str,
        question: str,
        sql: str,
        why: str | None,
        expected_version: int,
    ) -> KeptGolden:
        """Another wording, or other SQL. Raises `NotFound`, `Conflict` or `SQLRefused`."""
        changing = Act("golden_changed", id_, "", question, sql)
        with self.accounts.acting(identity, changing) as act:
            golden = await self.golden_query(identity, id_)
            act.database = golden.database
            _expect(golden, expected_version)
            given = await self._passed(identity, golden.database, question, sql)
            if golden.status is GoldenStatus.ACCEPTED:
                await self._must_be_of_use(given)
            return await self._changed(
                golden,
                lambda now: replace(now, question=given.question, sql=sql, warnings=given.warnings),
                _review(identity, CHANGED, why),
            )

    async def reviews(self, identity: Identity, id_: str) -> list[Review]:
        """Who did what to it, the latest first."""
        return await self.goldens.reviews(identity.tenant, id_)

    async def faults(self, identity: Identity, golden: list[KeptGolden]) -> dict[str, str]:
        """Why accepted ones are not used, by their ids. None of a database that does not answer."""
        found: dict[str, str] = {}
        accepted = [each for each in golden if each.status is GoldenStatus.ACCEPTED]
        for database in {each.database for each in accepted}:
            with suppress(ForerunError):
                forerun = self.databases.opened[database]
                faults = (await forerun.faults(identity.tenant)).golden_queries
                for each in accepted:
                    query = GoldenQuery(each.question, each.sql)
                    if each.database == database and query in faults:
                        found[each.id] = faults[query]
        return found

    # --- what all of them need

    async def _passed(self, identity: Identity, database: str, question: str, sql: str) -> Given:
        """Raises `SQLRefused`."""
        name, forerun = self.databases.find(database, identity)
        asker = self.databases.asker(name, identity)
        verdict = await forerun.check(sql, asker=asker)
        if not verdict.accepted or verdict.statement is None:
            reasons = [RefusedFor(r.code.value, r.message, r.hint) for r in verdict.reasons]
            unseen = self.databases.out_of_sight(name, identity, asker)
            raise SQLRefused(reasons, hint=" ".join((*unseen, PUT_IT_RIGHT)))
        question = " ".join(question.split())
        id_ = golden_id(identity.tenant, name, question, verdict.statement.shown)
        hangs = checking.hangs(sql, forerun.dialect, question, forerun.today)
        dated = () if hangs is checking.Hangs.ON_NOTHING else (MAY_HANG_ON_A_DATE,)
        return Given(forerun, name, question, sql, id_, (*verdict.warnings, *dated))

    async def _must_be_of_use(self, given: Given) -> None:
        """Raises `Conflict` where it would not be used."""
        query = GoldenQuery(given.question, given.sql)
        faults = await given.forerun.faults("", Taught((query,)))
        if (fault := faults.golden_queries.get(query)) is not None:
            raise Conflict(f"It would not be used: {fault}", "Change the knowledge file instead.")

    async def _changed(
        self, seen: KeptGolden, changed: Callable[[KeptGolden], KeptGolden], review: Review
    ) -> KeptGolden:
        after = await self.goldens.change(seen, changed, review)
        await self.spreading.soon()
        return after


def teaching_in(
    store: SQLStore,
    databases: Databases,
    accounts: Accounts,
    kept_answer: Callable[[Owner, str], Awaitable[KeptAnswer]],
) -> tuple[Teaching, Glossary]:
    """What is taught of these databases, kept in the tables of `tables.LAYOUT`."""
    terms = GlossaryStore(store)
    spreading = Spreading(terms, databases)
    teaching = Teaching(GoldenStore(store), databases, spreading, accounts, kept_answer)
    return teaching, Glossary(terms, databases, spreading, accounts)


def _proposal(given: Given, identity: Identity) -> KeptGolden:
    return KeptGolden(
        identity.tenant,
        given.id,
        given.database,
        given.question,
        given.sql,
        GoldenStatus.PROPOSED,
        who(identity),
        time.time(),
        given.warnings,
    )


def _review(identity: Identity, act: str, why: str | None) -> Review:
    return Review(0, act, who(identity), time.time(), why)


@contextmanager
def _told_of(place: str) -> Iterator[None]:
    """What is wrong there is told with the place."""
    try:
        yield
    except SQLRefused as refused:
        hint = refused.hint or PUT_IT_RIGHT
        raise SQLRefused(refused.reasons, f"The SQL of {place}", hint) from refused
    except Conflict as conflict:
        raise Conflict(f"{place}: {conflict.message}", conflict.hint) from conflict


def _may_become(golden: KeptGolden, status: GoldenStatus) -> None:
    if status is GoldenStatus.REJECTED and golden.status is not GoldenStatus.PROPOSED:
        raise Conflict(
            f"The golden query {golden.id} is {golden.status.value}; only proposals are rejected.",
            f"Retire it: DELETE /v1/golden-queries/{golden.id}.",
        )


def _expect(golden: KeptGolden, version: int | None) -> None:
    if version is not None and version != golden.version:
        raise outdated("golden query", golden.id, golden.version)
