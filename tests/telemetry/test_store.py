"""What every store of outcomes and traces promises."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from forerun.domain.critical import critical_path
from forerun.errors import BadInput
from forerun.telemetry.deriving import Deriving
from forerun.telemetry.finished import Finished
from forerun.telemetry.sampling import Sampler
from forerun.telemetry.spans import spans_of
from forerun.telemetry.store import Keeping, TraceStore, UnknownTrace, Wanted, Written
from tests.telemetry.samples import START, failed, fell_back, finished, took

pytestmark = pytest.mark.anyio
START_S = START.timestamp()
FOREVER = Keeping(1e6, 10**9, 1e6)


def written(*questions: Finished) -> list[Written]:
    return [
        each.written
        for each in Deriving(Sampler(1.0), content=False, metrics=None, log=None).of(questions)
    ]


def ids(questions: Sequence[Finished]) -> list[str]:
    return [question.answer.trace_id for question in questions]


async def listed(store: TraceStore, wanted: Wanted) -> list[str]:
    return [each.outcome.trace_id for each in (await store.page(wanted)).traces]


async def test_what_is_added_is_read_back_equal(store: TraceStore) -> None:
    """The outcome in every field, and every span; added twice it is there once."""
    question = fell_back(tenant="Ünlaut ' 漢", queued_ms=2.5)
    [one] = written(question)
    await store.add([one])
    await store.add([one])
    kept = await store.one(one.outcome.trace_id, None)
    assert kept.outcome == one.outcome
    assert kept.spans == spans_of(question, critical_path(question.answer.trace))
    assert len(await store.seen(0, None, None, None)) == 1


async def test_texts_that_a_database_cannot_keep_are_kept_without_what_it_cannot(
    store: TraceStore,
) -> None:
    """NUL and half a character."""
    await store.add(written(finished(tenant="a\0b", operation="\ud800x")))
    [outcome] = await store.seen(0, None, None, None)
    assert (outcome.tenant, outcome.operation) == ("ab", "?x")


async def test_filters(store: TraceStore) -> None:
    """Each narrows the list; together they narrow it further."""
    questions = [
        finished(number=1),
        failed(number=2, database="hr"),
        fell_back(number=3, operation="mcp"),
        took(9.0, number=4),
        finished(number=5, tenant="other"),
    ]
    a, b, c, d, e = ids(questions)
    await store.add(written(*questions))
    assert await listed(store, Wanted()) == [e, d, c, b, a]
    assert await listed(store, Wanted(tenant="other")) == [e]
    assert await listed(store, Wanted(database="hr")) == [b]
    assert await listed(store, Wanted(database=frozenset({"hr", "nowhere"}))) == [b]
    assert await listed(store, Wanted(database=frozenset())) == []
    assert await listed(store, Wanted(status="failed")) == [b]
    assert await listed(store, Wanted(arm="sequential")) == [c]
    assert await listed(store, Wanted(operation="mcp")) == [c]
    assert await listed(store, Wanted(slower_than_ms=5_000)) == [d]
    assert await listed(store, Wanted(since=START_S + 4)) == [e, d]
    assert await listed(store, Wanted(tenant="acme", since=START_S + 4)) == [d]
    assert await listed(store, Wanted(tenant="' OR 1=1 --")) == []


async def test_pages_together_are_the_list(store: TraceStore) -> None:
    """Every trace once, also where several began at the same moment or come meanwhile."""
    questions = [finished(number=number // 3) for number in range(10)]
    await store.add(written(*questions))
    cursor, seen = None, list[str]()
    while True:
        page = await store.page(Wanted(), 3, cursor)
        seen += [each.outcome.trace_id for each in page.traces]
        await store.add(written(finished(number=100)))
        if (cursor := page.next_cursor) is None:
            break
    assert sorted(seen) == sorted(ids(questions))


@pytest.mark.parametrize("cursor", ["", "x", "nan_1", "inf_1", "1", "1e999_a"])
async def test_other_cursors_are_refused(store: TraceStore, cursor: str) -> None:
    with pytest.raises(BadInput, match="cursor"):
        await store.page(Wanted(), 3, cursor)


async def test_a_trace_belongs_to_its_tenant(store: TraceStore) -> None:
    """Nobody else is told that it is there; an administrator sees all."""
    question = finished(tenant="acme")
    await store.add(written(question))
    [id_] = ids([question])
    assert (await store.one(id_, "acme")).outcome.tenant == "acme"
    assert (await store.one(id_, None)).outcome.tenant == "acme"
    with pytest.raises(UnknownTrace):
        await store.one(id_, "other")
    with pytest.raises(UnknownTrace):
        await store.one("none", None)
    assert await store.seen(0, "other", None, None) == []
    assert (await store.page(Wanted(tenant="other"))).traces == ()


async def test_old_traces_and_outcomes_are_forgotten(store: TraceStore) -> None:
    """Traces after their hours, outcomes after their days."""
    old, new = finished(number=0), finished(number=3 * 3_600)
    await store.add(written(old, new))
    now = START_S + 4 * 3_600
    await store.forget(Keeping(trace_hours=2, outcome_days=30), now)
    assert await listed(store, Wanted()) == ids([new])
    assert len(await store.seen(0, None, None, None)) == 2
    assert (await store.one(ids([old])[0], None)).spans == ()
    await store.forget(Keeping(trace_hours=2, outcome_days=2 / 24), now)
    assert len(await store.seen(0, None, None, None)) == 1


async def test_the_oldest_traces_make_room(store: TraceStore) -> None:
    """There are never more spans than allowed after it has looked; no outcome goes with them."""
    questions = [finished(number=number) for number in range(6)]
    await store.add(written(*questions))
    await store.forget(Keeping(trace_hours=1e6, outcome_days=1e6, spans=13 * 4), START_S)
    assert await listed(store, Wanted()) == ids(questions)[:1:-1]
    await store.forget(Keeping(trace_hours=1e6, outcome_days=1e6, spans=1), START_S)
    assert await listed(store, Wanted()) == []
    assert len(await store.seen(0, None, None, None)) == 6


async def test_a_mismatch_is_marked(store: TraceStore) -> None:
    one, other = finished(number=1), finished(number=2)
    await store.add(written(one, other), [ids([one])[0], "of nobody"])
    assert [each.mismatch for each in await store.seen(0, None, None, None)] == [1, 0]


async def test_outcomes_come_in_the_order_of_their_beginning(store: TraceStore) -> None:
    """Since a moment, of one database and one operation."""
    questions = [finished(number=number, database=name) for number, name in enumerate("abab")]
    await store.add(written(*reversed(questions)))
    found = await store.seen(START_S + 1, None, None, None)
    assert [each.database for each in found] == ["b", "a", "b"]
    assert len(await store.seen(0, None, "a", "ask")) == 2
    assert await store.seen(0, None, "a", "mcp") == []
    assert all(math.isfinite(each.ms) for each in found)
