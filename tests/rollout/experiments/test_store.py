"""What every store of experiments promises."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise

import anyio
import pytest

from forerun.errors import BadInput
from forerun.rollout.experiments import (
    Arm,
    Metric,
    Verdict,
    paused,
    promoted,
    ramped,
    resumed,
    started,
)
from forerun.rollout.experiments.store import (
    ExperimentStore,
    Seen,
    UnknownExperiment,
    VersionConflict,
)
from forerun.rollout.experiments.written import experiment_to_text
from tests.rollout.experiments.samples import (
    CREATE,
    PARALLEL,
    PAUSE,
    RESUME,
    SEQUENTIAL,
    START,
    act,
    draft,
    exposure,
    mismatch,
    outcome,
)

pytestmark = pytest.mark.anyio


async def test_what_is_created_can_be_read(store: ExperimentStore) -> None:
    """Every field; also another's with other signs in its texts."""
    first = draft(
        primary=Metric.P95_TIME, ramp=(0.1, 33.3), hypothesis=r"Ünlaut 'quote' \' % %s ? 漢"
    )
    assert await store.create(first, CREATE) == first
    await store.create(draft("e2"), CREATE)
    assert await store.read("e1") == first
    assert await store.read("e2") == draft("e2")


async def test_all_are_listed_the_latest_first(store: ExperimentStore) -> None:
    """By when they were kept, whatever their ids and clocks say; a change moves none."""
    assert list(await store.all()) == []
    for id_ in ("b", "c", "a"):
        await store.create(draft(id_), CREATE)
    await store.save(started(draft("b"), 101.0), 1, START)
    assert [each.id for each in await store.all()] == ["a", "c", "b"]


async def test_an_id_is_given_once(store: ExperimentStore) -> None:
    """A second experiment of the same id is refused, and the first one stays."""
    await store.create(draft(), CREATE)
    with pytest.raises(BadInput, match="e1") as raised:
        await store.create(draft(alpha=0.01), CREATE)
    assert raised.value.hint
    assert await store.read("e1") == draft()
    assert len(await store.audit()) == 1


async def test_a_change_takes_the_place_of_the_version_it_was_made_of(
    store: ExperimentStore,
) -> None:
    """What is saved is given back and read again."""
    await store.create(draft(), CREATE)
    running = started(draft(), 101.0)
    assert await store.save(running, 1, START) == running
    assert await store.read("e1") == running


async def test_a_change_of_an_older_version_is_refused(store: ExperimentStore) -> None:
    """Two who read the same and decide differently: the second one hears of the first."""
    await store.create(draft(), CREATE)
    running = started(draft(), 101.0)
    await store.save(running, 1, START)
    await store.save(paused(running, "To look."), 2, PAUSE)
    with pytest.raises(VersionConflict, match="version 3, paused") as raised:
        await store.save(ramped(running, 1, 3.0), 2, act("ramp"))
    assert raised.value.hint
    assert await store.read("e1") == paused(running, "To look.")
    assert len(await store.audit()) == 3


async def test_a_change_that_does_not_count_is_a_mistake_of_the_caller(
    store: ExperimentStore,
) -> None:
    """An unchanged experiment would make two versions look like one."""
    await store.create(draft(), CREATE)
    with pytest.raises(ValueError, match="later version"):
        await store.save(draft(), 1, START)


USES: dict[str, Callable[[ExperimentStore], Awaitable[object]]] = {
    "save": lambda store: store.save(started(draft("none"), 1.0), 1, START),
    "read": lambda store: store.read("none"),
    "assign": lambda store: store.assign("none", "u", PARALLEL, 1.0),
    "assigned": lambda store: store.assigned("none"),
    "add_exposures": lambda store: store.add_exposures("none", [exposure("r")]),
    "add_outcomes": lambda store: store.add_outcomes("none", [outcome("r")]),
    "seen": lambda store: store.seen("none"),
    "add_mismatch": lambda store: store.add_mismatch("none", mismatch("r")),
    "mismatches": lambda store: store.mismatches("none"),
    "audit": lambda store: store.audit("none"),
}


