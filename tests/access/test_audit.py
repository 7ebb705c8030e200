"""The audit log: whole, in order, told where it is not, and cut only with an anchor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.access.audit import Asked, AuditLog, Trail, log, refusals
from forerun.access.audit import trail as trails
from forerun.access.audit.records import Act
from forerun.access.audit.trail import Entry, Kind
from forerun.access.tables import LAYOUT
from forerun.adapters.stores import open_sql
from forerun.domain.answer import Failure, Status
from forerun.domain.chain import START, linked_hash
from forerun.errors import Unavailable
from forerun.ports import SQLStore
from tests.access.asking import ANN, MORNING, Clock, Faulty, asked
from tests.adapters.servers import through_a_proxy
from tests.services import Scratch

pytestmark = pytest.mark.anyio
DAY_S = 86_400.0


@pytest.fixture(params=["sqlite", "postgres"])
async def store(
    anyio_backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[SQLStore]:
    place = str(tmp_path / "access.sqlite")
    if request.param == "postgres":
        place = request.getfixturevalue("postgres").owner_url
    opened = open_sql(place, LAYOUT)
    await opened.write(lambda tx: tx.change("DELETE FROM audit"))
    yield opened
    await opened.aclose()


def entries(*ats: float) -> list[Entry]:
    return [Entry(at, Kind.QUESTION, "blue", json.dumps({"n": at})) for at in ats]


def test_a_line_hashes_as_it_always_did() -> None:
    """Chains that were begun by an earlier version go on."""
    assert linked_hash([1, "a", None, 0.5], START) == "7d8246cc55a57aa60c4d3b81e388f6da"


async def test_a_question_is_written_down_with_all_that_was_sent_for_it(store: SQLStore) -> None:
    """Speculative statements with their outcome, policies, cost; hostile text as it was."""
    audit = AuditLog(Trail(store))
    hostile = "how many \0 \ud800 'x' ? %s \n"
    audit.note(asked(hostile))
    await audit.flush()
    [line] = await audit.trail.lines()
    assert line.entry.tenant == "blue"
    assert line.entry.at == MORNING.timestamp()
    assert line.body == {
        "trace_id": "t1",
        "key": "k1",
        "user": "ann",
        "database": "shop",
        "operation": "ask",
        "question": hostile,
        "status": "answered",
        "error_code": None,
        "strategy": None,
        "reason": None,
        "fallback": None,
        "cached": False,
        "sql": "SELECT count(*) FROM a",
        "statements": [
            {"sql": "SELECT count(*) FROM a", "branch": "", "outcome": "ok", "ms": 2.5},
            {"sql": "SELECT 1", "branch": "draft-ahead", "outcome": "cancelled", "ms": 1.0},
        ],
        "policies": ["a: region = 'North'"],
        "rows": None,
        "truncated": False,
        "model_calls": 2,
        "input_tokens": 100,
        "output_tokens": 20,
        "cost_usd": 0.5,
    }


async def test_the_words_of_a_question_are_left_out_where_that_is_wanted(store: SQLStore) -> None:
    """All else stays. A question without an answer is written down with why."""
    audit = AuditLog(Trail(store), with_questions=False)
    audit.note(asked("secret words"))
    audit.note(Asked(ANN, "shop", "secret words", MORNING, error_code="rate_limited"))
    failed = asked()
    assert failed.answer is not None
    failure = replace(failed.answer, status=Status.FAILED, failure=Failure("model_busy", "no"))
    audit.note(replace(failed, answer=failure))
    await audit.flush()
    lines = await audit.trail.lines()
    assert "secret words" not in "".join(line.entry.body for line in lines)
    assert [(line.body["status"], line.body["error_code"]) for line in lines] == [
        ("failed", "model_busy"),
        ("failed", "rate_limited"),
        ("answered", None),
    ]


async def test_lines_are_found_by_time_and_tenant(store: SQLStore) -> None:
    """The latest first, and no more than wanted."""
    audit = AuditLog(Trail(store))
    for number, tenant in enumerate(["blue", "red", "blue"]):
        audit.note(asked(str(number), tenant, MORNING + timedelta(hours=number)))
    await audit.flush()

    async def found(**which: Any) -> list[str]:
        return [line.body["question"] for line in await audit.trail.lines(**which)]

    later = (MORNING + timedelta(minutes=1)).timestamp()
    assert await found() == ["2", "1", "0"]
    assert await found(tenant="blue") == ["2", "0"]
    assert await found(since=later) == ["2", "1"]
    assert await found(since=later, tenant="blue", most=5) == ["2"]
    assert await found(most=1) == ["2"]


async def test_lines_of_one_tenant_hold_no_act_of_another(store: SQLStore) -> None:
    """What is about the log itself is shown to all."""
    audit = AuditLog(Trail(store))
    for tenant in ("blue", "red"):
        audit.note_act(Act("schema_read"), replace(ANN, tenant=tenant))
    await audit.flush()
    assert await audit.trail.remove_before(0.0) == 0
    await audit.trail.append([Entry(1.0, Kind.LOST, "", json.dumps({"questions": 1}))])
    found = await audit.trail.lines(tenant="red")
    assert [(line.entry.kind, line.entry.tenant) for line in found] == [
        ("lost", ""),
        ("act", "red"),
    ]


async def test_refused_tries_without_end_do_not_make_lines_without_end(store: SQLStore) -> None:
    """The first of a minute are there as they are. Of the others of the same asker there is how
    many, by their reason and since when; others' tries, and what is answered, are as ever."""
    clock = Clock(MORNING.timestamp())
    audit = AuditLog(Trail(store), clock=clock)
    bob = replace(ANN, id="k2", user="bob")
    for number in range(1_000):
        clock.at += 1 / 32
        audit.note(Asked(ANN, "shop", f"try {number}", MORNING, error_code="rate_limited"))
    audit.note_act(Act("golden_added", error_code="not_found"), ANN)
    audit.note(Asked(bob, "shop", "bob's", MORNING, error_code="rate_limited"))
    audit.note(asked("good"))
    await audit.flush()
    lines = [line.body for line in await audit.trail.lines(most=2_000)][::-1]
    assert [line["question"] for line in lines] == [
        *(f"try {number}" for number in range(refusals.IN_FULL)),
        "bob's",
        "good",
    ]
    clock.at += refusals.WITHIN_S
    await audit.flush()
    audit.note(Asked(ANN, "shop", "later", MORNING, error_code="rate_limited"))
    await audit.flush()
    later, told = await audit.trail.lines(most=2)
    assert later.body["question"] == "later"
    assert (told.entry.kind, told.entry.tenant) == ("refused", "blue")
    assert told.body == {
        "key": "k1",
        "user": "ann",
        "refused": {"not_found": 1, "rate_limited": 1_000 - refusals.IN_FULL},
        "since": "2026-11-27T08:00:00+00:00",
        "until": "2026-11-27T08:00:31+00:00",
    }
    assert (await audit.trail.verify()).broken_at is None


