"""Experiments on several hosts, after restarts, beside rules, with questions under way."""

from __future__ import annotations

import heapq
import json
from dataclasses import replace
from pathlib import Path

import pytest

from forerun.domain import Asker, Question, Status, Strategy
from forerun.ports import ShadowRun
from forerun.rollout.experiments import Experiment, State
from forerun.rollout.experiments.conducting import By, Conductor
from forerun.rollout.experiments.records import Pair, Verdict
from forerun.rollout.experiments.store import SHADOW
from forerun.rollout.experiments.watching import Watch
from forerun.rollout.flags import Change, Editor, Flags, Rollout
from forerun.rollout.statistics.actions import Action
from tests.rollout.experiments.test_conducting import (
    ANN,
    NOW,
    PLAN,
    Lab,
    answer_of,
    begun,
    lab,
    now,
    share,
)
from tests.rollout.flags.files import OPEN_GATE, rollout

__all__ = ["lab"]

pytestmark = pytest.mark.anyio

HALF = replace(PLAN, ramp=(50.0,), holdout=0.0)
WRONG = By("ann", "It went wrong.")


async def host(lab: Lab, file: Path) -> Lab:
    """Another host: its own flag file, a process that has just begun, the same store."""
    if not file.exists():
        file.write_text(json.dumps(rollout(stage="off")))
    flags = Flags(file, OPEN_GATE)
    await flags.open()
    watch = Watch(Rollout(flags), lab.clock)
    conductor = Conductor(lab.conductor.store, flags, Editor(flags), watch, lab.clock)
    return Lab(conductor, watch, file)


async def heard(there: Lab) -> float:
    """The share that goes ahead there, once it has heard of everything."""
    await there.conductor.refresh()
    there.conductor.flags.reload()
    return share(there.ask(400, 0.5))


async def test_a_rollback_outlives_a_restart_elsewhere(lab: Lab, tmp_path: Path) -> None:
    """It is in the other host's own file; a process that begins there later finds it."""
    experiment = await begun(lab, HALF)
    file = tmp_path / "elsewhere.json"
    assert await heard(await host(lab, file)) > 0.3
    await lab.conductor.roll_back(experiment.id, WRONG)
    assert await heard(await host(lab, file)) == 0  # a new process: it had been down meanwhile
    again = await host(lab, file)
    assert share(again.ask(400, 0.5)) == 0  # even before it has heard anything


async def test_a_rollback_of_a_promotion_reaches_the_other_host(lab: Lab, tmp_path: Path) -> None:
    """Also where the promotion was the last that was heard."""
    experiment = await begun(lab, replace(HALF, guardrails=()))
    there = await host(lab, tmp_path / "elsewhere.json")
    await heard(there)
    lab.ask(400, 0.5)
    await lab.conductor.refresh()
    await lab.conductor.promote(experiment.id, ANN)
    assert await heard(there) > 0.9
    lab.conductor.flags.reload()
    await lab.conductor.roll_back(experiment.id, WRONG)
    await there.conductor.refresh()
    there.conductor.flags.reload()
    assert share(there.ask(400, 0.5)) == 0


async def test_taking_a_kill_back_sends_nobody_ahead(lab: Lab) -> None:
    """After a rollback the flag is off below the kill: a new experiment must begin first."""
    experiment = await begun(lab, HALF)
    await lab.conductor.roll_back(experiment.id, WRONG)
    await lab.conductor.editor.lift("parallel", who="ann", why="To go on.")
    lab.conductor.flags.reload()
    assert await heard(lab) == 0
    await begun(lab, replace(HALF, name="again"))
    assert share(lab.ask(400, 0.5)) > 0.3


