"""The leanest peer on the demo: two calls, nothing checked, measured like the others."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from forerun import demo
from forerun.app import connect
from forerun.checking import check
from forerun.domain import Draft, Origin, Status
from forerun.lab.latency.driving import ask
from forerun.lab.latency.measuring import Measured
from forerun.lab.latency.questions import cases
from forerun.lab.latency.two_call import NARRATOR, WRITER, TwoCall
from forerun.orchestrators import Tracked
from forerun.ports import Database
from forerun.testing.scripted import ScriptedModel
from forerun.testing.simulator import Case

pytestmark = pytest.mark.anyio

FOLLOW_UP = next(case for case in cases(6) if case.conversation)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    opened = connect(str(demo.path()))
    yield opened
    await opened.aclose()


async def measure(case: Case, database: Database, model: ScriptedModel) -> Measured:
    peer = TwoCall(database, model)
    return await ask(Tracked(peer, database.dialect, peer.name), case)


async def test_a_query_and_its_summary_are_two_calls(database: Database) -> None:
    """The writer is told schema, conversation and question, the narrator the rows but no SQL."""
    model = ScriptedModel([f"```sql\n{FOLLOW_UP.sql}\n```", "Corvo leads."])
    found = await measure(FOLLOW_UP, database, model)
    assert (found.status, found.model_calls) == (Status.ANSWERED, 2)
    assert "Corvo leads." in found.digest
    assert found.first_rows_s is not None
    assert 0 < found.first_rows_s <= found.seconds
    assert not found.parallel
    writer, narrator = model.prompts
    assert (writer.system, narrator.system) == (WRITER, NARRATOR)
    for told in ("sale_date", FOLLOW_UP.conversation[0].standalone, FOLLOW_UP.asked):
        assert told in writer.user
    assert FOLLOW_UP.asked in narrator.user
    assert "SELECT" not in narrator.user


@pytest.mark.parametrize(
    "reply",
    [f"```sql\n{FOLLOW_UP.broken_sql}\n```", "I would rather not."],
    ids=["broken", "without SQL"],
)
async def test_sql_that_does_not_run_is_the_end_of_it(database: Database, reply: str) -> None:
    """It fails after one call: nothing is repaired, no rows came, nobody narrates."""
    model = ScriptedModel([reply])
    found = await measure(FOLLOW_UP, database, model)
    assert (found.status, found.model_calls) == (Status.FAILED, 1)
    assert found.first_rows_s is None


async def test_nothing_is_checked(database: Database) -> None:
    """What the gate refuses is run as it is written: harmless here, and why it is for the demo."""
    refused = "SELECT version() AS version"
    verdict = check(Draft(refused, Origin.MODEL, 1.0), await database.read_structure())
    assert not verdict.accepted
    model = ScriptedModel([f"```sql\n{refused}\n```", "So it is."])
    found = await measure(FOLLOW_UP, database, model)
    assert (found.status, found.model_calls) == (Status.ANSWERED, 2)