@pytest.mark.parametrize("use", USES)
async def test_an_experiment_that_there_is_not_is_said(store: ExperimentStore, use: str) -> None:
    """By each method that names one; and nothing is kept of it."""
    await store.create(draft(), CREATE)
    with pytest.raises(UnknownExperiment, match="none") as raised:
        await USES[use](store)
    assert raised.value.hint
    await store.create(draft("none"), CREATE)
    assert await store.assigned("none") == {SEQUENTIAL: 0, PARALLEL: 0}
    assert list(await store.seen("none")) == []
    assert list(await store.mismatches("none")) == []


async def test_a_repeated_act_gives_what_the_first_one_gave(store: ExperimentStore) -> None:
    """By its key, also when the experiment has gone on meanwhile; nothing is done twice."""
    await store.create(draft(), act("create", "k0"))
    running = started(draft(), 101.0)
    await store.save(running, 1, act("start", "k1"))
    await store.save(paused(running, "To look."), 2, act("pause", "k2"))
    later = started(draft(), 222.0)
    assert await store.save(later, 1, act("start", "k1", at=222.0)) == running
    assert await store.create(draft(), act("create", "k0")) == draft()
    assert (await store.read("e1")).version == 3
    assert len(await store.audit()) == 3


async def test_what_was_done_is_found_by_its_key(store: ExperimentStore) -> None:
    """Before a change is worked out, as it could not be a second time."""
    assert await store.done("k1") is None
    await store.create(draft(), act("create", "k1"))
    found = await store.done("k1")
    assert found is not None
    assert (found.experiment, found.act.action) == ("e1", "create")
    assert found.after == experiment_to_text(draft())
    assert await store.done("k2") is None


async def test_a_key_stands_for_one_thing(store: ExperimentStore) -> None:
    """Used for another act, another step or another experiment it is refused, saying for what it
    was used; and nothing changes."""
    running = started(draft(), 101.0)
    await store.create(draft(), act("create", "k0"))
    await store.create(draft("e2"), CREATE)
    await store.save(running, 1, START)
    await store.save(ramped(running, 1, 3.0), 2, act("ramp", "k"))
    at_1 = await store.read("e1")
    others = [
        store.save(paused(at_1, "To look."), 3, act("pause", "k")),
        store.save(ramped(at_1, 2, 4.0), 3, act("ramp", "k")),
        store.save(ramped(started(draft("e2"), 1.0), 1, 3.0), 1, act("ramp", "k")),
        store.create(draft("e3"), act("create", "k")),
        store.create(draft("e3"), act("create", "k0")),
        store.create(draft(alpha=0.01), act("create", "k0")),
    ]
    for other in others:
        with pytest.raises(BadInput, match=r"key 'k0?' was used before.*experiment e1") as raised:
            await other
        assert raised.value.code == "key_taken"
        assert raised.value.hint
    assert await store.read("e1") == at_1
    assert len(await store.audit()) == 4


async def test_a_unit_stays_where_it_was_assigned(store: ExperimentStore) -> None:
    """Whatever is proposed later; in another experiment it may be elsewhere."""
    await store.create(draft(), CREATE)
    await store.create(draft("e2"), CREATE)
    assert await store.assign("e1", "u1", PARALLEL, 1.0) is PARALLEL
    assert await store.assign("e1", "u1", SEQUENTIAL, 2.0) is PARALLEL
    assert await store.assign("e1", "u2", SEQUENTIAL, 2.0) is SEQUENTIAL
    assert await store.assign("e2", "u1", SEQUENTIAL, 3.0) is SEQUENTIAL
    assert await store.assigned("e1") == {SEQUENTIAL: 1, PARALLEL: 1}
    assert await store.assigned("e2") == {SEQUENTIAL: 1, PARALLEL: 0}


async def test_tasks_that_assign_one_unit_at_once_get_one_arm(store: ExperimentStore) -> None:
    """Of twenty who propose both arms."""
    await store.create(draft(), CREATE)
    given: list[Arm] = []

    async def assign(arm: Arm) -> None:
        given.append(await store.assign("e1", "u", arm, 1.0))

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(assign, list(Arm)[number % 2])
    assert len(given) == 20
    assert len(set(given)) == 1
    assert sum((await store.assigned("e1")).values()) == 1


