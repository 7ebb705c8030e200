"""The parallel path beside the sequential one: seen by the rollout, never by the asker."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest
from anyio.abc import TaskGroup

from forerun import demo
from forerun.app import Settings, connect
from forerun.app.caching import open_caches
from forerun.app.hybrid import wire_hybrid
from forerun.domain import (
    Answer,
    Answerer,
    Assignment,
    CacheLayer,
    Decision,
    Mode,
    Question,
    Status,
    Strategy,
)
from forerun.domain.figures import quantile
from forerun.errors import BadInput, Unavailable
from forerun.events import Event, listening
from forerun.lab.latency.driving import Bench, resources_of, settings_of, simulated_models
from forerun.lab.latency.questions import cases
from forerun.lab.rollout.service import candidate
from forerun.orchestrators import Hybrid, Tracked
from forerun.orchestrators.auditing import AuditedDatabase
from forerun.orchestrators.shadowing import Background, Run, ShadowPolicy, Shadows
from forerun.orchestrators.trials import Trials
from forerun.ports import Completion, Model, OnText, Prompt, Rollout, ShadowRun
from forerun.rollout.experiments.watching import Watch
from forerun.rollout.flags import Flags
from forerun.rollout.flags import Rollout as FlagRollout
from forerun.stages import Models
from forerun.testing import Playbook, ScriptedModel
from forerun.testing.simulator import PROFILES, SimulatedDatabase
from forerun.testing.virtual_clock import run_virtually
from tests.orchestrators.asking import ASKED, OTHER, RIGHT, question, world
from tests.orchestrators.world import World, make_shop
from tests.rollout.flags.files import OPEN_GATE, rollout

T = TypeVar("T")
NEVER_CONTROL = ShadowPolicy(control_share=0.0)
WITH, AFTER = 0, 4
"""Seeds by which the first shadow begins with the asker's run, and after it."""
LONG_S = 1_000.0
"""Virtual seconds after which every shadow has come to its end."""


@dataclass
class Notes:
    """A rollout that shadows every question, and what it was told."""

    experiment: str | None = None
    runs: list[ShadowRun] = field(default_factory=list)
    counted: list[Decision] = field(default_factory=list)

    def assign(self, question: Question, complexity: str) -> Assignment:
        sequential = Strategy.SEQUENTIAL
        group = None if self.experiment is None else sequential
        return Assignment(
            sequential, "shadow", "file", "", shadow=True, experiment=self.experiment, group=group
        )

    def answered(
        self,
        question: Question,
        complexity: str,
        decision: Decision,
        answer: Answer,
        seconds: float,
    ) -> None:
        self.counted.append(decision)

    def shadowed(self, run: ShadowRun) -> None:
        self.runs.append(run)


class Timed(ScriptedModel):
    """Knows when it was asked, and how many of its calls are under way."""

    under_way = 0

    def __init__(self, delay_s: float) -> None:
        super().__init__(Playbook(queries={ASKED: RIGHT}), delay_s=delay_s)
        self.began_at: list[float] = []

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        self.began_at.append(anyio.current_time())
        self.under_way += 1
        try:
            return await super().complete(prompt, on_text)
        finally:
            self.under_way -= 1


