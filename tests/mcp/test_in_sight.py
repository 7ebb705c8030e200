"""What a policy hides is told by no tool: neither in results nor in errors, lists or forms."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from forerun.access import LOOPBACK, Identity
from forerun.app.serving import Deployment
from forerun.domain import Policies, RowRule
from forerun.mcp.server import TOOLS
from mcp import Client
from tests.mcp.shops import BOTH_ERAS, configured, connected, structured, text_of

pytestmark = pytest.mark.anyio

HIDDEN = ("payroll", "wage", "iban", "zone", "Sven", "Stella", "South", "DE4711", "9999")
"""Names and values of hidden tables, columns and rows."""
POLICIES = Policies(
    hidden=("payroll", "orders.iban", "orders.zone"),
    rows=(RowRule("orders", "zone = {zone}"),),
)
NORTH = Identity("n1", "acme", "nora", attributes={"zone": "North"})
NOWHERE = Identity("n2", "acme", "nobody")
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("ask", {"question": "How many orders are there?"}),
    ("ask", {"question": "Which customer has the highest amount of orders?"}),
    ("ask", {"question": "List all orders"}),
    ("ask", {"question": "How many zorbs orders?"}),
    ("ask", {"question": "What is the total pay?"}),
    ("list_databases", {}),
    ("describe_schema", {}),
    ("describe_schema", {"tables": ["orders"]}),
    ("describe_schema", {"tables": ["payrol"]}),
    ("run_sql", {"sql": "SELECT * FROM orders"}),
    ("run_sql", {"sql": "SELECT count(*), max(amount) FROM orders"}),
    ("run_sql", {"sql": "SELECT amont FROM orders"}),
    ("run_sql", {"sql": "SELECT name FROM sqlite_master"}),
    ("run_sql", {"sql": "SELECT * FROM payrol"}),
    ("run_sql", {"sql": "SELECT 1 FROM orders WHERE customer = abs("}),
    ("check_sql", {"sql": "SELECT * FROM orders"}),
    ("check_sql", {"sql": "SELECT ibn, zne FROM orders"}),
    ("check_sql", {"sql": "SELECT * FROM pay"}),
    ("explain_answer", {"id": "0" * 32}),
]


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sight") / "sales.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            """
            CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer TEXT, amount INTEGER,
                credit INTEGER, zone TEXT, iban TEXT);
            INSERT INTO orders VALUES (1, 'Nora', 10, 1, 'North', 'DE4711'),
                (2, 'Nils', 20, 2, 'North', 'DE4711'), (3, 'Sven', 9999, 3, 'South', 'DE4711');
            CREATE TABLE payroll (employee TEXT, wage INTEGER);
            INSERT INTO payroll VALUES ('Stella', 9999);
            """
        )
    return path


@asynccontextmanager
async def restricted(
    sales: Path, identity: Identity, era: str = "auto", **client: Any
) -> AsyncIterator[Client]:
    async with (
        Deployment(configured(sales, policies=POLICIES)) as deployment,
        connected(deployment, identity=identity, era=era, **client) as connection,
    ):
        yield connection


def leaked(told: object) -> list[str]:
    """Not in the ids of answers, 32 digits by chance."""
    said = re.sub(r"\b[0-9a-f]{32}\b", "", str(told).lower())
    return [word for word in HIDDEN if word.lower() in said]


def test_every_tool_is_tried() -> None:
    """So that a new one is not forgotten."""
    assert {tool for tool, _ in CALLS} == set(TOOLS)


@pytest.mark.parametrize("identity", [NORTH, NOWHERE], ids=["bound", "closed"])
async def test_no_tool_tells_what_is_hidden(sales: Path, identity: Identity) -> None:
    """Whether it succeeds, asks back or fails, and in what tells how an answer came about. Who
    lacks the attribute is told which one; that alone is no secret of the database."""
    async with restricted(sales, identity) as client:
        for tool, arguments in CALLS:
            result = await client.call_tool(tool, arguments)
            assert leaked(without_warning(result)) == [], (tool, arguments)
            id_ = (result.structured_content or {}).get("trace_id")
            if tool == "ask" and id_ is not None:
                account = await client.call_tool("explain_answer", {"id": id_})
                assert not account.is_error
                assert leaked(without_warning(account)) == [], arguments


def without_warning(result: types.CallToolResult) -> str:
    return result.model_dump_json().replace("does not say your zone", "")


async def test_resources_tell_no_more_than_tools(sales: Path) -> None:
    """Neither what is listed, nor what is read, nor what there is not."""
    async with restricted(sales, NORTH) as client:
        (resource,) = (await client.list_resources()).resources
        (content,) = (await client.read_resource(resource.uri)).contents
        with pytest.raises(MCPError) as refused:
            await client.read_resource("forerun://databases/sales/payrol")
    assert "TABLE orders" in content.model_dump()["text"]
    assert leaked((resource, content, refused.value)) == []


@pytest.mark.parametrize("era", BOTH_ERAS)
async def test_a_form_offers_only_what_is_in_sight(sales: Path, era: str) -> None:
    """The choices that a user is given are made of what he may see."""
    asked: list[types.ElicitRequestParams] = []

    async def pick(context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params)
        return types.ElicitResult(action="decline")

    async with restricted(sales, NORTH, era, asked=pick) as client:
        result = await client.call_tool("ask", {"question": "How many zorbs orders?"})
    assert len(asked) == 1
    assert leaked((asked, result)) == []


async def test_the_unrestricted_do_see_it(sales: Path) -> None:
    """The words that are looked for above are there to be found."""
    async with (
        Deployment(configured(sales)) as deployment,
        connected(deployment, identity=replace(LOOPBACK, tenant="acme")) as client,
    ):
        told = [
            text_of(await client.call_tool("describe_schema", {})),
            text_of(await client.call_tool("run_sql", {"sql": "SELECT * FROM orders"})),
            text_of(await client.call_tool("run_sql", {"sql": "SELECT * FROM payroll"})),
        ]
    assert leaked(told) == list(HIDDEN)


async def test_each_sees_the_rows_of_its_own(sales: Path) -> None:
    """By a question and by a query alike; who lacks the attribute is told so."""
    async with restricted(sales, NORTH) as client:
        asked = await client.call_tool("ask", {"question": "How many orders are there?"})
        queried = await client.call_tool("run_sql", {"sql": "SELECT count(*) FROM orders"})
    assert structured(asked)["rows"] == structured(queried)["rows"] == [[2]]
    async with restricted(sales, NOWHERE) as client:
        for tool in ("run_sql", "check_sql"):
            closed = await client.call_tool(tool, {"sql": "SELECT count(*) FROM orders"})
            assert "does not say your zone" in text_of(closed), tool