async def test_a_request_that_is_reported_twice_counts_once(store: ExperimentStore) -> None:
    """In one batch or in two, exposures and outcomes alike; the first report stays."""
    await store.create(draft(), CREATE)
    await store.create(draft("e2"), CREATE)
    assert await store.add_exposures("e1", [exposure("a"), exposure("b"), exposure("a")]) == 2
    assert await store.add_exposures("e1", [exposure("b", arm=SEQUENTIAL), exposure("c")]) == 1
    assert await store.add_exposures("e2", [exposure("a")]) == 1
    assert await store.add_outcomes("e1", [outcome("a"), outcome("b"), outcome("a")]) == 2
    assert await store.add_outcomes("e1", [outcome("b", seconds=9.0)]) == 0
    assert await store.add_exposures("e1", []) == 0
    assert await store.add_outcomes("e1", []) == 0
    found = await store.seen("e1")
    assert [each.unit for each in found] == ["unit of a", "unit of b"]
    assert [(each.arm, each.seconds) for each in found] == [(PARALLEL, 1.5)] * 2
    assert list(await store.seen("e2")) == []


async def test_what_is_seen_has_every_field(store: ExperimentStore) -> None:
    """Half of it from the exposure, half from the outcome, each float to its last bit."""
    await store.create(draft(), CREATE)
    third, now = 1 / 3, 1_795_000_000.123456
    await store.add_exposures(
        "e1", [exposure("a", unit=r"ü? \' %s", arm=SEQUENTIAL, stratum="complex/follow-up", at=now)]
    )
    await store.add_outcomes(
        "e1", [outcome("a", seconds=third, verdict=Verdict.FAILED, served=PARALLEL, at=now + 3,
                       cost_usd=0.01)]
    )  # fmt: skip
    assert list(await store.seen("e1")) == [
        Seen(r"ü? \' %s", SEQUENTIAL, "complex/follow-up", third, Verdict.FAILED, PARALLEL, now)
    ]


async def test_outcomes_come_in_their_order_and_may_come_first(store: ExperimentStore) -> None:
    """An outcome waits for its exposure, and is then where it came."""
    await store.create(draft(), CREATE)
    await store.add_outcomes("e1", [outcome("z", at=9.0), outcome("b", at=8.0)])
    assert list(await store.seen("e1")) == []
    await store.add_exposures("e1", [exposure("b"), exposure("a")])
    await store.add_outcomes("e1", [outcome("c", at=7.0), outcome("a", at=6.0)])
    await store.add_exposures("e1", [exposure("z"), exposure("c")])
    units = [each.unit[-1] for each in await store.seen("e1")]
    assert units == ["z", "b", "c", "a"]


async def test_seen_since_a_time(store: ExperimentStore) -> None:
    """That of the assignment counts, the time itself included, whenever it was answered."""
    await store.create(draft(), CREATE)
    for number, at in enumerate((10.0, 20.0, 30.0)):
        await store.add_exposures("e1", [exposure(f"r{number}", at=at)])
        await store.add_outcomes("e1", [outcome(f"r{number}", at=90.0 - at)])
    assert [each.at for each in await store.seen("e1", since=20.0)] == [20.0, 30.0]


async def test_mismatches_come_the_latest_first(store: ExperimentStore) -> None:
    """Whole, at most so many, and each request's once."""
    await store.create(draft(), CREATE)
    for request in ("c", "a", "b", "a"):
        await store.add_mismatch("e1", mismatch(request, question=f"{request}?"))
    assert list(await store.mismatches("e1")) == [
        mismatch(request, question=f"{request}?") for request in ("b", "a", "c")
    ]
    assert [each.request for each in await store.mismatches("e1", most=2)] == ["b", "a"]