def background(group: TaskGroup) -> Background:
    """As the application does it."""

    def begin(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        group.start_soon(work)

    return begin


@dataclass
class Scene:
    """A small world whose parallel path may have a model of its own, and its shadows."""

    answerer: Answerer
    shadows: Shadows
    hybrid: Hybrid
    group: TaskGroup

    async def ask(self, text: str = ASKED) -> Answer:
        return await self.answerer(question(text))

    async def settled(self) -> None:
        """Once every shadow has come to its end."""
        await anyio.sleep(LONG_S)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(tmp_path_factory.mktemp("shadowing") / "shop.duckdb")


def with_models_ahead(hybrid: Hybrid, models: Models) -> Hybrid:
    """Of the asker's parallel runs, and of those that nobody sees."""
    assert hybrid.unseen is not None
    unseen = replace(hybrid.unseen, ahead=replace(hybrid.unseen.ahead, models=models))
    return replace(hybrid, ahead=replace(hybrid.ahead, models=models), unseen=unseen)


def all_roles(model: Model) -> Models:
    return Models(model, model, model, model)


def playing(
    shop: str,
    notes: Rollout,
    story: Callable[[Scene], Awaitable[T]],
    *,
    ahead: Model | None = None,
    sequential: Model | None = None,
    policy: ShadowPolicy = NEVER_CONTROL,
    seed: int = 0,
) -> T:
    """The story on the virtual clock, every question shadowed."""

    async def play() -> T:
        made = await world(shop, models=None if sequential is None else all_roles(sequential))
        try:
            async with anyio.create_task_group() as group:
                told = await story(scene(made, group))
                group.cancel_scope.cancel()
            return told
        finally:
            await made.aclose()

    def scene(made: World, group: TaskGroup) -> Scene:
        shadows = Shadows(background(group), notes, policy, random.Random(seed))
        hybrid = replace(made.wired.hybrid, trials=Trials(notes, shadows))
        if ahead is not None:
            hybrid = with_models_ahead(hybrid, all_roles(ahead))
        answerer = Tracked(hybrid, "duckdb", hybrid.name)
        return Scene(answerer, shadows, hybrid, group)

    return run_virtually(play)


def unshadowed(shop: str) -> Answer:
    """What the same asker is answered with no rollout."""

    async def story(scene: Scene) -> Answer:
        return await Tracked(without_shadows(scene.hybrid), "duckdb", "")(question())

    return playing(shop, Notes(), story)


def without_shadows(hybrid: Hybrid) -> Hybrid:
    """The sequential path, by the same orchestrator."""
    return replace(hybrid, trials=None, mode=Mode.SEQUENTIAL)


async def ask_and_settle(scene: Scene) -> Answer:
    answer = await scene.ask()
    await scene.settled()
    return answer


def other_rows() -> ScriptedModel:
    return ScriptedModel(Playbook(queries={ASKED: OTHER}), delay_s=0.5, token_delay_s=0.01)


def test_the_asker_gets_the_sequential_answer(shop: str) -> None:
    """The parallel path runs beside it, quicker, and says the same: nothing differs."""
    notes = Notes()
    answer = playing(shop, notes, ask_and_settle)
    (run,) = notes.runs
    assert (answer.orchestrator, run.candidate.orchestrator) == ("sequential", "parallel")
    assert answer.decision is not None
    assert answer.decision.strategy is Strategy.SEQUENTIAL
    assert (run.difference, run.of_control) == (None, False)
    assert run.candidate.rows == run.control.rows == answer.rows
    assert 0 < run.candidate_s < run.control_s
    assert run.control_s == pytest.approx(answer.trace.total_ms / 1000, abs=0.1)


async def watch_of(flag_file: Path) -> Watch:
    flag_file.write_text(json.dumps(rollout(stage="shadow")))
    flags = Flags(flag_file, OPEN_GATE)
    await flags.open()
    return Watch(FlagRollout(flags))


def test_another_answer_is_a_mismatch_with_all_that_is_needed(shop: str, tmp_path: Path) -> None:
    """By the flag file's stage: what differs first, both SQLs, both traces."""
    watch = anyio.run(watch_of, tmp_path / "flags.json")
    answer = playing(shop, watch.of("shop"), ask_and_settle, ahead=other_rows())
    (batch,) = watch.taken()
    (mismatch,) = batch.mismatches
    assert (mismatch.question, mismatch.difference) == (ASKED, "As many rows, with other values.")
    assert mismatch.sequential_sql == answer.sql
    assert mismatch.parallel_sql is not None
    assert "3" in mismatch.parallel_sql
    assert mismatch.parallel_sql != mismatch.sequential_sql
    for trace in (mismatch.sequential_trace, mismatch.parallel_trace):
        assert {"draft", "run"} <= {stage["name"] for stage in json.loads(trace)["stages"]}
    assert [pair.same for pair in batch.pairs] == [False]


@pytest.mark.parametrize(
    "error",
    [Unavailable("It is gone."), BadInput("Not like that."), LookupError("a fault of ours")],
    ids=["unreachable", "bad input", "a fault"],
)
def test_a_shadow_that_fails_is_told_and_never_shows(shop: str, error: Exception) -> None:
    """The asker is answered as ever, the application goes on, and it counts as a difference."""
    notes = Notes()
    failing = ScriptedModel(lambda prompt: error)
    answer = playing(shop, notes, ask_and_settle, ahead=failing)
    (run,) = notes.runs
    assert answer.status is Status.ANSWERED
    assert run.candidate.status is Status.FAILED
    assert (run.difference or "").startswith("answered became failed.")


def beside(run: Run, *, longest_s: float = 120.0, seed: int = 0) -> ShadowRun:
    """What becomes of a candidate that does what `run` does, the asker being answered at once."""
    notes = Notes()

    async def fine() -> Answer:
        return Answer(ASKED, Status.ANSWERED, "duckdb", "sequential", question().id)

    async def play() -> None:
        policy = replace(NEVER_CONTROL, longest_s=longest_s)
        async with anyio.create_task_group() as group:
            shadows = Shadows(background(group), notes, policy, random.Random(seed))
            answer = await Trials(notes, shadows).shadowed(question(), "simple", fine, (run, run))
            assert answer.status is Status.ANSWERED
        assert shadows.under_way == 0

    run_virtually(play)
    return notes.runs[0]


def test_whatever_the_candidate_raises_stays_with_it() -> None:
    """Not only what the parallel path foresees: nothing ends the application's task group."""

    async def broken(asked: Question) -> Answer:
        raise ZeroDivisionError("a fault of ours")

    assert "ZeroDivisionError" in (beside(broken).difference or "")


@pytest.mark.parametrize("seed", [WITH, AFTER])
def test_what_never_ends_is_told_as_failed(seed: int) -> None:
    """Whenever it began, after as long as it may take: else the worst would not be counted."""

    async def endless(asked: Question) -> Answer:
        await anyio.sleep_forever()
        raise AssertionError

    run = beside(endless, longest_s=50.0, seed=seed)
    assert run.candidate.status is Status.FAILED
    assert run.candidate_s == pytest.approx(50.0, abs=0.1)
    assert (run.difference or "").startswith("answered became failed.")


def hanging() -> ScriptedModel:
    return ScriptedModel(lambda prompt: "", delay_s=1e9)


def test_a_shadow_that_hangs_never_shows(shop: str) -> None:
    """The asker waits no longer; its place is free again; and it counts as one that failed."""
    notes = Notes()

    async def story(scene: Scene) -> tuple[Answer, int]:
        return await ask_and_settle(scene), scene.shadows.under_way

    answer, left = playing(shop, notes, story, ahead=hanging())
    alone = unshadowed(shop)
    (run,) = notes.runs
    assert (answer.rows, left) == (alone.rows, 0)
    assert answer.trace.total_ms == pytest.approx(alone.trace.total_ms, rel=0.01)
    assert run.candidate.status is Status.FAILED


def test_nobody_hears_a_shadow_and_nobody_pays_for_it(shop: str) -> None:
    """Events, trace and usage of the asker's question are those of a question without one."""

    def heard(notes: Notes | None) -> tuple[list[str], Answer]:
        events: list[Event] = []

        async def story(scene: Scene) -> Answer:
            hybrid = scene.hybrid if notes is not None else without_shadows(scene.hybrid)
            with listening(events.append):
                answer = await Tracked(hybrid, "duckdb", hybrid.name)(question())
                await scene.settled()
            return answer

        answer = playing(shop, notes or Notes(), story)
        return [type(event).__name__ for event in events], answer

    notes = Notes()
    (with_events, with_), (events, without) = heard(notes), heard(None)
    assert notes.runs[0].candidate.usage.model_calls > 0
    assert with_events == events
    assert with_.usage == without.usage
    assert len(with_.trace.spans) == len(without.trace.spans)


def test_what_a_shadow_answers_is_never_kept(shop: str) -> None:
    """The same question again comes from the cache: the sequential answer, and no new shadow."""
    notes = Notes()

    async def story(scene: Scene) -> tuple[Answer, Answer]:
        caches = open_caches(Settings(state="memory"), shop, "duckdb", "")
        kept = caches.of_answers(scene.hybrid.resources)
        assert kept is not None
        hybrid = replace(scene.hybrid, cache=kept)
        answerer, answers = Tracked(hybrid, "duckdb", ""), []
        for _ in range(2):
            answers.append(await answerer(question()))
            await scene.settled()
        first, again = answers
        return first, again

    # A shadow may end after the asker's answer was kept, or before: by its own pace.
    for delay_s in (0.01, 100.0):
        model = ScriptedModel(Playbook(queries={ASKED: OTHER}), delay_s=delay_s)
        notes.runs.clear()
        first, again = playing(shop, notes, story, ahead=model)
        assert [run.difference is None for run in notes.runs] == [False]
        assert (first.cache.hit, again.cache.layer) == (False, CacheLayer.MEMORY)
        assert (again.sql, again.rows) == (first.sql, first.rows)
        assert again.sql != notes.runs[0].candidate.sql


def test_at_most_so_many_run_at_once(shop: str) -> None:
    """Further questions are not shadowed, and nobody waits; afterwards there is room again."""
    notes = Notes()

    async def story(scene: Scene) -> tuple[int, int, int]:
        async with anyio.create_task_group() as askers:
            for _ in range(6):
                askers.start_soon(scene.ask)
        await scene.settled()
        at_once = len(notes.runs), scene.shadows.skipped
        await ask_and_settle(scene)
        return *at_once, len(notes.runs)

    policy = replace(NEVER_CONTROL, at_once=2)
    assert playing(shop, notes, story, policy=policy) == (2, 4, 3)


def test_when_the_application_ends_its_shadows_end(shop: str) -> None:
    """Cancelled with the task group, down to the calls of its models."""
    notes, model = Notes(), Timed(delay_s=1e9)

    async def story(scene: Scene) -> Shadows:
        await scene.ask()
        await anyio.sleep(1)
        assert scene.shadows.under_way == 1
        assert model.under_way > 0
        return scene.shadows

    shadows = playing(shop, notes, story, ahead=model)
    assert (shadows.under_way, model.under_way, notes.runs) == (0, 0, [])


def test_some_begin_with_the_asker_and_some_after(shop: str) -> None:
    """By chance, so that neither path always has the machine to itself."""
    began_with = []
    for seed in range(12):
        model = Timed(delay_s=1.0)

        async def story(scene: Scene) -> float:
            await scene.ask()
            answered_at = anyio.current_time()
            await scene.settled()
            return answered_at

        answered_at = playing(shop, Notes(), story, ahead=model, seed=seed)
        began_with.append(min(model.began_at) < answered_at)
    assert 2 <= sum(began_with) <= 10


def test_some_shadows_are_sequential_too(shop: str) -> None:
    """To know by how much two equal runs differ; the asker's part is the same work."""
    notes = Notes()
    policy = ShadowPolicy(control_share=0.5)
    for seed in range(12):
        playing(shop, notes, ask_and_settle, policy=policy, seed=seed)
    of_control = [run for run in notes.runs if run.of_control]
    assert len(notes.runs) == 12
    assert 2 <= len(of_control) <= 10
    for run in of_control:
        assert (run.candidate.orchestrator, run.difference) == ("sequential", None)
        assert run.candidate_s == pytest.approx(run.control_s, rel=0.01)
        assert run.candidate.usage == run.control.usage


@pytest.mark.parametrize("seed", [WITH, AFTER])
def test_where_the_asker_is_not_answered_nothing_is_compared(shop: str, seed: int) -> None:
    """And what would have begun afterwards does not begin."""
    notes, model = Notes(), Timed(delay_s=1.0)
    failing = ScriptedModel(lambda prompt: Unavailable("It is gone."), delay_s=1.0)

    async def story(scene: Scene) -> tuple[Answer, float, int]:
        answer = await scene.ask()
        failed_at = anyio.current_time()
        await scene.settled()
        return answer, failed_at, scene.shadows.under_way

    answer, failed_at, left = playing(
        shop,
        notes,
        story,
        ahead=model,
        sequential=failing,
        seed=seed,
    )
    assert (answer.status, notes.runs, left) == (Status.FAILED, [], 0)
    assert not model.began_at or min(model.began_at) < failed_at


def test_an_asker_who_leaves_leaves_no_shadow_waiting(shop: str) -> None:
    """Cancelled in the middle: no comparison, and room for the next."""
    notes = Notes()

    async def story(scene: Scene) -> int:
        with anyio.move_on_after(0.5) as scope:
            await scene.ask()
        assert scope.cancelled_caught
        await scene.settled()
        return scene.shadows.under_way

    assert playing(shop, notes, story) == 0
    assert notes.runs == []


def test_a_shadowed_question_counts_in_an_experiment_all_the_same(shop: str) -> None:
    """The control compared with itself goes on while the parallel path is shadowed."""
    notes = Notes(experiment="with itself")
    playing(shop, notes, ask_and_settle)
    assert len(notes.runs) == 1
    assert [decision.exposed for decision in notes.counted] == [True]


def seconds_of(seed: int, questions: int, *, shadowed: bool) -> tuple[list[float], Notes]:
    """What askers wait for complex questions to simulated models, with and without shadows.

    The parallel path has a provider of its own with the same luck: a shared one would have cached
    the shadow's prompts, and the asker's calls would meet the luck of the second call.
    """
    asked = tuple(case for case in cases(2 * questions, seed) if case.complex)[:questions]
    settings = Settings(state="memory", parallel_threshold=0.0)
    bench, strategy, notes = Bench(PROFILES["modern"], asked, seed, settings), candidate(), Notes()

    def models() -> Models:
        return simulated_models(strategy, bench.engine(strategy), bench.profile)

    async def play() -> list[float]:
        inner = connect(str(demo.path()))
        simulated = SimulatedDatabase(inner, bench.profile.statement_s, seed)
        resources = resources_of(strategy, bench, AuditedDatabase(simulated), models())
        hybrid = (await wire_hybrid(resources, settings_of(strategy, bench))).hybrid
        waited = []
        async with anyio.create_task_group() as group:
            shadows = Shadows(background(group), notes, NEVER_CONTROL, random.Random(seed))
            told = replace(hybrid, trials=Trials(notes, shadows))
            seen = with_models_ahead(told, models())
            chosen = seen if shadowed else without_shadows(hybrid)
            answerer = Tracked(chosen, "duckdb", "")
            for case in asked:
                began_at = anyio.current_time()
                await answerer(Question(case.asked, demo.TODAY, case.conversation))
                waited.append(anyio.current_time() - began_at)
        await inner.aclose()
        return waited

    return run_virtually(play), notes


@pytest.mark.slow
def test_nobody_waits_for_a_shadow() -> None:
    """p95 and the median of what askers wait are the same with and without shadows, to 1 %."""
    (alone, _), (beside, notes) = (
        seconds_of(3, 60, shadowed=shadowed) for shadowed in (False, True)
    )
    assert len(notes.runs) >= 40
    for q in (0.5, 0.95):
        ratio = quantile(sorted(beside), q) / quantile(sorted(alone), q)
        assert ratio == pytest.approx(1.0, abs=0.01), q
    faster = sum(run.candidate_s < run.control_s for run in notes.runs)
    assert faster > 0.8 * len(notes.runs)
    # With a deadline the parallel path gives up a stage that takes unusually long: for an asker
    # the sequential one would go on from there. An answer that it gives is the same.
    answers = [run for run in notes.runs if run.candidate.status is Status.ANSWERED]
    assert len(answers) > 0.8 * len(notes.runs)
    assert all(run.difference is None for run in answers)
