"""Whatever a client sends, and whatever breaks: an error to read, and the server goes on."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.shared.exceptions import MCPError

from forerun.access.config import QuotasConfig
from forerun.app.serving import Deployment
from forerun.mcp.failing import DETAILS
from forerun.mcp.server import TOOLS
from tests.api.keyed import audited
from tests.mcp.shops import BOTH_ERAS, configured, connected, structured, text_of

pytestmark = pytest.mark.anyio

DEEP: Any = []
for _ in range(100):
    DEEP = [DEEP]
SECRET = "Xanthippe-4711"


@pytest.mark.parametrize("era", BOTH_ERAS)
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ask", {"question": "x" * 10_000_000}),
        ("ask", {"question": ""}),
        ("ask", {"question": "\0\0"}),
        ("ask", {}),
        ("ask", {"question": {"a": 1}}),
        ("ask", {"question": DEEP}),
        ("ask", {"question": "How many?", "max_rows": -1}),
        ("ask", {"question": "How many?", "timeout_s": "NaN"}),
        ("ask", {"question": "How many?", "conversation_id": "../../etc"}),
        ("ask", {"question": "How many?", "database": "other"}),
        ("ask", {"question": "How many?", "surprise": 1}),
        ("run_sql", {"sql": "SELECT " + "(" * 90_000}),
        ("run_sql", {"sql": "x" * 10_000_000}),
        ("run_sql", {"sql": "  "}),
        ("describe_schema", {"tables": ["nowhere"]}),
        ("describe_schema", {"tables": "[" * 100_000}),
        ("explain_answer", {"id": "no id"}),
        ("explain_answer", {"id": "0" * 32}),
        ("no such tool", {}),
    ],
)
async def test_what_cannot_be_taken_is_an_error_and_the_server_goes_on(
    deployment: Deployment, era: str, tool: str, arguments: dict[str, Any]
) -> None:
    """Told in at most a few lines, without a stack trace and without what was sent."""
    async with connected(deployment, era=era) as client:
        result = await client.call_tool(tool, arguments)
        told = text_of(result)
        assert result.is_error or "Not done" in told
        assert len(told) < 1_500
        assert "Traceback" not in told
        after = await client.call_tool("run_sql", {"sql": "SELECT 1"})
    assert structured(after)["rows"] == [[1]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
) | st.sampled_from(["shop", "SELECT name FROM customers", "How many customers?", ["customers"]])
NAMES = sorted({name for tool in TOOLS.values() for name in tool.arguments.model_fields})


CALLS = st.tuples(
    st.sampled_from(sorted(TOOLS)), st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4)
)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls=st.lists(CALLS, min_size=1, max_size=12))
def test_no_arguments_break_a_tool(shop: Path, calls: list[tuple[str, dict[str, Any]]]) -> None:
    """Any JSON under any of their names gives a result, never an internal error."""

    async def work() -> None:
        async with Deployment(configured(shop)) as opened, connected(opened) as client:
            for tool, arguments in calls:
                result = await client.call_tool(tool, arguments)
                assert (result.meta or {}).get(DETAILS, {}).get("code") != "internal_error"

    anyio.run(work)


async def test_a_database_that_is_gone_fails_its_calls_alone(tmp_path: Path) -> None:
    """The call says what is wrong; the server answers the next."""
    path = tmp_path / "gone.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE customers (id INTEGER)")
    db.close()
    async with Deployment(configured(path)) as opened, connected(opened) as client:
        path.write_bytes(b"no database any more" * 1_000)
        result = await client.call_tool("run_sql", {"sql": "SELECT id FROM customers"})
        assert result.is_error
        assert "file is not a database" in text_of(result)
        assert (await client.list_tools()).tools


async def test_a_fault_of_our_own_tells_its_id_and_no_more(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the rest under the same id."""

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(deployment.databases.opened["shop"], "check", broken)
    async with connected(deployment) as client:
        result = await client.call_tool("check_sql", {"sql": "SELECT 1"})
    assert result.is_error
    assert SECRET not in text_of(result)
    assert result.meta is not None
    assert result.meta[DETAILS]["error_id"] in caplog.text


