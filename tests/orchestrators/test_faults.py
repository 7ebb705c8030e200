"""Each stage of the parallel path fails in each way; sequential answers, and says why it had to."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import cast

import pytest

from forerun.domain import (
    Answer,
    Context,
    Draft,
    FallbackCode,
    Fate,
    Mode,
    Question,
    Slice,
    Stage,
    Status,
    Strategy,
)
from forerun.domain.branches import parent as above
from forerun.ports import Database, Model
from forerun.stages import Models
from forerun.testing import Playbook, ScriptedModel
from forerun.testing.faults import Fault, FaultyDatabase, FaultyModel
from forerun.testing.virtual_clock import run_virtually
from tests.orchestrators.world import EAGER, EARLIER, NOW, QUERIES, World, make_shop, world_of

FOLLOW_UP = "and per city?"
STANDALONE = "How many customers are there per city?"
RIGHT, OTHER = QUERIES[0], QUERIES[2]

OF_MODELS = {
    Stage.ANALYSE: "analyst",
    Stage.CONTEXTUALISE: "follow_up",
    Stage.DRAFT: "writer",
    Stage.REVIEW: "reviewer",
    Stage.REPAIR: "repair",
    Stage.NARRATE: "narrator",
}
OF_DATABASE = {Stage.CHECK: "explain", Stage.RUN: "run"}
SURVIVED = {
    (Stage.ANALYSE, Fault.GARBAGE),  # adds nothing
    (Stage.CONTEXTUALISE, Fault.GARBAGE),  # the question is read as it stands
    (Stage.DRAFT, Fault.GARBAGE),  # holds no SQL: repaired
    (Stage.REVIEW, Fault.GARBAGE),  # warned of
    (Stage.NARRATE, Fault.GARBAGE),  # replaced by a plain summary
    (Stage.NARRATE, Fault.ERROR),  # a narrator never fails an answer
    (Stage.NARRATE, Fault.REFUSED),
}
"""What the stages themselves live with, on either path."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(tmp_path_factory.mktemp("faults") / "shop.duckdb")


async def world(shop: str, *, refused_first: bool = False) -> World:
    """Models that are right, or right after one repair; each call takes 3 seconds to begin."""
    playbook = Playbook(
        queries={STANDALONE: OTHER if refused_first else RIGHT, FOLLOW_UP: RIGHT},
        repairs={STANDALONE: RIGHT, FOLLOW_UP: RIGHT},
        standalone={FOLLOW_UP: STANDALONE},
        objections={OTHER: "It leaves customers out"} if refused_first else {},
    )
    model = ScriptedModel(playbook, delay_s=3.0, token_delay_s=0.02)
    made = await world_of(7, shop, roles=(model,) * 4)

    async def drafter(slice_: Slice, context: Context) -> Draft | None:
        return None

    resources = replace(made.resources, drafter=drafter)
    hybrid = replace(
        made.wired.hybrid,
        resources=resources,
        ahead=replace(made.wired.hybrid.ahead, drafter=drafter),
    )
    return World(resources, replace(made.wired, hybrid=hybrid), made.model)


def with_fault(
    made: World, stage: Stage, fault: Fault
) -> tuple[World, FaultyModel | FaultyDatabase]:
    """The parallel path alone is struck."""
    ahead = made.wired.hybrid.ahead
    if stage in OF_DATABASE:
        database = FaultyDatabase(ahead.database, OF_DATABASE[stage], fault)
        struck = replace(ahead, database=cast(Database, database))
        broken: FaultyModel | FaultyDatabase = database
    else:
        writer = ahead.models.writer
        assert writer is not None
        broken = FaultyModel(writer, OF_MODELS[stage], fault)
        roles: list[Model] = [broken] * 4
        struck = replace(ahead, models=Models(*roles))
    hybrid = replace(made.wired.hybrid, ahead=struck)
    return World(made.resources, replace(made.wired, hybrid=hybrid), made.model), broken


async def ask(made: World, mode: Mode) -> Answer:
    answer = await made.ask(Question(FOLLOW_UP, NOW, EARLIER), mode)
    await made.aclose()
    return answer


@cache
def plain_answer(shop: str, *, refused_first: bool) -> Answer:
    """The sequential one where nothing fails: the same for every fault."""

    async def asked() -> Answer:
        return await ask(await world(shop, refused_first=refused_first), Mode.SEQUENTIAL)

    return run_virtually(asked)


async def answers(
    shop: str, stage: Stage, fault: Fault
) -> tuple[Answer, float, FaultyModel | FaultyDatabase]:
    made = await world(shop, refused_first=stage is Stage.REPAIR)
    latencies = made.wired.experience.latencies
    seen = made.wired.hybrid.decider.features(Question(FOLLOW_UP, NOW, EARLIER), None)
    from forerun.orchestrators.complexity import complexity
    from forerun.orchestrators.latency import budget_s

    p95s = (latencies.quantile(s, complexity(seen), 0.95) for s in (stage, Stage.DRAFT))
    budget = max(map(budget_s, p95s))
    struck, broken = with_fault(made, stage, fault)
    return await ask(struck, Mode.PARALLEL), budget, broken


