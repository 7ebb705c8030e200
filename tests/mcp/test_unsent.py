"""A host is a model: no query that touches values that no model may be sent is run for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest

from forerun.access import LOOPBACK
from forerun.app.serving import Asked, Deployment
from forerun.domain import Policies
from forerun.mcp.choosing import FIELD
from forerun.testing.playbook import Playbook
from forerun.testing.scripted import ScriptedModel
from mcp import Client
from tests.api.service import with_model
from tests.mcp.shops import BOTH_ERAS, configured, connected, structured, text_of

pytestmark = pytest.mark.anyio

NAMES = ("Ann", "Bob", "Cy")
UNSENT = Policies(unsent=("customers.name",))
LIST = {"question": "List the names of all customers"}


@asynccontextmanager
async def host(shop: Path, policies: Policies, **client: Any) -> AsyncIterator[Client]:
    async with (
        Deployment(configured(shop, policies=policies)) as deployment,
        connected(deployment, **client) as connection,
    ):
        yield connection


def told_of(result: object) -> list[str]:
    return [name for name in NAMES if f'"{name}"' in str(result) or f"'{name}'" in str(result)]


@pytest.mark.parametrize("era", BOTH_ERAS)
async def test_a_question_about_unsent_values_is_not_answered(shop: Path, era: str) -> None:
    """It is told why; and without the policy it is."""
    async with host(shop, UNSENT, era=era) as client:
        refused = await client.call_tool("ask", LIST)
    async with host(shop, Policies(), era=era) as client:
        given = await client.call_tool("ask", LIST)
    answer = structured(refused)
    assert told_of(structured(given)["rows"]) == list(NAMES)
    assert not any(name in str(refused) for name in NAMES)
    assert (answer["status"], answer["rows"]) == ("refused", [])
    assert answer["timings"]["statements"] == []
    [reason] = answer["refusal"]["reasons"]
    assert reason["code"] == "unsent"
    assert "customers.name" in reason["message"]
    assert "unsent" in text_of(refused)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM customers",
        "SELECT * FROM customers",
        "SELECT city FROM customers WHERE name = 'Ann'",
        "SELECT CAST(name AS INTEGER) FROM customers",
        "SELECT max(upper(n)) FROM (SELECT name AS n FROM customers)",
        "SELECT city FROM customers ORDER BY name",
    ],
)
async def test_a_query_that_touches_them_is_not_run(shop: Path, sql: str) -> None:
    """However it touches them; it is told why, and a check says so beforehand."""
    async with host(shop, UNSENT) as client:
        refused = await client.call_tool("run_sql", {"sql": sql})
        checked = await client.call_tool("check_sql", {"sql": sql})
    answer, verdict = structured(refused), structured(checked)
    assert (answer["status"], answer["timings"]["statements"]) == ("refused", [])
    for reasons in (answer["refusal"]["reasons"], verdict["reasons"]):
        assert [reason["code"] for reason in reasons] == ["unsent"]
    assert not verdict["accepted"]


async def test_what_does_not_touch_them_comes_as_ever(shop: Path) -> None:
    """Other columns, and how many there are."""
    async with host(shop, UNSENT) as client:
        cities = await client.call_tool("run_sql", {"sql": "SELECT city FROM customers LIMIT 1"})
        names = await client.call_tool("run_sql", {"sql": "SELECT count(name) FROM customers"})
        asked = await client.call_tool("ask", {"question": "How many customers are there?"})
    assert [structured(each)["rows"] for each in (cities, names, asked)] == [
        [["Kiel"]],
        [[3]],
        [[3]],
    ]


async def test_what_becomes_of_a_question_tells_nothing_of_them(shop: Path) -> None:
    """A value that is there and one that is not are answered alike, or asked back about alike,
    and the parser is as sure of either: nobody spells out values by asking."""
    for there, not_there in (
        ("named Bob", "named Bop"),
        ("whose name is Ann", "whose name is Anx"),
    ):
        found = []
        for words in (there, not_there):
            async with host(shop, UNSENT) as client:
                asked = {"question": f"What is the city of customers {words}?"}
                answer = structured(await client.call_tool("ask", asked))
            found.append((answer["status"], answer["sql"] is None, answer["confidence"]))
        assert found[0] == found[1]


async def test_a_person_is_answered_what_his_host_is_not(shop: Path) -> None:
    """By the same key; and a host that knows the id of his answer is given nothing of it."""
    async with (
        Deployment(configured(shop, policies=UNSENT)) as deployment,
        connected(deployment) as client,
    ):
        refused = structured(await client.call_tool("ask", LIST))
        asked = await deployment.begin(Asked(LIST["question"]), LOOPBACK, "ask")
        answer = json.loads(await deployment.answered(asked))
        declined = await client.session.send_request(
            types.CallToolRequest(
                params=types.CallToolRequestParams(
                    name="ask",
                    arguments=LIST,
                    input_responses={FIELD: types.ElicitResult(action="decline")},
                    request_state=json.dumps([answer["trace_id"], "c" * 32]),
                )
            ),
            types.CallToolResult,
        )
        explained = await client.call_tool("explain_answer", {"id": answer["trace_id"]})
    assert refused["status"] == "refused"
    assert told_of(answer["rows"]) == list(NAMES)
    assert not any(name in f"{declined} {explained}" for name in NAMES)
    assert declined.is_error


async def test_a_host_is_told_how_a_repaired_answer_of_its_own_came_about(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the writer's first query was refused because it touches them: the account is of
    the query that ran, and holds nothing of the other."""
    question, refused, ran = "Who is there?", "SELECT name FROM customers", "SELECT id FROM regions"
    playbook = Playbook({question: refused}, {question: ran})
    with with_model(monkeypatch, ScriptedModel(playbook)):
        async with host(shop, UNSENT) as client:
            answer = structured(await client.call_tool("ask", {"question": question}))
            own = await client.call_tool("explain_answer", {"id": answer["trace_id"]})
    account = structured(own)
    checks = [stage for stage in account["timings"]["stages"] if stage["name"] == "check"]
    assert [stage["outcome"] for stage in checks] == ["refused", "ok"]
    assert (account["status"], account["reads"]) == ("answered", ["regions"])
    assert account["sql"] == answer["sql"]
    assert refused not in str(own)