async def test_what_is_only_counted_is_written_down_when_the_process_ends(store: SQLStore) -> None:
    """Also within the minute, and once."""
    audit = AuditLog(Trail(store))
    for _ in range(refusals.IN_FULL + 3):
        audit.note_act(Act("schema_read", error_code="not_found"), ANN)
    await audit.finish()
    await audit.finish()
    [told, *others] = await audit.trail.lines()
    assert (told.body["refused"], len(others)) == ({"not_found": 3}, refusals.IN_FULL)


async def test_what_failed_later_or_was_cancelled_always_has_a_line(store: SQLStore) -> None:
    """Its statements may have been sent: who was turned away before does not hide it."""
    audit = AuditLog(Trail(store))
    for _ in range(refusals.IN_FULL):
        audit.note_act(Act("schema_read", error_code="not_found"), ANN)
    for code in ("cancelled", "internal_error", "statement_failed"):
        audit.note_act(Act("sql_checked", sql="SELECT 1", error_code=code), ANN)
    await audit.finish()
    found = [line.body["error_code"] for line in await audit.trail.lines(most=3)]
    assert found == ["statement_failed", "internal_error", "cancelled"]


CHANGES = (
    "UPDATE audit SET body = '{}' WHERE number = ?",
    "UPDATE audit SET tenant = 'red' WHERE number = ?",
    "UPDATE audit SET at = at + 1 WHERE number = ?",
    "UPDATE audit SET kind = 'other' WHERE number = ?",
    "UPDATE audit SET id = id || 'x' WHERE number = ?",
    "UPDATE audit SET hash = '0' WHERE number = ?",
    "UPDATE audit SET previous_hash = '0' WHERE number = ?",
    "UPDATE audit SET number = number + 100 WHERE number = ?",
    "UPDATE audit SET number = -number WHERE number = ?",
    "DELETE FROM audit WHERE number = ?",
)