@pytest.mark.parametrize("stage", ["shadow", "canary", "complete"])
@pytest.mark.parametrize("end", ["roll_back", "stop"])
async def test_what_people_set_once_it_is_over_stays(
    lab: Lab, tmp_path: Path, stage: str, end: str
) -> None:
    """On the host that ended it and on another: each has heard of the end, and ends it once."""
    experiment = await begun(lab, HALF)
    there = await host(lab, tmp_path / "elsewhere.json")
    await heard(there)
    await getattr(lab.conductor, end)(experiment.id, WRONG)
    percentage = None if stage == "complete" else 50
    for each in (lab, there):
        conductor = each.conductor
        assert await heard(each) == 0
        await conductor.editor.lift("parallel", who="ann", why="It is mended.")
        conductor.flags.reload()
        state = conductor.flags.in_force()
        assert state is not None
        change = Change("parallel", terms={"stage": stage, "percentage": percentage})
        version = state.version
        await conductor.editor.set(change, expected_version=version, who="ann", why="Once more.")
        for _ in range(2):
            await conductor.refresh()
            conductor.flags.reload()
        assert conductor.hand.says("stage") == stage
        assert conductor.flags.kill_of("parallel") is None


async def test_a_quicker_arm_is_not_taken_for_a_wrong_split(lab: Lab) -> None:
    """Many at once, the parallel ones done in a third of the time: what is under way is not yet
    compared, so the shares are as planned at every look."""
    lab.conductor.settling_s = 90.0
    experiment = await begun(lab, replace(HALF, horizon=100_000))
    under_way: list[tuple[float, int, Question, Strategy]] = []
    looked_at = lab.time
    for number in range(2_500):
        lab.time += 0.2
        question = Question(f"q{number}", now=NOW)
        assignment = lab.watch.assign(question, "complex", "sales")
        takes = 60.0 if assignment.arm is Strategy.SEQUENTIAL else 20.0
        heapq.heappush(under_way, (lab.time + takes, number, question, assignment.arm))
        lab.assigned[question.id] = assignment
        while under_way and under_way[0][0] <= lab.time:
            _, _, done, arm = heapq.heappop(under_way)
            takes = 60.0 if arm is Strategy.SEQUENTIAL else 20.0
            lab.answered(done, takes)
        if lab.time - looked_at > 10:
            looked_at = lab.time
            await lab.tick()
            state = (await now(lab, experiment)).state
            assert state in (State.RUNNING, State.PROMOTED), (await now(lab, experiment)).reason


async def test_who_has_a_rule_of_his_own_is_no_part_of_it(lab: Lab) -> None:
    """A tenant at another percentage is served by it, and does not count."""
    experiment = await begun(lab, replace(PLAN, ramp=(10.0,)))
    document = json.loads(lab.file.read_text())
    flag = document["flags"]["parallel"]
    flag["variants"]["bold"] = {"stage": "canary", "percentage": 80.0}
    flag["targeting"] = {"if": [{"==": [{"var": "complexity"}, "simple"]}, "bold"]}
    document["metadata"]["version"] += 1
    lab.file.write_text(json.dumps(document))
    lab.conductor.flags.reload()
    assignments = [
        lab.watch.assign(Question(f"q{number}", now=NOW), "simple", "sales")
        for number in range(200)
    ]
    assert share([each.arm for each in assignments]) > 0.6
    assert {each.experiment for each in assignments} == {None}
    other = lab.watch.assign(Question("q", now=NOW), "complex", "sales")
    assert other.experiment == experiment.id


async def test_a_mismatch_that_no_store_takes_stops_nothing(lab: Lab) -> None:
    """It is dropped; the experiment is judged all the same."""
    experiment = await begun(lab, HALF)
    question = Question("how\0many?", now=NOW)
    answer = answer_of(question, Status.ANSWERED, Strategy.SEQUENTIAL)
    lab.watch.shadowed(ShadowRun(question, "simple", answer, answer, 2.0, 1.0, "Half: \ud800."))
    for _ in range(30):
        lab.ask(100, faster=1.6)
        await lab.tick()
        if (await now(lab, experiment)).state is not State.RUNNING:
            break
    assert (await now(lab, experiment)).state is State.ROLLED_BACK
    assert lab.watch.taken() == []


