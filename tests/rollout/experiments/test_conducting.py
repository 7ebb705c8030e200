"""An experiment's life: carried out by flags, judged by what was seen, ended by itself."""

from __future__ import annotations

import json
import math
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from forerun.app.experimenting import open_experiments
from forerun.domain import Answer, Asker, Assignment, Decision, Question, Status, Strategy, TraceId
from forerun.errors import BadInput, Unavailable
from forerun.ports import ShadowRun
from forerun.rollout.experiments import Arm, Experiment, NotAllowed, Plan, State, Unit
from forerun.rollout.experiments.conducting import By, Conductor
from forerun.rollout.experiments.store import SHADOW, Seen, UnknownExperiment, VersionConflict
from forerun.rollout.experiments.watching import Watch
from forerun.rollout.flags import AuditLine, Change, Editor, Flags, Rollout
from tests.rollout.flags.files import OPEN_GATE, rollout

pytestmark = pytest.mark.anyio

NOW = datetime(2025, 5, 6, tzinfo=UTC)
ANN = By("ann", "To see.")
PLAN = Plan("faster", "Complex questions are answered 40 % faster.", ramp=(10.0, 50.0))


@dataclass
class Lab:
    """A conductor over a flag file and a store, and the questions it is asked."""

    conductor: Conductor
    watch: Watch
    file: Path
    time: float = 1_000.0
    luck: random.Random = field(default_factory=lambda: random.Random(5))
    asked: int = 0
    assigned: dict[str, Assignment] = field(default_factory=dict)
    """Of questions under way."""

    def answered(self, question: Question, seconds: float) -> None:
        """A question that is under way has its answer."""
        assignment = self.assigned.pop(question.id)
        arm = assignment.arm
        decision = Decision(arm, seconds, 0.0, "file", "", assignment, exposed=True)
        answer = answer_of(question, Status.ANSWERED, arm)
        self.watch.answered(question, "complex", decision, answer, seconds)

    def clock(self) -> float:
        return self.time

    def ask(self, times: int, faster: float, success: float = 0.98) -> list[Strategy]:
        """`times` questions; the parallel path takes `faster` of the time."""
        arms = []
        for _ in range(times):
            self.asked += 1
            self.time += 0.1
            question = Question(f"question {self.asked}", now=NOW)
            assignment = self.watch.assign(question, "complex", "sales")
            arms.append(assignment.arm)
            seconds = math.exp(self.luck.gauss(3.0, 0.5))
            if assignment.arm is Strategy.PARALLEL:
                seconds *= faster
            fine = assignment.arm is Strategy.SEQUENTIAL or self.luck.random() < success
            decision = Decision(
                assignment.arm, seconds, 0.0, "file", "", assignment,
                exposed=assignment.experiment is not None,
            )  # fmt: skip
            status = Status.ANSWERED if fine else Status.FAILED
            answer = answer_of(question, status, assignment.arm)
            self.watch.answered(question, "complex", decision, answer, seconds)
        return arms

    async def tick(self) -> None:
        """What the process does in its background, once."""
        await self.conductor.refresh()
        await self.conductor.judge()
        self.conductor.flags.reload()


def answer_of(question: Question, status: Status, arm: Strategy) -> Answer:
    return Answer(question.text, status, "duckdb", arm.value, TraceId(question.id))


def share(arms: Sequence[Strategy]) -> float:
    return sum(arm is Strategy.PARALLEL for arm in arms) / len(arms)


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    file = tmp_path / "flags.json"
    file.write_text(json.dumps(rollout(stage="off")))
    flags = Flags(file, OPEN_GATE)
    await flags.open()
    store = open_experiments(str(tmp_path / "experiments.sqlite"))
    watch = Watch(Rollout(flags))
    conductor = Conductor(store, flags, Editor(flags), watch)
    made = Lab(conductor, watch, file)
    watch.clock = conductor.clock = made.clock
    yield made
    flags.close()
    await store.aclose()


