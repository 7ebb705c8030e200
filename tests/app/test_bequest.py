"""Who leaves a question that others wait for, too, leaves the rest of its costs to them."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from forerun.app import Forerun, Settings
from forerun.app.models import Roles
from forerun.domain import Answer, Usage
from forerun.events import listening
from forerun.orchestrators.recording import Recorder
from forerun.stages import Models
from forerun.testing.playbook import Playbook
from forerun.testing.scripted import ScriptedModel
from tests.api.service import COUNT, QUERIES, shop

pytestmark = pytest.mark.anyio


async def test_what_is_spent_after_who_began_it_has_left_is_paid_by_who_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once: the calls of both make up all that were made, and the statement is one of theirs."""
    model = ScriptedModel(Playbook(QUERIES, summary="As the rows say."), delay_s=0.2)
    roles = Roles(Models(writer=model, narrator=model), None, (model,))
    monkeypatch.setattr("forerun.app.forerun.open_roles", lambda settings: roles)
    recorder, scope = Recorder(), anyio.CancelScope()
    answers: list[Answer] = []
    left_with: list[Usage] = []
    async with Forerun(shop(tmp_path / "shop.duckdb"), settings=Settings(state="memory")) as asked:
        await asked.catalog()

        async def begin() -> None:
            with scope, listening(recorder.hear):
                await asked.ask(COUNT)
            left_with.append(recorder.trace().usage)

        async def stay() -> None:
            answers.append(await asked.ask(COUNT))

        async with anyio.create_task_group() as group:
            group.start_soon(begin)
            while not model.prompts:
                await anyio.sleep(0.01)
            group.start_soon(stay)
            group.start_soon(stay)
            await anyio.sleep(0.1)
            scope.cancel()
    paid = sum((answer.usage for answer in answers), left_with[0])
    assert paid.model_calls == len(model.prompts)
    assert sorted(answer.usage == Usage() for answer in answers) == [False, True]
    assert [len(answer.trace.statements) for answer in answers if answer.usage != Usage()] == [1]