async def test_guardrails_hold_before_a_step_is_full(lab: Lab) -> None:
    """`per_step` is how long a step lasts, not how long nobody looks."""
    experiment = await begun(lab, replace(HALF, per_step=2_000))
    for _ in range(12):
        lab.ask(100, faster=0.5, success=0.2)
        await lab.tick()
        if (await now(lab, experiment)).state is not State.RUNNING:
            break
    assert (await now(lab, experiment)).state is State.ROLLED_BACK


async def test_one_batch_that_no_store_takes_loses_no_other(lab: Lab) -> None:
    """What is of an unknown experiment is dropped, what came after it is stored."""
    experiment: Experiment = await begun(lab, HALF)
    real = lab.watch.experiment
    lab.watch.experiment = replace(experiment, id="unknown")
    lab.ask(5, 0.5)
    lab.watch.experiment = real
    lab.ask(20, 0.5)
    await lab.conductor.refresh()
    _, seen = await lab.conductor.results(experiment.id)
    assert len(seen) == 20


def shadow_pairs(differing: int, same: int, noise: int, at: float) -> list[Pair]:
    """So many that differ and that do not, and so many pairs of sequential runs that agree."""
    answered = Verdict.ANSWERED
    kinds = [(False, False)] * differing + [(False, True)] * same + [(True, True)] * noise
    return [
        Pair(f"shadow {n}", "complex", of_control, 4.0, 2.0, answered, answered, is_same, at)
        for n, (of_control, is_same) in enumerate(kinds)
    ]


@pytest.mark.parametrize("id_", ["its own", SHADOW])
async def test_other_answers_than_noise_explains_are_not_promoted(lab: Lab, id_: str) -> None:
    """Twice as fast, and it says something else: nobody more goes ahead, nothing is promoted, and
    the reason is told; whether they were seen in the experiment or in the stage before it."""
    experiment = await begun(lab, replace(PLAN, auto_promote=True, horizon=600))
    pairs = shadow_pairs(differing=30, same=70, noise=60, at=lab.time - 60.0)
    await lab.conductor.store.add_pairs(experiment.id if id_ != SHADOW else SHADOW, pairs)
    for _ in range(30):
        lab.ask(200, faster=0.5, success=1.0)
        await lab.conductor.refresh()
        decision = await lab.conductor.judge()
        lab.conductor.flags.reload()
        assert decision is not None
        assert decision.action is not Action.PROMOTE
        assert "that is more than noise" in (decision.held_back or "")
        if (await now(lab, experiment)).state is not State.RUNNING:
            break
    ended = await now(lab, experiment)
    assert (ended.state, ended.step) in ((State.RUNNING, 0), (State.PAUSED, 0))


async def test_old_shadow_runs_do_not_count(lab: Lab) -> None:
    """What differed longer ago than the plan says, e.g. before it was mended, holds nobody back."""
    lab.time = 1e6
    long_ago = lab.time - 3 * 86_400
    pairs = shadow_pairs(differing=30, same=70, noise=60, at=long_ago)
    await lab.conductor.store.add_pairs(SHADOW, pairs)
    forgetful = await lab.conductor.create(replace(PLAN, shadow_days=2.0), ANN)
    mindful = await lab.conductor.create(replace(PLAN, shadow_days=4.0), ANN)
    assert await lab.conductor.unseen(forgetful.id) == []
    assert len(await lab.conductor.unseen(mindful.id)) == len(pairs)


async def test_who_is_held_out_is_in_no_experiment(lab: Lab) -> None:
    """All his questions are sequential, and none counts, whatever the unit of the experiment is."""
    await begun(lab, replace(PLAN, ramp=(50.0,), holdout=20.0))
    askers: dict[bool, int] = {True: 0, False: 0}
    for who in range(60):
        asked = [
            lab.watch.assign(
                Question(f"q{who} {n}", now=NOW, asker=Asker(user=f"user {who}")), "simple", "sales"
            )
            for n in range(12)
        ]
        counted = {each.experiment is not None for each in asked}
        assert len(counted) == 1
        askers[counted.pop()] += 1
    assert 2 <= askers[False] <= 25