async def begun(lab: Lab, plan: Plan = PLAN) -> Experiment:
    """A running experiment at its first step."""
    experiment = await lab.conductor.create(plan, ANN)
    experiment = await lab.conductor.start(experiment.id, ANN)
    lab.conductor.flags.reload()
    return experiment


async def now(lab: Lab, experiment: Experiment) -> Experiment:
    return await lab.conductor.store.read(experiment.id)


async def test_before_it_starts_and_after_it_ends_nothing_changes(lab: Lab) -> None:
    """A draft takes no effect; what was stopped takes none any more."""
    experiment = await lab.conductor.create(PLAN, ANN)
    assert share(lab.ask(200, 0.5)) == 0
    await lab.conductor.start(experiment.id, ANN)
    lab.conductor.flags.reload()
    assert 0.04 < share(lab.ask(500, 0.5)) < 0.17
    await lab.conductor.pause(experiment.id, ANN)
    lab.conductor.flags.reload()
    assert share(lab.ask(200, 0.5)) == 0


async def test_a_good_candidate_is_ramped_and_promoted(lab: Lab) -> None:
    """Step by step as units come in; promoted by itself only where the plan says so."""
    plan = replace(PLAN, auto_promote=True)
    experiment = await begun(lab, plan)
    for _ in range(40):
        lab.ask(250, faster=0.5, success=1.0)
        await lab.tick()
        experiment = await now(lab, experiment)
        if experiment.state is not State.RUNNING:
            break
    assert experiment.state is State.PROMOTED, experiment.reason
    assert share(lab.ask(1_000, 0.5)) > 0.97  # all but the holdout
    steps = [entry.act.action for entry in await lab.conductor.store.audit(experiment.id)]
    assert steps == ["create", "start", "ramp", "promote"]


async def test_a_slower_candidate_is_rolled_back_by_itself(lab: Lab) -> None:
    """The first look that is sure of it ends it for everybody, with the reason written down."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,)))
    for _ in range(30):
        lab.ask(100, faster=1.6)
        await lab.tick()
        experiment = await now(lab, experiment)
        if experiment.state is not State.RUNNING:
            break
    assert experiment.state is State.ROLLED_BACK
    assert "mean time" in (experiment.reason or "")
    assert share(lab.ask(200, 1.6)) == 0


async def test_a_candidate_that_fails_more_is_rolled_back(lab: Lab) -> None:
    """However fast it is: the share that is answered is a guardrail."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,)))
    for _ in range(30):
        lab.ask(100, faster=0.5, success=0.8)
        await lab.tick()
        if (await now(lab, experiment)).state is not State.RUNNING:
            break
    assert (await now(lab, experiment)).state is State.ROLLED_BACK


async def test_without_data_nothing_is_promoted(lab: Lab) -> None:
    """Neither silence nor one arm alone moves an experiment."""
    experiment = await begun(lab, replace(PLAN, auto_promote=True))
    await lab.tick()
    assert (await now(lab, experiment)).state is State.RUNNING
    assert (await now(lab, experiment)).step == 0


async def test_an_experiment_with_itself_sends_nobody_ahead(lab: Lab) -> None:
    """Control against control: two arms in the books, one path for all."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,), control_only=True))
    assert share(lab.ask(400, 0.5)) == 0
    await lab.conductor.refresh()
    _, seen = await lab.conductor.results(experiment.id)
    arms = [each.arm for each in seen]
    assert 0.4 < arms.count(Arm.PARALLEL) / len(arms) < 0.6
    assert {each.served for each in seen} == {Arm.PARALLEL, Arm.SEQUENTIAL}


class Down:
    """A store that does not answer."""

    def __getattr__(self, name: str) -> object:
        async def fail(*_: object) -> None:
            raise Unavailable("The store is down.")

        return fail


async def test_a_rollback_needs_no_store(lab: Lab) -> None:
    """With the store down it takes effect all the same, and is written down when that is back."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,)))
    store, lab.conductor.store = lab.conductor.store, Down()  # type: ignore[assignment]
    reach = await lab.conductor.roll_back(experiment.id, By("ann", "It went wrong."))
    assert reach.everywhere
    assert share(lab.ask(300, 0.5)) == 0
    lab.conductor.store = store
    assert (await now(lab, experiment)).state is State.RUNNING
    await lab.conductor.refresh()
    ended = await now(lab, experiment)
    assert (ended.state, ended.reason) == (State.ROLLED_BACK, "It went wrong.")


