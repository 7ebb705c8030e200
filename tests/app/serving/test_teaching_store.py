"""What is kept of teaching: whole, once, and one tenant's alone; also on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun.adapters.stores import open_sql
from forerun.app.serving.asked import Owner
from forerun.app.serving.teaching import golden_store
from forerun.app.serving.teaching.glossary_store import GlossaryStore
from forerun.app.serving.teaching.golden_store import GoldenStore
from forerun.app.serving.teaching.records import (
    GoldenStatus,
    Judgement,
    KeptFeedback,
    KeptGolden,
    KeptTerm,
    Review,
    Wanted,
)
from forerun.app.serving.teaching.tables import LAYOUT
from forerun.domain import GoldenQuery, Taught, Term
from forerun.errors import Conflict, NotFound
from forerun.ports import SQLStore
from tests.services import Scratch

pytestmark = pytest.mark.anyio

EVERYTHING = Wanted(("shop",))
ACCEPT = Review(0, "accepted", "bea", 2.0, "It is so.")


@pytest.fixture(params=["file", "postgres"])
async def tables(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SQLStore]:
    place = str(tmp_path / "taught.sqlite")
    if request.param == "postgres":
        scratch: Scratch = request.getfixturevalue("postgres")
        place = scratch.owner_url
    kept = open_sql(place, LAYOUT)
    for table in ("feedback", "golden_queries", "reviews", "glossary", "revisions"):
        await kept.write(lambda tx, name=table: tx.change(f"DELETE FROM {name}"))  # type: ignore[misc]
    yield kept
    await kept.aclose()


def golden(id_: str, **given: Any) -> KeptGolden:
    proposed = GoldenStatus.PROPOSED
    made = KeptGolden("acme", id_, "shop", f"Question {id_}?", "SELECT 1", proposed, "ann", 1.0)
    return replace(made, **given)


def given(status: GoldenStatus) -> Callable[[KeptGolden], KeptGolden]:
    return lambda golden: replace(golden, status=status)


def feedback(answer: str, **given: Any) -> KeptFeedback:
    owner = Owner("acme", "ann")
    return replace(KeptFeedback(owner, answer, "shop", "How many?", Judgement.RIGHT, 1.0), **given)


async def test_what_was_kept_comes_back_as_it_was(tables: SQLStore) -> None:
    """Every field of it, whatever is in it."""
    goldens, terms = GoldenStore(tables), GlossaryStore(tables)
    said = feedback("a", comment="o'ne\n“é”", corrected_sql="SELECT '%?'")
    proposal = golden("g", warnings=("See to it.", "Twice."))
    await goldens.keep_feedback(said, proposal)
    [kept] = await goldens.feedback("acme", EVERYTHING)
    assert kept == replace(said, golden="g", number=1)
    assert await goldens.golden_query("acme", "g") == replace(proposal, number=1)
    term = Term("revenue", "orders", None, "SUM(amount)", ("sales", "turnover"), "Without tax.")
    entry = await terms.add(KeptTerm("acme", "t", "shop", term, "bea", 3.0))
    assert await terms.term("acme", "t") == entry
    assert entry.term == term


async def test_only_what_is_accepted_is_taught(tables: SQLStore) -> None:
    """And each change of it is noticed by whoever looks for changes, no other."""
    goldens, terms = GoldenStore(tables), GlossaryStore(tables)
    await goldens.keep_feedback(feedback("a"), golden("g"))
    assert await terms.taught("acme", "shop") == Taught()
    assert list(await terms.changed_since(0)) == []
    seen = await goldens.golden_query("acme", "g")
    accepted = await goldens.change(
        seen, lambda g: replace(g, status=GoldenStatus.ACCEPTED), ACCEPT
    )
    assert (await terms.taught("acme", "shop")).golden_queries == (
        GoldenQuery("Question g?", "SELECT 1"),
    )
    [(tenant, database, revision)] = await terms.changed_since(0)
    assert (tenant, database) == ("acme", "shop")
    await goldens.change(accepted, given(GoldenStatus.RETIRED), ACCEPT)
    assert await terms.taught("acme", "shop") == Taught()
    assert len(await terms.changed_since(revision)) == 1


async def test_of_many_at_once_one_is_first(tables: SQLStore) -> None:
    """The others are told, and one version follows the other."""
    goldens = GoldenStore(tables)
    await goldens.keep_feedback(feedback("a"), golden("g"))
    seen = await goldens.golden_query("acme", "g")
    told: list[str] = []

    async def change(sql: str) -> None:
        try:
            await goldens.change(
                seen, lambda g: replace(g, sql=sql), replace(ACCEPT, act="changed")
            )
            told.append("done")
        except Conflict:
            told.append("late")

    async with anyio.create_task_group() as group:
        for number in range(2, 8):  # none is what it says already
            group.start_soon(change, f"SELECT {number}")
    assert sorted(told) == ["done", *["late"] * 5]
    assert (await goldens.golden_query("acme", "g")).version == 2
    assert [each.version for each in await goldens.reviews("acme", "g")] == [2, 1]


async def test_what_another_tenant_has_is_not_found(tables: SQLStore) -> None:
    """By id, in lists, and in what is taught."""
    goldens, terms = GoldenStore(tables), GlossaryStore(tables)
    await goldens.add_accepted([golden("g")], ACCEPT)
    await terms.add(KeptTerm("acme", "t", "shop", Term("clients", "customers"), "bea", 1.0))
    await goldens.keep_feedback(feedback("a"), None)
    with pytest.raises(NotFound):
        await goldens.golden_query("other", "g")
    with pytest.raises(NotFound):
        await terms.term("other", "t")
    with pytest.raises(NotFound):
        await terms.forget("other", "t", None)
    assert await goldens.golden_queries("other", EVERYTHING) == []
    assert await goldens.feedback("other", EVERYTHING) == []
    assert await terms.taught("other", "shop") == Taught()


async def test_a_proposal_that_somebody_still_stands_by_stays(tables: SQLStore) -> None:
    """Two proposed the same: when one takes it back it is there, when both do it is gone."""
    goldens = GoldenStore(tables)
    bea = feedback("b", owner=Owner("acme", "bea"))
    await goldens.keep_feedback(feedback("a"), golden("g"))
    await goldens.keep_feedback(bea, golden("g", proposed_by="bea"))
    await goldens.keep_feedback(feedback("a", judgement=Judgement.WRONG), None)
    assert (await goldens.golden_query("acme", "g")).proposed_by == "ann"
    await goldens.keep_feedback(replace(bea, judgement=Judgement.WRONG), None)
    with pytest.raises(NotFound):
        await goldens.golden_query("acme", "g")
    assert await goldens.reviews("acme", "g") == []


async def test_beyond_the_most_nothing_more_is_accepted(
    tables: SQLStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one too many is refused whole; one in the place of another is none too many."""
    monkeypatch.setattr(golden_store, "MOST_ACCEPTED", 2)
    goldens, terms = GoldenStore(tables), GlossaryStore(tables)
    await goldens.add_accepted([golden("a")], ACCEPT)
    await goldens.add_accepted([golden("b")], ACCEPT)
    with pytest.raises(Conflict):
        await goldens.add_accepted([golden("c")], ACCEPT)
    with pytest.raises(NotFound):
        await goldens.golden_query("acme", "c")
    await goldens.add_accepted([golden("d", question="Question a?", sql="SELECT 4")], ACCEPT)
    taught = (await terms.taught("acme", "shop")).golden_queries
    assert [query.sql for query in taught] == ["SELECT 1", "SELECT 4"]


async def test_the_oldest_feedback_goes_first(
    tables: SQLStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenant's own, and no other's."""
    monkeypatch.setattr(golden_store, "MOST_FEEDBACK", 2)
    goldens = GoldenStore(tables)
    await goldens.keep_feedback(feedback("z", owner=Owner("other", "ann")), None)
    for answer in "abc":
        await goldens.keep_feedback(feedback(answer), None)
    assert [each.answer for each in await goldens.feedback("acme", EVERYTHING)] == ["c", "b"]
    assert len(await goldens.feedback("other", EVERYTHING)) == 1
