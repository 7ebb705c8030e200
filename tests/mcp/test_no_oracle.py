"""Whether a query fails may hang on values: a host learns nothing of those it may not be sent.

Each test asks twice with queries that are alike but for this: one fails on the values that are
there, the other on values that are not.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import mcp_types as types
import pytest

from forerun.access import LOOPBACK
from forerun.app.sections import DatabaseSection
from forerun.app.serving import Asked, Deployment
from forerun.domain import Policies
from forerun.testing.playbook import Playbook
from forerun.testing.scripted import ScriptedModel
from tests.adapters.test_mysql import cursor_of
from tests.api.service import with_model
from tests.mcp.shops import configured, connected, structured, text_of
from tests.services import Scratch

pytestmark = pytest.mark.anyio

UNSENT = Policies(unsent=("customers.name",))
THERE, NOT_THERE = "Has anybody an A?", "Has anybody a Z?"
PLAIN = "SELECT count(*) AS n FROM customers"
ITS_OWN = re.compile(r"\b[0-9a-f]{32}\b|\b\d+(\.\d+)?\b|\b[AZ]%|\ban? [AZ]\b")
"""Ids, times, and the letter that is asked about."""


def failing(letter: str) -> str:
    """A query that overflows where a name begins with that letter."""
    number = f"CASE WHEN name LIKE '{letter}%' THEN -9223372036854775808 ELSE 1 END"
    return f"SELECT max(abs({number})) AS n FROM customers"


async def all_that_is_told(shop: Path, policies: Policies, question: str) -> str:
    """Of the question and of one after it: answers, progress, and how they came about."""
    told: list[str] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(f"{message}")

    async with (
        Deployment(configured(shop, policies=policies)) as deployment,
        connected(deployment) as client,
    ):
        asked = {"question": question, "conversation_id": "c" * 32}
        for each in (asked, {**asked, "question": "And how many of them?"}):
            answer = await client.call_tool("ask", each, progress_callback=hear)
            explained = {"id": structured(answer)["trace_id"]}
            told += [str(answer), str(await client.call_tool("explain_answer", explained))]
    return ITS_OWN.sub("…", "\n".join(told))


@pytest.mark.parametrize(
    "repairs", [{}, dict.fromkeys((THERE, NOT_THERE), PLAIN)], ids=["not repaired", "repaired"]
)
async def test_a_question_whose_query_fails_is_told_like_one_whose_query_does_not(
    shop: Path, monkeypatch: pytest.MonkeyPatch, repairs: dict[str, str]
) -> None:
    """Also where another query takes its place, in progress, in the account of it, and in what is
    asked next. Without the policy all of these tell them from each other."""
    queries = {THERE: failing("A"), NOT_THERE: failing("Z")}
    with with_model(monkeypatch, ScriptedModel(Playbook(queries, repairs))):
        there, not_there, *sent = [
            await all_that_is_told(shop, policies, question)
            for policies in (UNSENT, Policies())
            for question in (THERE, NOT_THERE)
        ]
    assert there == not_there
    assert sent[0] != sent[1]


@pytest.mark.parametrize(
    "repairs", [{}, dict.fromkeys((THERE, NOT_THERE), PLAIN)], ids=["not repaired", "repaired"]
)
async def test_a_persons_answer_is_not_explained_where_its_query_may_have_failed_on_values(
    shop: Path, monkeypatch: pytest.MonkeyPatch, repairs: dict[str, str]
) -> None:
    """Nor whether another query took its place: a host under the same key is told the same, that
    it is not told. Of queries that touch nothing unsent it is told all."""
    plain = "How many are there?"
    queries = {THERE: failing("A"), NOT_THERE: failing("Z"), plain: PLAIN}

    async def explained(policies: Policies, question: str) -> types.CallToolResult:
        async with (
            Deployment(configured(shop, policies=policies)) as deployment,
            connected(deployment) as client,
        ):
            begun = await deployment.begin(Asked(question), LOOPBACK, "ask")
            answer = json.loads(await deployment.answered(begun))
            return await client.call_tool("explain_answer", {"id": answer["trace_id"]})

    with with_model(monkeypatch, ScriptedModel(Playbook(queries, repairs))):
        there, not_there = [await explained(UNSENT, each) for each in (THERE, NOT_THERE)]
        open_, other = [await explained(Policies(), each) for each in (THERE, NOT_THERE)]
        told = structured(await explained(UNSENT, plain))
    assert ITS_OWN.sub("…", str(there)) == ITS_OWN.sub("…", str(not_there))
    assert "values that no model may be sent" in text_of(there)
    assert not told["fallback"]["used"]
    assert [each["outcome"] for each in told["timings"]["statements"]] == ["ok"]
    assert ITS_OWN.sub("…", str(open_)) != ITS_OWN.sub("…", str(other))


@pytest.mark.parametrize("tool", ["check_sql", "run_sql"])
async def test_a_planner_that_computes_with_rows_tells_nothing(mysql: Scratch, tool: str) -> None:
    """MySQL and MariaDB read a row that is found by its key, and compute with it, to plan a query:
    that fails, too, on some values."""
    with cursor_of(mysql.owner_url) as owner:
        owner.execute("DROP TABLE IF EXISTS customers")
        owner.execute("CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20))")
        owner.execute("INSERT INTO customers VALUES (1, 'Ann')")
    query = "SELECT id FROM customers WHERE id = 1 AND exp(if(name LIKE '{}%', 999, 1)) > 0"

    async def told(policies: Policies) -> list[str]:
        databases = {"shop": DatabaseSection(mysql.reader_url, policies=policies)}
        async with (
            Deployment(replace(configured(), databases=databases)) as deployment,
            connected(deployment) as client,
        ):
            results = [await client.call_tool(tool, {"sql": query.format(each)}) for each in "AZ"]
        return [ITS_OWN.sub("…", str(each)) for each in results]

    there, not_there = await told(UNSENT)
    assert there == not_there
    there, not_there = await told(Policies())
    assert there != not_there