UNKEEPABLE: dict[str, Callable[[ExperimentStore], Awaitable[object]]] = {
    "NUL in a unit": lambda store: store.assign("e1", "a\0b", PARALLEL, 1.0),
    "half a character": lambda store: store.add_exposures(
        "e1", [exposure("ok"), exposure("\ud800")]
    ),
    "NaN": lambda store: store.add_outcomes("e1", [outcome("ok"), outcome("b", seconds=math.nan)]),
    "an endless cost": lambda store: store.add_outcomes("e1", [outcome("b", cost_usd=math.inf)]),
    "NUL in a trace": lambda store: store.add_mismatch("e1", mismatch("r", parallel_trace="\0")),
    "NUL in a reason": lambda store: store.save(
        started(draft(), 1.0), 1, act("start", reason="because\0")
    ),
    "NUL in an id": lambda store: store.read("e\0"),
    "NUL in a key": lambda store: store.done("\0"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNKEEPABLE)
async def test_what_cannot_be_kept_as_it_is_is_refused(store: ExperimentStore, what: str) -> None:
    """By every store alike, and with all that came with it."""
    await store.create(draft(), CREATE)
    await store.add_exposures("e1", [exposure("b")])
    with pytest.raises(BadInput) as raised:
        await UNKEEPABLE[what](store)
    assert raised.value.hint
    assert await store.add_exposures("e1", [exposure("ok")]) == 1
    assert await store.add_outcomes("e1", [outcome("ok")]) == 1
    assert await store.read("e1") == draft()
    assert await store.verify_audit() is None


async def test_the_trail_tells_who_did_what_and_why(store: ExperimentStore) -> None:
    """Each line has the experiment before and after, and the hash of the line before it."""
    running = started(draft(), 101.0)
    await store.create(draft(), act("create", "k0", actor="ben", reason="A hope.", at=7))
    await store.create(draft("e2"), CREATE)
    await store.save(running, 1, START)
    first, second, third = await store.audit()
    assert (first.number, first.experiment, first.before) == (1, "e1", None)
    assert first.act == act("create", "k0", actor="ben", reason="A hope.", at=7.0)
    assert third.before == first.after == experiment_to_text(draft())
    assert third.after == experiment_to_text(running)
    assert second.previous_hash == first.hash
    assert third.previous_hash == second.hash
    assert len({first.previous_hash, first.hash, second.hash, third.hash}) == 4
    assert all(len(entry.hash) == 32 for entry in (first, second, third))
    assert list(await store.audit("e1")) == [first, third]
    assert await store.verify_audit() is None


async def test_an_empty_trail_is_whole(store: ExperimentStore) -> None:
    """Nothing was done and nothing is there."""
    assert list(await store.audit()) == []
    assert await store.verify_audit() is None


async def test_a_life_from_draft_to_promotion(store: ExperimentStore) -> None:
    """Every version is in the trail, each made of the one before it."""
    now = await store.create(draft(), CREATE)
    steps = [
        (act("start"), started(now, 101.0)),
        (act("ramp"), ramped(started(now, 101.0), 1, 102.0)),
    ]
    for said, after in steps:
        now = await store.save(after, now.version, said)
    now = await store.save(paused(now, "To look."), now.version, PAUSE)
    now = await store.save(resumed(now, 104.0), now.version, RESUME)
    now = await store.save(promoted(now, 200.0, "Better."), now.version, act("promote"))
    trail = await store.audit("e1")
    assert [entry.act.action for entry in trail] == [
        "create", "start", "ramp", "pause", "resume", "promote",
    ]  # fmt: skip
    for earlier, later in pairwise(trail):
        assert later.before == earlier.after
    assert await store.read("e1") == now


@pytest.mark.parametrize("batches", [1, pytest.param(4, marks=pytest.mark.slow)])
async def test_thousands_are_added_and_read_in_little_time(
    store: ExperimentStore, batches: int
) -> None:
    """5,000 exposures and outcomes in a batch, 20,000 seen: some two seconds in all, and the
    bounds are far above that."""
    await store.create(draft(), CREATE)
    begun = time.perf_counter()
    for batch in range(batches):
        requests = [f"request-{batch}-{number}" for number in range(5_000)]
        assert await store.add_exposures("e1", [exposure(r) for r in requests]) == 5_000
        assert await store.add_outcomes("e1", [outcome(r) for r in requests]) == 5_000
    added = time.perf_counter()
    found = await store.seen("e1")
    read = time.perf_counter()
    assert [each.unit for each in found[::5_000]] == [
        f"unit of request-{batch}-0" for batch in range(batches)
    ]
    assert len(found) == batches * 5_000
    assert added - begun < 60
    assert read - added < 20


async def test_closing_twice_is_safe(store: ExperimentStore) -> None:
    """As everywhere."""
    await store.create(draft(), CREATE)
    await store.aclose()
    await store.aclose()
