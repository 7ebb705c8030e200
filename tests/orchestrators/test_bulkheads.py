"""Each arm has room of its own, and shadow runs have theirs: none takes another's."""

from __future__ import annotations

import random
from dataclasses import replace

import anyio
import pytest

from forerun.domain import Answer, Mode, Status
from forerun.errors import Unavailable
from forerun.orchestrators import Hybrid, Tracked
from forerun.orchestrators.guarding import GuardedModel
from forerun.orchestrators.hedging import HedgedModel
from forerun.orchestrators.load import Load
from forerun.orchestrators.shadowing import ShadowPolicy, Shadows
from forerun.orchestrators.trials import Trials
from forerun.ports import Model
from forerun.stages import Models
from forerun.testing import ScriptedModel
from tests.orchestrators.asking import in_world, question, world
from tests.orchestrators.test_shadowing import Notes, background
from tests.orchestrators.world import World, make_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(tmp_path_factory.mktemp("bulkheads") / "shop.duckdb")


def with_room(made: World, load: Load) -> Hybrid:
    hybrid = made.wired.hybrid
    return replace(hybrid, decider=replace(hybrid.decider, load=load))


def test_the_sequential_arm_waits_for_its_turn(shop: str) -> None:
    """With room for one, two take twice as long as with room for two; both are answered, and the
    second one's time is what he waited."""

    async def story(made: World) -> tuple[float, float]:
        took = []
        for room in (1, 2):
            hybrid = with_room(made, Load(most_sequential=room))
            hybrid = replace(hybrid, mode=Mode.SEQUENTIAL)
            answers: list[Answer] = []

            async def ask(hybrid: Hybrid, answers: list[Answer]) -> None:
                answers.append(await Tracked(hybrid, "duckdb", "")(question()))

            began_at = anyio.current_time()
            async with anyio.create_task_group() as group:
                for _ in range(2):
                    group.start_soon(ask, hybrid, answers)
            took.append(anyio.current_time() - began_at)
            assert [each.status for each in answers] == [Status.ANSWERED] * 2
        return took[0], took[1]

    one, two = in_world(lambda: world(shop), story)
    assert one == pytest.approx(2 * two, rel=0.2)


def test_a_fallback_keeps_its_place_in_the_parallel_arm(shop: str) -> None:
    """The sequential arm is full, and it is answered all the same: it takes none of its places."""

    async def story(made: World) -> tuple[Answer, int]:
        load = Load(most_sequential=1)
        hybrid = with_room(made, load)
        broken = ScriptedModel(lambda prompt: Unavailable("It is gone."))
        models = Models(broken, broken, broken, broken)
        hybrid = replace(hybrid, ahead=replace(hybrid.ahead, models=models))
        async with load.on_sequential():
            answer = await Tracked(hybrid, "duckdb", "")(question())
        return answer, load.parallel

    answer, left = in_world(lambda: world(shop), story)
    assert answer.status is Status.ANSWERED
    assert answer.fallback is not None
    assert answer.fallback.used
    assert left == 0


def guarded_of(hybrid: Hybrid) -> GuardedModel:
    """What shadow runs ask: the breaker is theirs."""
    assert hybrid.unseen is not None
    found = hybrid.unseen.ahead.models.writer
    guarded = found.inner if isinstance(found, HedgedModel) else found
    assert isinstance(guarded, GuardedModel)
    return guarded


def unseen(hybrid: Hybrid, inner: Model) -> Hybrid:
    """Shadow runs ask another model, behind the same breakers of theirs."""
    assert hybrid.unseen is not None
    guarded = replace(guarded_of(hybrid), inner=inner)
    models = Models(guarded, guarded, guarded, guarded)
    ahead = replace(hybrid.unseen.ahead, models=models)
    return replace(hybrid, unseen=replace(hybrid.unseen, ahead=ahead))


def test_a_shadow_opens_no_breaker_of_the_askers(shop: str) -> None:
    """It fails again and again: its own breaker opens, and the askers' know nothing of it."""

    async def story(made: World) -> None:
        failing = ScriptedModel(lambda prompt: Unavailable("It is gone."))
        async with anyio.create_task_group() as group:
            policy = ShadowPolicy(control_share=0.0)
            shadows = Shadows(background(group), Notes(), policy, random.Random(0))
            hybrid = unseen(made.wired.hybrid, failing)
            hybrid = replace(hybrid, trials=Trials(Notes(), shadows))
            for _ in range(30):
                await Tracked(hybrid, "duckdb", "")(question())
                await anyio.sleep(5.0)
        assert guarded_of(hybrid).breaker.refusal() is not None
        assert hybrid.decider.breakers.refusal() is None

    in_world(lambda: world(shop), story)


def test_a_shadow_takes_no_place_of_the_askers(shop: str) -> None:
    """While it hangs, the askers' parallel path has all its room."""

    async def story(made: World) -> tuple[int, int, int]:
        hanging = ScriptedModel(lambda prompt: "", delay_s=1e9)
        async with anyio.create_task_group() as group:
            policy = ShadowPolicy(control_share=0.0)
            shadows = Shadows(background(group), Notes(), policy, random.Random(0))
            hybrid = unseen(made.wired.hybrid, hanging)
            hybrid = replace(hybrid, trials=Trials(Notes(), shadows))
            await Tracked(hybrid, "duckdb", "")(question())
            assert hybrid.unseen is not None
            load = hybrid.decider.load
            counted = load.parallel, load.questions, hybrid.unseen.load.parallel
            group.cancel_scope.cancel()
        return counted

    assert in_world(lambda: world(shop), story) == (0, 0, 1)
