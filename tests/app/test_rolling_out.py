"""The rollout as `Forerun` is under it: flags, kills, and what counts in an experiment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun import Forerun, Settings
from forerun.app.experimenting import open_experiments
from forerun.domain import Answer, Status, Strategy
from forerun.rollout.experiments import Plan, Verdict
from forerun.rollout.experiments.conducting import By
from forerun.testing.openai_server import ChatRequest, Hangs, Reply, serve_openai
from tests.app.test_kept_answers import PLAYBOOK, QUESTION, shop
from tests.rollout.flags.files import rollout

__all__ = ["shop"]

pytestmark = pytest.mark.anyio


def settings(environment: Mapping[str, str], url: str, **more: object) -> Settings:
    given = {"ENABLE_PARALLEL": "true", "PARALLEL_THRESHOLD": "0", "FORERUN_STATE": "memory"}
    read = Settings.read(given | dict(environment))
    chosen = replace(read, model="scripted", model_url=url, model_attempts=1, cache="none")
    return replace(chosen, **more)  # type: ignore[arg-type]


def strategy(answer: Answer) -> Strategy:
    assert answer.status is Status.ANSWERED, answer
    assert answer.decision is not None
    return answer.decision.strategy


def flag_file(tmp_path: Path, **terms: Any) -> str:
    path = tmp_path / "flags.json"
    path.write_text(json.dumps(rollout(**terms)))
    return str(path)


async def test_the_file_says_who_goes_ahead(shop: Path, tmp_path: Path) -> None:
    """Off: nobody, for all that the gate is open; live without a holdout: everybody."""
    for stage, expected in (("off", Strategy.SEQUENTIAL), ("live", Strategy.PARALLEL)):
        with serve_openai(PLAYBOOK) as server:
            file = flag_file(tmp_path, stage=stage, holdout=0)
            async with Forerun(
                str(shop), settings=settings({"FORERUN_FLAGS": file}, server.base_url)
            ) as forerun:
                answer = await forerun.ask(QUESTION)
                assert strategy(answer) is expected
                assert answer.decision is not None
                assert answer.decision.assignment is not None
                assert answer.decision.assignment.stage == stage
                assert forerun.foresee(QUESTION).strategy is expected


@pytest.mark.parametrize(
    ("environment", "source", "named"),
    [
        ({"PARALLEL_THRESHOLD": ""}, "file", "the threshold of the flag file, 500 s"),
        ({"PARALLEL_THRESHOLD": "600"}, "environment", "PARALLEL_THRESHOLD, 600 s"),
    ],
)
async def test_the_reason_names_the_threshold_that_decided(
    shop: Path, tmp_path: Path, environment: Mapping[str, str], source: str, named: str
) -> None:
    """The file's, or the environment's where it has one."""
    file = flag_file(tmp_path, stage="live", threshold=500)
    with serve_openai(PLAYBOOK) as server:
        chosen = settings({"FORERUN_FLAGS": file, **environment}, server.base_url)
        async with Forerun(str(shop), settings=chosen) as forerun:
            decision = (await forerun.ask(QUESTION)).decision
    assert decision is not None
    assert (decision.strategy, decision.flag_source) == (Strategy.SEQUENTIAL, source)
    assert named in decision.reason


@pytest.mark.parametrize("mode", ["hybrid", "parallel"])
async def test_a_kill_in_the_environment_needs_no_file(shop: Path, mode: str) -> None:
    """Nor does who asks for the parallel path get it."""
    with serve_openai(PLAYBOOK) as server:
        killed = settings({"FORERUN_KILL_PARALLEL": "true"}, server.base_url)
        async with Forerun(str(shop), settings=killed) as forerun:
            answer = await forerun.ask(QUESTION, mode=mode)
    assert strategy(answer) is Strategy.SEQUENTIAL
    assert answer.decision is not None
    assert answer.decision.flag_source == "kill"


async def test_the_file_holds_without_async_with_too(shop: Path, tmp_path: Path) -> None:
    """It is read once then, and followed by nobody."""
    with serve_openai(PLAYBOOK) as server:
        file = flag_file(tmp_path, stage="off")
        forerun = Forerun(str(shop), settings=settings({"FORERUN_FLAGS": file}, server.base_url))
        try:
            assert strategy(await forerun.ask(QUESTION)) is Strategy.SEQUENTIAL
        finally:
            await forerun.aclose()


def hanging(request: ChatRequest) -> Reply:
    return Hangs()


async def test_who_waits_in_vain_counts(shop: Path, tmp_path: Path) -> None:
    """A question that ran out of time is a failure of its arm; the last ones are stored when the
    process ends."""
    store = str(tmp_path / "experiments.sqlite")
    file = flag_file(tmp_path, stage="off")
    with serve_openai(hanging) as server:
        chosen = settings({"FORERUN_FLAGS": file, "FORERUN_EXPERIMENTS": store}, server.base_url)
        async with Forerun(str(shop), settings=chosen) as forerun:
            assert forerun._rollout is not None
            conductor = forerun._rollout.conductor
            assert conductor is not None
            plan = Plan("late", "Nothing ends.", ramp=(50.0,))
            experiment = await conductor.create(plan, By("ann", "To see."))
            await conductor.start(experiment.id, By("ann", "To see."))
            conductor.flags.reload()
            await forerun.catalog()  # else the first one may run out of time before it has an arm
            for _ in range(6):
                assert (await forerun.ask(QUESTION, timeout_s=0.5)).status is Status.FAILED
            with anyio.move_on_after(0.2):  # who leaves says nothing of the arm
                await forerun.ask(QUESTION, timeout_s=30.0)
    kept = open_experiments(store)
    seen = await kept.seen(experiment.id)
    await kept.aclose()
    assert [each.verdict for each in seen] == [Verdict.FAILED] * 6
