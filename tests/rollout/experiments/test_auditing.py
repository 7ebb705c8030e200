"""Whatever is done to the audit trail, or behind its back, is found."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.app.experimenting import open_experiments
from forerun.errors import Unavailable
from forerun.rollout.experiments import paused, started
from forerun.rollout.experiments.auditing import first_misfit, linked
from forerun.rollout.experiments.store import Act, AuditEntry, ExperimentStore
from tests.rollout.experiments.samples import CREATE, PAUSE, START, act, draft

anyio_test = pytest.mark.anyio


def execute(place: str, *statements: str) -> None:
    """Behind the store's back."""
    if "://" not in place:
        with closing(sqlite3.connect(place)) as file:
            for statement in statements:
                file.execute(statement)
            file.commit()
        return
    import psycopg

    with psycopg.connect(place) as server:
        server.execute(b"SET search_path = forerun_experiments")
        for statement in statements:
            server.execute(statement.encode())


@pytest.fixture
async def kept(anyio_backend: str, place: str) -> AsyncIterator[ExperimentStore]:
    """Six lines about two experiments."""
    store = open_experiments(place)
    running = started(draft(), 101.0)
    await store.create(draft(), act("create", "key"))
    await store.create(draft("e2"), CREATE)
    await store.save(running, 1, START)
    await store.save(paused(running, "To look."), 2, PAUSE)
    await store.save(started(draft("e2"), 102.0), 1, START)
    await store.create(draft("e3"), CREATE)
    assert await store.verify_audit() is None
    yield store
    await store.aclose()


SWAP = (
    "UPDATE audit SET number = -3 WHERE number = 3",
    "UPDATE audit SET number = 3 WHERE number = 4",
    "UPDATE audit SET number = 4 WHERE number = -3",
)
TAMPERINGS: dict[str, tuple[tuple[str, ...], int]] = {
    "another actor": (("UPDATE audit SET actor = 'eve' WHERE number = 3",), 3),
    "another action": (("UPDATE audit SET action = 'pause' WHERE number = 3",), 3),
    "another reason": (("UPDATE audit SET reason = '' WHERE number = 1",), 1),
    "another time": (("UPDATE audit SET at = 100.25 WHERE number = 6",), 6),
    "another key": (("UPDATE audit SET idempotency_key = 'k' WHERE number = 1",), 1),
    "no key": (("UPDATE audit SET idempotency_key = NULL WHERE number = 1",), 1),
    "another experiment": (("UPDATE audit SET experiment = 'e2' WHERE number = 6",), 6),
    "another before": (("UPDATE audit SET before = NULL WHERE number = 3",), 3),
    "another after": (("UPDATE audit SET after = before WHERE number = 4",), 4),
    "another hash": (("UPDATE audit SET hash = previous_hash WHERE number = 2",), 2),
    "another hash before": (("UPDATE audit SET previous_hash = hash WHERE number = 2",), 2),
    "another number": (("UPDATE audit SET number = 7 WHERE number = 6",), 7),
    "the first line gone": (("DELETE FROM audit WHERE number = 1",), 2),
    "a line gone": (("DELETE FROM audit WHERE number = 3",), 4),
    "a line gone, the others moved up": (
        ("DELETE FROM audit WHERE number = 5", "UPDATE audit SET number = 5 WHERE number = 6"), 5,
    ),
    "the last line gone": (("DELETE FROM audit WHERE number = 6",), 6),
    "the last two lines gone": (("DELETE FROM audit WHERE number > 4",), 5),
    "all lines gone": (("DELETE FROM audit",), 1),
    "two lines swapped": (SWAP, 3),
    "the experiment changed without a line": (
        ("UPDATE experiments SET text = replace(text, 'paused', 'running') WHERE id = 'e1'",), 7,
    ),
    "an experiment gone": (("DELETE FROM experiments WHERE id = 'e2'",), 7),
    "an experiment without a line": (
        ("INSERT INTO experiments SELECT 'e4', 9, text FROM experiments WHERE id = 'e1'",), 7,
    ),
}  # fmt: skip