async def test_the_log_holds_no_values(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    """Which tool, how it went, how long it took; neither questions nor SQL nor rows."""
    with caplog.at_level(logging.INFO):
        async with connected(deployment) as client:
            await client.call_tool("ask", {"question": f"How many customers are in {SECRET}?"})
            await client.call_tool("run_sql", {"sql": f"SELECT '{SECRET}'"})
            await client.call_tool("ask", {"question": "a", "database": SECRET})
            await client.call_tool(SECRET, {SECRET: SECRET})
    assert "run_sql: done after" in caplog.text
    assert SECRET not in caplog.text


ASKING = {
    "ask": {"question": "How many customers are there?"},
    "list_databases": {},
    "describe_schema": {},
    "run_sql": {"sql": "SELECT 1"},
    "check_sql": {"sql": "SELECT 1"},
    "explain_answer": {"id": "0" * 32},
}


@pytest.mark.parametrize("tool", sorted(TOOLS))
async def test_every_call_counts_once_and_who_asks_too_much_is_told_when_to_come_back(
    shop: Path, tool: str
) -> None:
    """Of two that are allowed a minute, two calls are made; the third finds the seconds."""
    quotas = QuotasConfig(per_minute=2)
    async with (
        Deployment(configured(shop, quotas=quotas)) as opened,
        connected(opened) as client,
    ):
        for _ in range(2):
            let_in = await client.call_tool(tool, ASKING[tool])
            assert (let_in.meta or {}).get(DETAILS, {}).get("code") in (None, "not_found")
        result = await client.call_tool(tool, ASKING[tool])
        with pytest.raises(MCPError, match="requests a minute"):
            await client.read_resource("forerun://databases/shop/schema")
    assert result.is_error
    assert result.meta is not None
    assert result.meta[DETAILS]["code"] == "rate_limited"
    assert 0 < result.meta[DETAILS]["retry_after_s"] <= 60


async def test_looks_beyond_a_rate_are_written_down(shop: Path) -> None:
    """At a schema, by either way, and at a query: each with its database and the reason."""
    quotas = QuotasConfig(per_minute=0)
    checked = {"database": "shop", "sql": "SELECT 1"}
    async with (
        Deployment(configured(shop, quotas=quotas)) as opened,
        connected(opened) as client,
    ):
        await client.call_tool("describe_schema", {"database": "shop"})
        await client.call_tool("check_sql", checked)
        with pytest.raises(MCPError, match="requests a minute"):
            await client.read_resource("forerun://databases/shop/schema")
        acts = await audited(opened)
    assert [(act["act"], act["database"], act["error_code"]) for act in acts] == [
        (act, "shop", "rate_limited") for act in ("schema_read", "sql_checked", "schema_read")
    ]


MALFORMED: dict[str, tuple[str, dict[str, Any]]] = {
    "ask": ("mcp", {"database": "shop"}),
    "describe_schema": ("schema_read", {"database": "shop", "nosuch": 1}),
    "run_sql": ("sql", {"database": "shop"}),
    "check_sql": ("sql_checked", {"database": "shop"}),
}


@pytest.mark.parametrize(("allowed", "code"), [(0, "rate_limited"), (4, "bad_input")])
async def test_calls_that_cannot_be_taken_count_like_others_and_are_written_down(
    shop: Path, allowed: int, code: str
) -> None:
    """So that nobody tries without end: tools and resources, each with the reason."""
    quotas = QuotasConfig(per_minute=allowed)
    async with (
        Deployment(configured(shop, quotas=quotas)) as opened,
        connected(opened) as client,
    ):
        for tool, (_, arguments) in MALFORMED.items():
            refused = await client.call_tool(tool, arguments)
            assert (refused.meta or {})[DETAILS]["code"] == code
        other = await client.call_tool("explain_answer", {"nosuch": 1})
        with pytest.raises(MCPError, match="requests a minute"):
            await client.read_resource("forerun://nonsense")
        lines = await audited(opened)
    assert (other.meta or {})[DETAILS]["code"] == "rate_limited"
    assert [
        (line.get("operation") or line["act"], line["database"], line["error_code"])
        for line in lines
    ] == [
        *((written, "shop", code) for written, _ in MALFORMED.values()),
        ("schema_read", "", "rate_limited"),
    ]


@pytest.mark.parametrize(("allowed", "code"), [(1, "not_found"), (0, "rate_limited")])
async def test_a_call_of_a_tool_that_there_is_not_counts_and_is_written_down(
    shop: Path, allowed: int, code: str
) -> None:
    """With the name that was called, as far as it is no tale; and the next call is one too many."""
    quotas = QuotasConfig(per_minute=allowed)
    async with (
        Deployment(configured(shop, quotas=quotas)) as opened,
        connected(opened) as client,
    ):
        refused = await client.call_tool("drop_table" * 1_000, {})
        after = await client.call_tool("list_databases", {})
        [act] = await audited(opened)
    assert (refused.meta or {})[DETAILS]["code"] == code
    assert (after.meta or {})[DETAILS]["code"] == "rate_limited"
    assert (act["act"], act["error_code"]) == ("tool_called", code)
    assert act["subject"] == ("drop_table" * 20)


async def test_questions_and_queries_are_written_down(deployment: Deployment) -> None:
    """Each with its words, whoever was turned away, too; looking is no question,
    and written down as an act."""
    async with connected(deployment) as client:
        for tool, arguments in ASKING.items():
            await client.call_tool(tool, arguments)
        await client.call_tool("run_sql", {"sql": "SELECT 2", "database": "other"})
    lines = await audited(deployment)
    assert [(line.get("operation") or line["act"], line["error_code"]) for line in lines] == [
        ("mcp", None),
        ("schema_read", None),
        ("sql", None),
        ("sql_checked", None),
        ("sql", "not_found"),
    ]