async def test_what_was_seen_while_the_store_was_down_is_stored_later(lab: Lab) -> None:
    """Nothing is lost and nothing counts twice."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,), holdout=0.0))
    lab.ask(50, 0.5)
    store, lab.conductor.store = lab.conductor.store, Down()  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        await lab.conductor.refresh()
    lab.conductor.store = store
    for _ in range(2):
        await lab.conductor.refresh()
    _, seen = await lab.conductor.results(experiment.id)
    assert len(seen) == 50


async def test_killed_it_does_not_start(lab: Lab) -> None:
    """Whoever killed the parallel path is asked first."""
    await lab.conductor.editor.kill("parallel", who="ann", why="An outage.")
    experiment = await lab.conductor.create(PLAN, ANN)
    with pytest.raises(BadInput, match="An outage"):
        await lab.conductor.start(experiment.id, ANN)
    assert (await now(lab, experiment)).state is State.DRAFT


async def test_killed_it_goes_no_further(lab: Lab) -> None:
    """Neither ramped nor promoted: nobody would go parallel, whatever the store said."""
    experiment = await begun(lab)
    await lab.conductor.editor.kill("parallel", who="ann", why="An outage.")
    for act in (
        lab.conductor.ramp(experiment.id, None, ANN),
        lab.conductor.promote(experiment.id, ANN),
    ):
        with pytest.raises(BadInput, match="An outage"):
            await act
    await lab.conductor.pause(experiment.id, ANN)
    with pytest.raises(BadInput, match="An outage"):
        await lab.conductor.resume(experiment.id, ANN)
    assert (await now(lab, experiment)).state is State.PAUSED


async def test_two_at_once_are_refused(lab: Lab) -> None:
    """One runs at a time."""
    await begun(lab)
    other = await lab.conductor.create(replace(PLAN, name="other"), ANN)
    with pytest.raises(BadInput, match="faster is running"):
        await lab.conductor.start(other.id, ANN)


async def test_who_has_looked_at_an_older_version_changes_nothing(lab: Lab) -> None:
    """An expected version that is not the present one is a conflict."""
    experiment = await begun(lab)
    with pytest.raises(VersionConflict):
        await lab.conductor.pause(experiment.id, By("bob", "Hm.", expected_version=1))
    assert (await now(lab, experiment)).state is State.RUNNING


@pytest.mark.parametrize("unit", [Unit.ASKER, Unit.CONVERSATION])
async def test_a_unit_stays_in_its_arm(lab: Lab, unit: Unit) -> None:
    """All questions of one asker, or of one conversation, take the same path."""
    await begun(lab, replace(PLAN, ramp=(50.0,), unit=unit))
    arms: dict[int, set[Strategy]] = {}
    for number in range(200):
        who = number % 20
        question = Question(
            f"question {number}",
            now=NOW,
            asker=Asker(user=f"user {who}"),
            conversation_id=f"conversation {who}",
        )
        arms.setdefault(who, set()).add(lab.watch.assign(question, "simple", "sales").arm)
    assert all(len(of_one) == 1 for of_one in arms.values())
    assert len(set.union(*arms.values())) == 2


async def test_mismatches_of_shadow_runs_are_kept(lab: Lab) -> None:
    """With both SQLs and both traces; and how both fared, reported twice, is kept once."""
    experiment = await begun(lab)
    question = Question("how many?", now=NOW)
    control = replace(answer_of(question, Status.ANSWERED, Strategy.SEQUENTIAL), sql="SELECT 1")
    candidate = replace(control, orchestrator="parallel", sql="SELECT 2")
    another = Question("how many more?", now=NOW)
    lab.watch.shadowed(ShadowRun(another, "simple", control, candidate, 2.0, 1.0, None))
    differing = ShadowRun(question, "simple", control, candidate, 2.0, 1.0, "1 row became 2.")
    lab.watch.shadowed(differing)
    lab.watch.shadowed(differing)
    await lab.conductor.refresh()
    (kept,) = await lab.conductor.store.mismatches(experiment.id)
    assert (kept.sequential_sql, kept.parallel_sql) == ("SELECT 1", "SELECT 2")
    assert "stages" in json.loads(kept.sequential_trace)
    kept_pairs = await lab.conductor.unseen(experiment.id)
    assert [(pair.same, pair.control_s, pair.candidate_s) for pair in kept_pairs] == [
        (True, 2.0, 1.0),
        (False, 2.0, 1.0),
    ]


async def test_it_goes_on_by_itself_in_the_background(lab: Lab) -> None:
    """`run` stores, hears and judges until it is cancelled, whatever fails meanwhile."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,), holdout=0.0))
    lab.ask(20, 0.5)
    seen: Sequence[Seen] = ()
    async with anyio.create_task_group() as group:
        group.start_soon(lab.conductor.run, 0.01, 0.02)
        with anyio.fail_after(30):
            while len(seen) < 20:
                await anyio.sleep(0.02)
                _, seen = await lab.conductor.results(experiment.id)
        group.cancel_scope.cancel()
    assert lab.conductor.trouble is None