@given(
    change=st.sampled_from(CHANGES),
    lines=st.integers(2, 12),
    at=st.integers(1, 11),
    page=st.integers(1, 5),
)
@settings(max_examples=80, deadline=None)
def test_no_line_is_changed_taken_out_or_moved_unseen(
    change: str, lines: int, at: int, page: int
) -> None:
    """Whichever and whatever of it; only the very end may be cut, against which its hash is to be
    noted elsewhere."""
    at = min(at, lines - 1)

    async def tamper() -> None:
        store = open_sql("memory", LAYOUT)
        trail = Trail(store)
        await trail.append(entries(*range(lines)))
        whole = await trail.verify()
        assert (whole.lines, whole.last, whole.broken_at) == (lines, lines, None)
        await store.write(lambda tx: tx.change(change, at))
        broken_at = (await trail.verify()).broken_at
        assert broken_at is not None
        assert broken_at in (at, at + 1, at + 100, -at)
        await store.aclose()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trails, "PAGE", page)
        anyio.run(tamper)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 2), st.integers(0, 4)),
        st.tuples(st.just("remove"), st.integers(0, 2), st.integers(0, 60)),
        st.tuples(st.just("flush"), st.integers(0, 2), st.just(0)),
    ),
    max_size=25,
)


@given(steps=steps, faults=st.lists(st.sampled_from([None, False, True]), max_size=12))
@settings(max_examples=80, deadline=None)
def test_the_chain_holds_whatever_processes_do(
    steps: Sequence[tuple[str, int, int]], faults: list[bool | None]
) -> None:
    """Several write, old lines are removed, the store fails before or while something is
    confirmed: every question is there once until it is old, in the order of its process."""

    async def play() -> None:
        store, clock = open_sql("memory", LAYOUT), Clock(0.0)
        trail = Trail(Faulty(store, faults))
        logs = [AuditLog(trail) for _ in range(3)]
        noted: list[list[str]] = [[], [], []]
        oldest = 0.0
        for act, who, number in steps:
            clock.at += 1
            if act == "add":
                for _ in range(number):
                    word = f"{who}/{len(noted[who])}"
                    noted[who].append(word)
                    at = MORNING + timedelta(seconds=clock.at)
                    logs[who].note(asked(word, at=at))
            elif act == "flush":
                await _try(logs[who].flush())
            else:
                oldest = MORNING.timestamp() + clock.at - number
                await _try(trail.remove_before(oldest))
            assert (await trail.verify()).broken_at is None
        for each in logs:
            while not await _try(each.flush()):
                pass
        assert (await trail.verify()).broken_at is None
        kept = [line for line in await trail.lines(most=999) if line.entry.kind == "question"]
        for who in range(3):
            mine = [q for line in reversed(kept) if (q := line.body["question"])[0] == str(who)]
            assert mine == noted[who][len(noted[who]) - len(mine) :]
        await store.aclose()

    anyio.run(play)


async def _try(doing: Any) -> bool:
    try:
        await doing
    except Unavailable:
        return False
    return True