@anyio_test
@pytest.mark.parametrize("what", TAMPERINGS)
async def test_whatever_is_done_behind_the_stores_back_is_found(
    kept: ExperimentStore, place: str, what: str
) -> None:
    """And where the trail stops being true is told."""
    statements, found = TAMPERINGS[what]
    execute(place, *statements)
    assert await kept.verify_audit() == found


@anyio_test
async def test_a_cut_trail_stays_cut_after_the_next_line(kept: ExperimentStore, place: str) -> None:
    """A new last line does not cover that others before it are gone."""
    execute(place, "DELETE FROM audit WHERE number > 4")
    await kept.create(draft("e4"), CREATE)
    assert await kept.verify_audit() == 6


@anyio_test
async def test_an_experiment_that_cannot_be_read_is_said(kept: ExperimentStore, place: str) -> None:
    """Damaged by whom ever: nobody goes on with half of it."""
    execute(place, "UPDATE experiments SET text = '{}' WHERE id = 'e1'")
    with pytest.raises(Unavailable, match="cannot be read") as raised:
        await kept.read("e1")
    assert raised.value.hint
    assert (await kept.read("e2")).version == 2


acts = st.builds(
    Act, st.text(), st.text(), st.text(), st.floats(0, 4e9), st.none() | st.text(max_size=3)
)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), acts, st.text()), min_size=1, max_size=12), st.data()
)
def test_any_changed_line_of_any_trail_is_found(
    done: list[tuple[str, Act, str]], data: st.DataObject
) -> None:
    """Whatever its texts: a whole trail fits; once one field of one line is another, that line
    does not."""
    trail: list[AuditEntry] = []
    told: dict[str, str] = {}
    for experiment, said, after in done:
        last = (trail[-1].number, trail[-1].hash) if trail else None
        trail.append(linked(last, experiment, said, told.get(experiment), after))
        told[experiment] = after
    assert first_misfit(trail, told) is None
    index = data.draw(st.integers(0, len(trail) - 1))
    field = data.draw(st.sampled_from(sorted(CHANGES)))
    trail[index] = CHANGES[field](trail[index])
    assert first_misfit(trail, told) == trail[index].number


def changed(entry: AuditEntry, **fields: object) -> AuditEntry:
    return replace(entry, **fields)  # type: ignore[arg-type]


def with_act(entry: AuditEntry, **fields: object) -> AuditEntry:
    return replace(entry, act=replace(entry.act, **fields))  # type: ignore[arg-type]


CHANGES: dict[str, Callable[[AuditEntry], AuditEntry]] = {
    "number": lambda e: changed(e, number=e.number + 100),
    "experiment": lambda e: changed(e, experiment=e.experiment + "c"),
    "before": lambda e: changed(e, before=(e.before or "") + "x"),
    "after": lambda e: changed(e, after=e.after + " "),
    "previous_hash": lambda e: changed(e, previous_hash=e.hash),
    "hash": lambda e: changed(e, hash=e.previous_hash),
    "actor": lambda e: with_act(e, actor=e.act.actor + "x"),
    "action": lambda e: with_act(e, action=e.act.action + "x"),
    "reason": lambda e: with_act(e, reason="x" + e.act.reason),
    "at": lambda e: with_act(e, at=e.act.at + 1),
    "key": lambda e: with_act(e, idempotency_key=(e.act.idempotency_key or "") + "x"),
    "a text moved into the next field": lambda e: with_act(
        e, actor=e.act.actor + "x", action="x" + e.act.action
    ),
}


def test_a_trail_is_the_same_on_every_machine() -> None:
    """The hash of a line is what it was when the layout was made: old trails stay verifiable."""
    entry = linked(None, "e1", act("create", "k", reason="Wäre schön."), None, "{}")
    assert entry.hash == "ca84287dbb073df730b80e474fba2d3e"  # by b2sum, of the same JSON