async def test_mismatches_of_the_shadow_stage_are_kept(lab: Lab) -> None:
    """No experiment runs then; they are kept all the same, under a name of their own."""
    question = Question("how many?", now=NOW)
    answer = answer_of(question, Status.ANSWERED, Strategy.SEQUENTIAL)
    lab.watch.shadowed(ShadowRun(question, "simple", answer, answer, 2.0, 1.0, "1 row became 2."))
    await lab.conductor.refresh()
    (kept,) = await lab.conductor.store.mismatches(SHADOW)
    assert (kept.question, kept.difference) == ("how many?", "1 row became 2.")
    (pair,) = await lab.conductor.unseen(SHADOW)
    assert (pair.request, pair.same) == (str(question.id), False)


async def test_an_act_is_repeated_with_its_key(lab: Lab) -> None:
    """What was done with a key is given again and done no second time; for something else the key
    is refused."""
    plan = replace(PLAN, ramp=(10.0, 20.0, 50.0))
    creating, starting = (By("ann", "To see.", idempotency_key=key) for key in ("k1", "k2"))
    experiment = await lab.conductor.create(plan, creating)
    assert await lab.conductor.create(plan, creating) == experiment
    started = await lab.conductor.start(experiment.id, starting)
    version = lab.conductor.flags.state().version
    assert await lab.conductor.start(experiment.id, starting) == started
    ramping = By("ann", "On.", idempotency_key="k3")
    ramped = await lab.conductor.ramp(experiment.id, 1, ramping)
    assert await lab.conductor.ramp(experiment.id, 1, ramping) == ramped
    assert await lab.conductor.ramp(experiment.id, None, ramping) == ramped
    for act in (
        lab.conductor.create(replace(plan, name="other"), creating),
        lab.conductor.pause(experiment.id, starting),
        lab.conductor.ramp(experiment.id, 2, ramping),
    ):
        with pytest.raises(BadInput, match="used before"):
            await act
    assert lab.conductor.flags.state().version == (version or 0) + 1
    actions = [entry.act.action for entry in await lab.conductor.store.audit()]
    assert actions == ["create", "start", "ramp"]


