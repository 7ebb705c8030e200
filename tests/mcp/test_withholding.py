"""A host is a model: values that no model may be sent are in none of its results."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from forerun.access import LOOPBACK
from forerun.app.serving import Deployment, owner_of
from forerun.domain import Policies
from forerun.mcp.failing import DETAILS
from mcp import Client
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
async def test_rows_that_hang_on_unsent_values_are_kept_back(shop: Path, era: str) -> None:
    """With their number, the summary and the chart; the SQL and the reason are told. Without the
    policy they are there."""
    async with host(shop, UNSENT, era=era) as client:
        kept_back = await client.call_tool("ask", LIST)
    async with host(shop, Policies(), era=era) as client:
        given = await client.call_tool("ask", LIST)
    answer = structured(kept_back)
    assert told_of(structured(given)["rows"]) == list(NAMES)
    assert not any(name in str(kept_back) for name in NAMES)
    assert (answer["status"], answer["rows"], answer["row_count"]) == ("answered", [], 0)
    assert (answer["summary"], answer["chart"], answer["suggestions"]) == (None, None, [])
    assert "name" in answer["sql"]
    assert "(customers.name)" in answer["warnings"][-1]
    assert "Note: The rows are kept back." in text_of(kept_back)


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
    assert refused.is_error
    problem = (refused.meta or {})[DETAILS]
    assert (problem["code"], problem["reasons"][0]["code"]) == ("sql_refused", "unsent")
    assert "It would not be run here" in structured(checked)["warnings"][-1]


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


async def test_a_person_reads_the_answer_that_his_host_does_not(shop: Path) -> None:
    """What is kept is whole; and a query that was not run is written down, and keeps no place."""
    async with (
        Deployment(configured(shop, policies=UNSENT)) as deployment,
        connected(deployment) as client,
    ):
        answer = structured(await client.call_tool("ask", LIST))
        await client.call_tool("run_sql", {"sql": "SELECT name FROM customers"})
        kept = await deployment.kept_answer(owner_of(LOOPBACK), answer["trace_id"])
        assert deployment.admission.running == 0
        assert deployment.access.audit is not None
        await deployment.access.audit.flush()
        line = (await deployment.access.audit.trail.lines())[0].body
    assert told_of(kept.wire) == list(NAMES)
    assert (line["operation"], line["error_code"]) == ("sql", "sql_refused")