async def test_old_lines_go_and_the_chain_still_says_where_it_begins(store: SQLStore) -> None:
    """Also when all are old, and a second time; a beginning that is cut by others is told."""
    trail = Trail(store)
    await trail.append(entries(1, 5, 3, 20, 21, 22))
    assert await trail.remove_before(10) == 3
    standing = await trail.verify()
    assert (standing.first, standing.last, standing.broken_at) == (4, 7, None)
    assert await trail.remove_before(10) == 0
    await store.write(lambda tx: tx.change("DELETE FROM audit WHERE number = 4"))
    assert (await trail.verify()).broken_at == 5
    assert await trail.remove_before(1e12) > 0
    after = await trail.verify()
    assert (after.lines, after.broken_at) == (1, None)


async def test_a_batch_that_is_repeated_after_a_part_of_it_was_removed_is_there_once() -> None:
    """Its confirmation was lost, and the oldest of its lines are old by now."""
    store = open_sql("memory", LAYOUT)
    trail = Trail(store)
    batch = entries(1, 2, 20, 21)
    await trail.append(batch)
    assert await trail.remove_before(10) == 2
    await trail.append(batch)
    kept = [line.entry.at for line in await trail.lines() if line.entry.kind == Kind.QUESTION]
    assert kept == [21, 20]
    assert (await trail.verify()).broken_at is None
    await store.aclose()


async def test_a_log_that_is_cut_while_it_is_looked_at_is_not_called_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lines that are removed beneath the reader are no misfit."""
    monkeypatch.setattr(trails, "PAGE", 2)
    store = open_sql("memory", LAYOUT)
    trail = Trail(store)
    await trail.append(entries(*range(9)))
    look = trail._page

    async def cut_after_the_first_page(after: int) -> Any:
        page = await look(after)
        if after < 0:
            await trail.remove_before(6)
        return page

    monkeypatch.setattr(trail, "_page", cut_after_the_first_page)
    standing = await trail.verify()
    assert (standing.first, standing.broken_at) == (7, None)
    await store.aclose()


async def test_a_line_that_is_younger_keeps_all_after_it(store: SQLStore) -> None:
    """Clocks of hosts differ: nothing is taken out of the middle."""
    trail = Trail(store)
    await trail.append(entries(1, 50, 2, 60))
    assert await trail.remove_before(10) == 1
    assert [line.entry.at for line in (await trail.lines())[-3:]] == [60, 2, 50]


async def test_many_old_lines_go_in_parts(store: SQLStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody waits long for the lock."""
    monkeypatch.setattr(trails, "REMOVED_AT_ONCE", 4)
    trail = Trail(store)
    await trail.append(entries(*range(11)))
    assert await trail.remove_before(10) == 10
    standing = await trail.verify()
    assert (standing.first, standing.broken_at) == (11, None)


async def test_nothing_is_lost_while_the_store_is_down_and_a_gap_is_told(
    postgres: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What there is room for waits; of the rest the number is written down."""
    monkeypatch.setattr(log, "MOST", 3)
    async with through_a_proxy(postgres.owner_url) as (proxy, url):
        opened = open_sql(url, LAYOUT)
        audit = AuditLog(Trail(opened))
        await opened.write(lambda tx: tx.change("DELETE FROM audit"))
        await proxy.reset()
        for number in range(5):
            audit.note(asked(str(number)))
        with pytest.raises(Unavailable):
            await audit.flush()
        proxy.behave()
        while not await _try(audit.flush()):
            pass
        lines = list(reversed(await audit.trail.lines()))
        assert [line.body.get("question") for line in lines] == ["0", "1", "2", None]
        assert lines[-1].body == {"questions": 2}
        assert (await audit.trail.verify()).broken_at is None
        await opened.aclose()


async def test_what_is_older_than_wanted_is_tidied_away() -> None:
    """By days; without a number of days nothing is."""
    store, clock = open_sql("memory", LAYOUT), Clock(MORNING.timestamp() + 40 * DAY_S)
    forever, month = (AuditLog(Trail(store), keep_days=days, clock=clock) for days in (None, 30.0))
    forever.note(asked())
    await forever.flush()
    await forever.tidy()
    assert len(await forever.trail.lines()) == 1
    await month.tidy()
    assert [line.entry.kind for line in await forever.trail.lines()] == ["anchor"]
    await store.aclose()