async def test_a_rollback_of_the_wrong_one_stops_nobody(lab: Lab) -> None:
    """A draft, an unknown one or another version: nothing is killed; with its key it is done once,
    and with the store down at once."""
    draft = await lab.conductor.create(PLAN, ANN)
    back = lab.conductor.roll_back_if_it_can_be
    for id_, by, error in (
        (draft.id, ANN, NotAllowed),
        ("nobody", ANN, UnknownExperiment),
        (draft.id, By("ann", "Hm.", expected_version=7), VersionConflict),
    ):
        with pytest.raises(error):
            await back(id_, by)
    assert lab.conductor.flags.kill_of("parallel") is None
    experiment = await lab.conductor.start(draft.id, ANN)
    by = By("ann", "Wrong.", experiment.version, "k1")
    assert (await back(experiment.id, by)).everywhere
    await lab.conductor.editor.lift("parallel", who="bob", why="It was something else.")
    await back(experiment.id, by)
    assert lab.conductor.flags.kill_of("parallel") is None
    lab.conductor.store = Down()  # type: ignore[assignment]
    await back(experiment.id, ANN)
    assert lab.conductor.flags.kill_of("parallel") is not None


async def test_another_host_follows_the_store(lab: Lab, tmp_path: Path) -> None:
    """With a flag file of its own it goes where the experiment is, and back when that is."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,)))
    file = tmp_path / "elsewhere.json"
    file.write_text(json.dumps(rollout(stage="off")))
    flags = Flags(file, OPEN_GATE)
    await flags.open()
    watch = Watch(Rollout(flags), lab.clock)
    elsewhere = Conductor(lab.conductor.store, flags, Editor(flags), watch, lab.clock)
    there = Lab(elsewhere, watch, file)
    await elsewhere.refresh()
    flags.reload()
    assert 0.4 < share(there.ask(300, 0.5)) < 0.6
    await lab.conductor.roll_back(experiment.id, By("ann", "It went wrong."))
    await elsewhere.refresh()
    assert share(there.ask(300, 0.5)) == 0
    assert watch.assign(Question("q", now=NOW), "simple", "sales").source == "kill"
    flags.close()


async def test_a_process_that_follows_may_be_quicker(lab: Lab, tmp_path: Path) -> None:
    """Between what is written down and what is carried out another process of this host sets the
    same flags: that is no conflict, and the experiment goes on."""
    flags = Flags(lab.file, OPEN_GATE)
    await flags.open()
    follower = Conductor(
        lab.conductor.store, flags, Editor(flags), Watch(Rollout(flags)), lab.clock
    )

    class Slow(Editor):
        async def set(
            self,
            change: Change,
            *,
            expected_version: int,
            who: str,
            why: str,
            key: str | None = None,
        ) -> AuditLine:
            await follower.refresh()
            return await super().set(change, expected_version=expected_version, who=who, why=why)

    lab.conductor.editor = Slow(lab.conductor.flags)
    experiment = await begun(lab)
    assert experiment.state is State.RUNNING
    assert (await now(lab, experiment)).state is State.RUNNING
    assert 0.04 < share(lab.ask(500, 0.5)) < 0.17
    flags.close()


async def test_a_pause_elsewhere_is_followed_too(lab: Lab) -> None:
    """Also by who had heard of the experiment a moment before, and set the flag once more."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,)))
    await lab.conductor.pause(experiment.id, ANN)
    lab.conductor.flags.reload()
    heard_before = await lab.conductor.store.read(experiment.id)
    running = replace(heard_before, state=State.RUNNING)
    await lab.conductor._follow([running], running)
    lab.conductor.flags.reload()
    assert share(lab.ask(300, 0.5)) > 0.3
    await lab.conductor.refresh()
    lab.conductor.flags.reload()
    assert share(lab.ask(300, 0.5)) == 0
