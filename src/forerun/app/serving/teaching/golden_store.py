"""Feedback, and the golden queries that come of it: proposed by askers, reviewed by admins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from forerun.app.serving.asked import Owner
from forerun.app.serving.teaching import tables
from forerun.app.serving.teaching.listing import listed, revised
from forerun.app.serving.teaching.records import (
    CHANGED,
    GoldenStatus,
    Imported,
    KeptFeedback,
    KeptGolden,
    Review,
    Wanted,
)
from forerun.app.serving.teaching.rows import feedback_from, feedback_row, golden_from, golden_row
from forerun.errors import Conflict, NotFound
from forerun.ports import SQLStore, Transaction

MOST_FEEDBACK = 100_000
"""Of one tenant; the oldest goes first."""
MOST_PROPOSED = 2_000
"""Of one tenant and database; what comes beyond is kept as feedback alone."""
MOST_ACCEPTED = 300
"""Of one tenant and database: each is held against every new structure of the database."""
MOST_REVIEWS = 200
"""Shown of one golden query, the latest."""

Changed = Callable[[KeptGolden], KeptGolden]


@dataclass(frozen=True, slots=True)
class GoldenStore:
    """Errors: `Unavailable`, and what is said at each."""

    store: SQLStore

    async def keep_feedback(self, feedback: KeptFeedback, proposal: KeptGolden | None) -> None:
        """In the place of what the asker said of that answer before."""

        def keep(tx: Transaction) -> None:
            golden = _proposed(tx, proposal)
            before = _feedback(tx, feedback.owner, feedback.answer)
            [(last,)] = tx.rows(tables.LAST_FEEDBACK, feedback.owner.tenant)
            key = (feedback.owner.tenant, feedback.owner.user, feedback.answer)
            tx.change(tables.FORGET_FEEDBACK, *key)
            number = before.number if before is not None else last + 1
            tx.add("feedback", [feedback_row(replace(feedback, golden=golden), number)])
            tx.change(tables.FORGET_OLD_FEEDBACK, feedback.owner.tenant, number - MOST_FEEDBACK)
            if before is not None and before.golden is not None and before.golden != golden:
                _take_back(tx, before.golden, feedback.owner.tenant)

        await self.store.write(keep)

    async def feedback_of(self, owner: Owner, answer: str) -> KeptFeedback | None:
        return await self.store.read(lambda tx: _feedback(tx, owner, answer))

    async def feedback(self, tenant: str, wanted: Wanted) -> list[KeptFeedback]:
        """The latest first."""
        rows = await self.store.read(
            lambda tx: listed(tx, tables.FEEDBACK, tenant, "judgement", wanted)
        )
        return [feedback_from(row) for row in rows]

    async def golden_queries(self, tenant: str, wanted: Wanted) -> list[KeptGolden]:
        """The latest first."""
        rows = await self.store.read(lambda tx: listed(tx, tables.GOLDEN, tenant, "status", wanted))
        return [golden_from(row) for row in rows]

    async def golden_query(self, tenant: str, id_: str) -> KeptGolden:
        """Raises `NotFound`."""
        return await self.store.read(lambda tx: _golden(tx, tenant, id_))

    async def reviews(self, tenant: str, id_: str) -> list[Review]:
        """The latest first."""
        rows = await self.store.read(lambda tx: tx.rows(tables.REVIEWS, tenant, id_, MOST_REVIEWS))
        return [Review(*row) for row in rows]

    async def add_accepted(self, golden: Sequence[KeptGolden], review: Review) -> list[KeptGolden]:
        """All or none, whatever has been said of the same ones before. Raises `Conflict` where
        there are too many."""

        def add(tx: Transaction) -> list[KeptGolden]:
            return [_added(tx, each, review) for each in golden]

        return await self.store.write(add)

    async def import_(
        self, golden: Sequence[KeptGolden], review: Review, *, replaces: bool
    ) -> Imported:
        """As `add_accepted`, but for those of which it was decided otherwise before; and, unless
        one `replaces` another, for those whose question has another one."""

        def add(tx: Transaction) -> Imported:
            accepted, left_alone = [], []
            for each in golden:
                known = _decided_otherwise(tx, each)
                if known is None and not replaces:
                    known = _accepted_instead(tx, each)
                if known is not None:
                    left_alone.append(known)
                else:
                    accepted.append(_added(tx, each, review))
            return Imported(tuple(accepted), tuple(left_alone))

        return await self.store.write(add)

    async def change(self, seen: KeptGolden, changed: Changed, review: Review) -> KeptGolden:
        """What `changed` makes of it, with the review that says so. Raises `NotFound`, and
        `Conflict` where it is no longer as it was `seen`."""

        def change(tx: Transaction) -> KeptGolden:
            golden = _golden(tx, seen.tenant, seen.id)
            if golden.version != seen.version:
                raise outdated("golden query", golden.id, golden.version)
            return _given(tx, golden, changed, review)

        return await self.store.write(change)


def outdated(what: str, id_: str, version: int) -> Conflict:
    return Conflict(
        f"Somebody has changed the {what} {id_} meanwhile: it is at version {version}.",
        "Read it again, then decide anew.",
    )


def _added(tx: Transaction, golden: KeptGolden, review: Review) -> KeptGolden:
    _propose(tx, golden)
    return _given(tx, _golden(tx, golden.tenant, golden.id), _accepted(review), review)


def _decided_otherwise(tx: Transaction, golden: KeptGolden) -> KeptGolden | None:
    """What was made of the same one, where that is no longer what was given first."""
    rows = tx.rows(tables.GOLDEN_OF, golden.tenant, golden.id)
    if not rows:
        return None
    known = golden_from(rows[0])
    if known.status in (GoldenStatus.REJECTED, GoldenStatus.RETIRED):
        return known
    reviews = tx.rows(tables.REVIEWS, golden.tenant, golden.id, MOST_REVIEWS)
    is_changed = any(Review(*row).act == CHANGED for row in reviews)
    is_same = (known.key, known.sql) == (golden.key, golden.sql)
    return known if is_changed and not is_same else None


def _accepted_instead(tx: Transaction, golden: KeptGolden) -> KeptGolden | None:
    """Another one that is accepted for its question."""
    key = (golden.tenant, golden.database, golden.key, golden.id)
    rows = tx.rows(tables.ACCEPTED_FOR, *key)
    return golden_from(rows[0]) if rows else None


def _accepted(review: Review) -> Changed:
    return lambda golden: replace(golden, status=GoldenStatus(review.act))


def _given(tx: Transaction, golden: KeptGolden, changed: Changed, review: Review) -> KeptGolden:
    """Nothing is done, nor noted, where it is that way already."""
    after = changed(golden)
    if after == golden:
        return golden
    after = replace(after, version=golden.version + 1)
    if after.status is GoldenStatus.ACCEPTED:
        _make_room(tx, after, review, new=golden.status is not GoldenStatus.ACCEPTED)
    _save(tx, after, review)
    if GoldenStatus.ACCEPTED in (golden.status, after.status):
        revised(tx, golden.tenant, golden.database)
    return after


def must_have_room(database: str, queries: int) -> None:
    """Before any of them is looked at. Raises `Conflict` where there can be none for so many."""
    if queries > MOST_ACCEPTED:
        raise Conflict(
            f"These are {queries} golden queries; {MOST_ACCEPTED} of {database} are the most there "
            "may be.",
            "Send fewer: those that are asked often.",
        )


def _make_room(tx: Transaction, golden: KeptGolden, review: Review, *, new: bool) -> None:
    """One question has one golden query: an earlier one gives way."""
    key = (golden.tenant, golden.database, golden.key, golden.id)
    for row in tx.rows(tables.ACCEPTED_FOR, *key):
        other = golden_from(row)
        retired = replace(other, status=GoldenStatus.RETIRED, version=other.version + 1)
        why = f"{golden.id} takes its place."
        _save(tx, retired, replace(review, act=GoldenStatus.RETIRED.value, why=why))
    if new and _count(tx, golden, GoldenStatus.ACCEPTED) >= MOST_ACCEPTED:
        raise Conflict(
            f"There are {MOST_ACCEPTED} golden queries of {golden.database}, the most there may "
            "be.",
            "Retire one that is not asked any more.",
        )


def _save(tx: Transaction, golden: KeptGolden, review: Review) -> None:
    row = golden_row(golden, golden.number)
    _, _, _, _, question, key, sql, status, _, _, warnings, version = row
    change = (question, key, sql, status, warnings, version)
    tx.change(tables.CHANGE_GOLDEN, *change, golden.tenant, golden.id)
    said = (review.act, review.who, review.at, review.why)
    tx.add("reviews", [(golden.tenant, golden.id, golden.version, *said)])


def _proposed(tx: Transaction, proposal: KeptGolden | None) -> str | None:
    """The id under which it is there; None where there is none, or no room for it."""
    if proposal is None:
        return None
    known = tx.rows(tables.GOLDEN_OF, proposal.tenant, proposal.id)
    if not known and _count(tx, proposal, GoldenStatus.PROPOSED) >= MOST_PROPOSED:
        return None
    _propose(tx, proposal)
    return proposal.id


def _propose(tx: Transaction, proposal: KeptGolden) -> None:
    """Nothing where it was proposed before, whatever has become of it."""
    [(last,)] = tx.rows(tables.LAST_GOLDEN, proposal.tenant)
    if tx.add("golden_queries", [golden_row(proposal, last + 1)]):
        said = (GoldenStatus.PROPOSED.value, proposal.proposed_by, proposal.at, None)
        tx.add("reviews", [(proposal.tenant, proposal.id, 1, *said)])


def _take_back(tx: Transaction, golden: str, tenant: str) -> None:
    """A proposal that nobody stands by any more, nor has looked at, need not be reviewed."""
    [(supporters,)] = tx.rows(tables.SUPPORTERS, tenant, golden)
    if not supporters and tx.change(tables.FORGET_UNSEEN, tenant, golden):
        tx.change(tables.FORGET_REVIEWS, tenant, golden)


def _count(tx: Transaction, golden: KeptGolden, status: GoldenStatus) -> int:
    [(count,)] = tx.rows(tables.COUNT_GOLDEN, golden.tenant, golden.database, status.value)
    return int(count)


def _feedback(tx: Transaction, owner: Owner, answer: str) -> KeptFeedback | None:
    rows = tx.rows(tables.FEEDBACK_OF, owner.tenant, owner.user, answer)
    return feedback_from(rows[0]) if rows else None


def _golden(tx: Transaction, tenant: str, id_: str) -> KeptGolden:
    rows = tx.rows(tables.GOLDEN_OF, tenant, id_)
    if not rows:
        raise no_golden(id_)
    return golden_from(rows[0])


def no_golden(id_: str) -> NotFound:
    return NotFound(f"There is no golden query {id_}.", "List them: GET /v1/golden-queries.")
