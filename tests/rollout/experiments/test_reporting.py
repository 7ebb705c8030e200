"""Other systems ask for arms and report what they have seen: the same arm, and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forerun.errors import BadInput
from forerun.rollout.experiments import Arm, Experiment, paused, ramped, started
from forerun.rollout.experiments.records import hashed
from forerun.rollout.experiments.reporting import BATCH, Given, Reported, assign, report
from forerun.rollout.experiments.store import ExperimentStore, UnknownExperiment
from forerun.rollout.flags import Kill
from tests.rollout.experiments.samples import act, draft, exposure, outcome

pytestmark = pytest.mark.anyio

UNITS = [f"asker {number}" for number in range(60)]


async def running(store: ExperimentStore, **changes: Any) -> Experiment:
    """At 30 %, with a step to 60 % after it."""
    drafted = await store.create(draft(ramp=(30.0, 60.0), **changes), act("create"))
    return await store.save(started(drafted, 200.0), drafted.version, act("start"))


async def arms(store: ExperimentStore, id_: str) -> dict[str, Given]:
    return {unit: await assign(store, id_, unit, 201.0) for unit in UNITS}


async def test_a_unit_keeps_its_arm_and_hears_why(store: ExperimentStore) -> None:
    """Asked again it is the same, with the bucket and the reason; what is kept is a hash."""
    experiment = await running(store)
    given = await arms(store, experiment.id)
    assert {each.arm for each in given.values()} == set(Arm)
    assert await arms(store, experiment.id) == given
    counted = await store.assigned(experiment.id)
    assert sum(counted.values()) == len(UNITS)
    for unit, each in given.items():
        assert each.counted
        assert (each.path, each.unit) == (each.arm, hashed(unit))
        assert (each.bucket < 3_000) is (each.arm is Arm.PARALLEL)
        assert f"bucket {each.bucket} of 10,000" in each.reason


async def test_a_ramp_takes_nobody_out_of_the_parallel_arm(store: ExperimentStore) -> None:
    """Some come to it, none leaves it, and both arms are as large as the step plans."""
    experiment = await running(store)
    before = await arms(store, experiment.id)
    await store.save(ramped(experiment, 1, 300.0), experiment.version, act("ramp"))
    after = await arms(store, experiment.id)
    came = [unit for unit in UNITS if after[unit].arm is not before[unit].arm]
    assert came
    assert {after[unit].arm for unit in came} == {Arm.PARALLEL}
    assert all((each.bucket < 6_000) is (each.arm is Arm.PARALLEL) for each in after.values())


async def test_what_was_given_stays_whatever_would_be_given_now(store: ExperimentStore) -> None:
    """The kept arm wins over the computed one, and says so."""
    experiment = await running(store)
    unit = "asker 1"
    other = {Arm.PARALLEL: Arm.SEQUENTIAL, Arm.SEQUENTIAL: Arm.PARALLEL}
    computed = (await assign(store, experiment.id, "asker 1", 201.0)).arm
    twin = await store.create(replace(experiment, id="e2"), act("create"))
    await store.assign(twin.id, f"{twin.step} {hashed(unit)}", other[computed], 1.0)
    given = await assign(store, twin.id, unit, 201.0)
    assert given.arm is other[computed]
    assert "stays so" in given.reason


async def test_nobody_is_counted_where_nothing_runs(store: ExperimentStore) -> None:
    """A pause and a kill make everybody sequential, and nothing is kept of it."""
    experiment = await running(store)
    kill = Kill("parallel", "flags.json", "ann", "an outage")
    killed = await assign(store, experiment.id, "asker 1", 201.0, kill)
    await store.save(paused(experiment, "Lunch."), experiment.version, act("pause"))
    idle = await assign(store, experiment.id, "asker 1", 201.0)
    assert [each.path for each in (killed, idle)] == [Arm.SEQUENTIAL] * 2
    assert not killed.counted
    assert not idle.counted
    assert "an outage" in killed.reason
    assert "paused" in idle.reason
    assert sum((await store.assigned(experiment.id)).values()) == 0


async def test_compared_with_itself_all_are_sequential(store: ExperimentStore) -> None:
    """Two arms in the books, one path."""
    given = await arms(store, (await running(store, control_only=True)).id)
    assert {each.arm for each in given.values()} == set(Arm)
    assert {each.path for each in given.values()} == {Arm.SEQUENTIAL}


async def test_reports_are_kept_in_batches_and_once(store: ExperimentStore) -> None:
    """More than a batch of each; the same again, with one more, adds that one."""
    experiment = await running(store)
    names = [f"r{number}" for number in range(BATCH + 1)]
    exposures, outcomes = list(map(exposure, names)), list(map(outcome, names))
    first = await report(store, experiment.id, exposures, outcomes)
    assert first == Reported(len(names), len(names))
    again = await report(
        store, experiment.id, [*exposures, exposure("new")], [*outcomes, outcome("new")]
    )
    assert again == Reported(1, 1)
    assert len(await store.seen(experiment.id)) == len(names) + 1


async def test_a_report_that_cannot_be_kept_is_refused(store: ExperimentStore) -> None:
    """Of an experiment that there is not, even an empty one; and times that are none."""
    with pytest.raises(UnknownExperiment):
        await report(store, "nobody")
    experiment = await running(store)
    with pytest.raises(BadInput, match="nan"):
        await report(store, experiment.id, [], [outcome("r1", seconds=float("nan"))])