def why_of(stage: Stage, fault: Fault) -> FallbackCode:
    if fault in (Fault.HANG, Fault.SLOW):
        return FallbackCode.TOO_SLOW
    said_no = stage in OF_DATABASE and fault in (Fault.GARBAGE, Fault.REFUSED)
    if said_no or (stage, fault) == (Stage.REPAIR, Fault.GARBAGE):
        return FallbackCode.NOTHING_PASSED
    return FallbackCode.FAILED


@pytest.mark.parametrize("fault", list(Fault), ids=str)
@pytest.mark.parametrize("stage", [*OF_MODELS, *OF_DATABASE], ids=str)
def test_what_sequential_answers_is_answered(shop: str, stage: Stage, fault: Fault) -> None:
    """Answered with the same rows, in at most sequential's time and the detection budget."""
    plain = plain_answer(shop, refused_first=stage is Stage.REPAIR)
    answer, budget_s, broken = run_virtually(answers, shop, stage, fault)
    assert plain.status is Status.ANSWERED
    assert broken.struck > 0
    assert answer.status is Status.ANSWERED, answer
    assert answer.rows == plain.rows
    assert answer.decision is not None
    assert answer.decision.strategy is Strategy.PARALLEL
    assert answer.fallback.used == ((stage, fault) not in SURVIVED)
    if answer.fallback.used:
        assert answer.fallback.reason
        garbled = fault is Fault.GARBAGE and stage is Stage.REPAIR  # no SQL, says the check
        assert answer.fallback.at_stage is (Stage.CHECK if garbled else stage)
        assert answer.fallback.code is why_of(stage, fault)
    seconds = answer.trace.total_ms / 1000
    assert seconds <= plain.trace.total_ms / 1000 + budget_s + 1.0


def test_a_fallback_pays_for_nothing_twice(shop: str) -> None:
    """A dead narrator line costs no second draft, review or statement."""

    async def fallen() -> Answer:
        made = await world(shop)
        struck, _ = with_fault(made, Stage.NARRATE, Fault.HANG)
        return await ask(struck, Mode.PARALLEL)

    answer = run_virtually(fallen)
    assert answer.fallback.used
    assert answer.fallback.at_stage is Stage.NARRATE
    assert [run.outcome for run in answer.trace.statements] == ["ok"]
    writers = [
        call
        for span in answer.trace.spans
        for call in span.calls
        if call.role.value in ("writer", "reviewer") and call.usage.model_calls
    ]
    assert len(writers) == 2
    assert EAGER.enable_parallel


def test_what_the_sequential_path_takes_over_is_not_wasted(shop: str) -> None:
    """The reviewer hangs while rows and summary come: whoever takes over answers with them."""

    async def fallen() -> Answer:
        struck, _ = with_fault(await world(shop), Stage.REVIEW, Fault.HANG)
        return await ask(struck, Mode.PARALLEL)

    answer = run_virtually(fallen)
    assert answer.fallback.at_stage is Stage.REVIEW
    (statement,) = answer.trace.statements
    fates = {(s.branch, s.stage, s.wasted) for s in answer.trace.spans if s.outcome != "skipped"}
    assert fates >= {(statement.branch, stage, False) for stage in (Stage.RUN, Stage.NARRATE)}
    assert (above(statement.branch), Stage.REVIEW, True) in fates
    (told,) = [each for each in answer.speculation if each.branch == statement.branch]
    assert told.outcome is Fate.USED
    assert told.saved_ms > 3000


BROKEN = "SELECT CAST(name AS INT) AS broken FROM customers"


async def without_repairs(shop: str) -> World:
    """The writer's query fails when it is run, and the reviewer finds it wrong as well."""
    playbook = Playbook(queries={STANDALONE: BROKEN}, objections={BROKEN: "Nobody asked for that."})
    model = ScriptedModel(playbook, delay_s=0.1)
    made = await world_of(7, shop, roles=(model, model, model, model))
    policy = replace(made.resources.policy, repairs=0)
    resources = replace(made.resources, policy=policy, drafter=None)
    hybrid = made.wired.hybrid
    hybrid = replace(hybrid, resources=resources, ahead=replace(hybrid.ahead, policy=policy))
    return World(resources, replace(made.wired, hybrid=hybrid), made.model)


def test_the_reviewer_is_heard_before_the_database_after_a_fallback(shop: str) -> None:
    """A reviewer who hangs while the statement fails is asked again, and its reasons are told."""

    async def both() -> tuple[Answer, Answer]:
        sequential = await (made := await without_repairs(shop)).ask(
            Question(STANDALONE, NOW), Mode.SEQUENTIAL
        )
        await made.aclose()
        struck, _ = with_fault(await without_repairs(shop), Stage.REVIEW, Fault.HANG)
        parallel = await struck.ask(Question(STANDALONE, NOW), Mode.PARALLEL)
        await struck.aclose()
        return sequential, parallel

    sequential, parallel = run_virtually(both)
    assert parallel.fallback.code is FallbackCode.TOO_SLOW
    assert sequential.refusal is not None
    assert "Nobody asked for that." in str(sequential.refusal)
    assert parallel.refusal == sequential.refusal
