"""The tools as a host sees them, through the SDK's client in the same process."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from mcp.shared.exceptions import MCPError

from forerun.access import LOOPBACK, Scope
from forerun.app.serving import Deployment
from forerun.app.serving.deployment import Deployment as Opened
from forerun.mcp.failing import DETAILS
from forerun.mcp.looking import LONGEST_SCHEMA
from forerun.mcp.server import TOOLS
from tests.api.keyed import audited
from tests.mcp.shops import BOTH_ERAS, configured, connected, make_shop, structured, text_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("era", BOTH_ERAS)
async def test_every_tool_says_that_it_only_reads(deployment: Deployment, era: str) -> None:
    """Six tools, each with a title, a schema of what it takes and gives, and the right hints."""
    async with connected(deployment, era=era) as client:
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == list(TOOLS)
    for tool in tools:
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.idempotent_hint is (tool.name != "ask")
        assert tool.input_schema["additionalProperties"] is False
        for schema in (tool.input_schema, tool.output_schema):
            assert schema is not None
            assert schema["type"] == "object"
            jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("era", BOTH_ERAS)
async def test_a_question_is_answered_with_sql_rows_and_a_summary(
    deployment: Deployment, era: str
) -> None:
    """The structured result is an answer as everywhere else; the text tells the same in short."""
    async with connected(deployment, era=era) as client:
        result = await client.call_tool("ask", {"question": "How many customers are in Kiel?"})
    answer = structured(result)
    assert not result.is_error
    assert answer["status"] == "answered"
    assert answer["rows"] == [[2]]
    assert answer["sql"] in text_of(result)
    assert "[2]" in text_of(result)
    assert answer["conversation_id"] in text_of(result)
    jsonschema.validate(answer, TOOLS["ask"].described().output_schema or {})


async def test_a_follow_up_refers_to_the_question_before_it(deployment: Deployment) -> None:
    """The conversation that an answer gives carries its question on."""
    async with connected(deployment) as client:
        first = structured(
            await client.call_tool("ask", {"question": "How many customers are in Kiel?"})
        )
        again = {"question": "and in Bremen?", "conversation_id": first["conversation_id"]}
        second = structured(await client.call_tool("ask", again))
    assert second["rows"] == [[1]]


async def test_what_is_unclear_comes_back_with_choices(deployment: Deployment) -> None:
    """The words of a choice, in the same conversation, are the answer to it."""
    async with connected(deployment) as client:
        asked = await client.call_tool("ask", {"question": "How many zorbs customers?"})
        unclear = structured(asked)
        assert unclear["status"] == "clarify"
        choices = unclear["clarification"]["choices"]
        assert all(choice in text_of(asked) for choice in choices)
        chosen = {"question": choices[0], "conversation_id": unclear["conversation_id"]}
        answer = structured(await client.call_tool("ask", chosen))
    assert answer["status"] == "answered"


async def test_rows_are_bounded_and_what_is_cut_is_said(deployment: Deployment) -> None:
    """A model is told that there is more than it was given."""
    async with connected(deployment) as client:
        result = await client.call_tool(
            "run_sql", {"sql": "SELECT name FROM customers ORDER BY name", "max_rows": 2}
        )
    assert structured(result)["rows"] == [["Ann"], ["Bob"]]
    assert structured(result)["truncated"] is True
    assert "more than were fetched" in text_of(result)


@pytest.mark.parametrize("tool", ["run_sql", "check_sql"])
async def test_what_would_write_is_refused_with_its_reason(
    deployment: Deployment, tool: str
) -> None:
    """A refusal is a result, with what to do instead, and nothing has run."""
    async with connected(deployment) as client:
        result = await client.call_tool(tool, {"sql": "DELETE FROM customers"})
        left = await client.call_tool("run_sql", {"sql": "SELECT count(*) FROM customers"})
    assert "not_a_query" in text_of(result)
    assert structured(left)["rows"] == [[3]]


async def test_a_checked_query_names_the_tables_that_it_reads(deployment: Deployment) -> None:
    """Without running it."""
    async with connected(deployment) as client:
        sql = "SELECT r.name FROM customers c JOIN regions r ON r.id = c.region_id"
        checked = structured(await client.call_tool("check_sql", {"sql": sql}))
    assert checked["accepted"] is True
    assert checked["reads"] == ["customers", "regions"]


async def test_an_account_of_an_answer_has_its_stages_and_what_was_read(
    deployment: Deployment,
) -> None:
    """Under the id that the answer gave."""
    async with connected(deployment) as client:
        asked = await client.call_tool("ask", {"question": "How many customers are there?"})
        id_ = structured(asked)["trace_id"]
        result = await client.call_tool("explain_answer", {"id": id_})
    account = structured(result)
    assert account["reads"] == ["customers"]
    assert {"link", "check", "run"} <= {each["name"] for each in account["timings"]["stages"]}
    assert "It reads customers." in text_of(result)


async def test_an_answer_is_explained_to_its_asker_alone(deployment: Deployment) -> None:
    """To anybody else it does not exist."""
    stranger = replace(LOOPBACK, tenant="another")
    async with connected(deployment) as client:
        asked = await client.call_tool("ask", {"question": "How many customers are there?"})
    async with connected(deployment, identity=stranger) as client:
        result = await client.call_tool("explain_answer", {"id": structured(asked)["trace_id"]})
    assert result.is_error
    assert "There is no question" in text_of(result)


@pytest.mark.parametrize("tables", [["customers"], "customers", '["customers"]'])
async def test_a_schema_is_told_in_words(deployment: Deployment, tables: object) -> None:
    """Tables that are named alone, however the host writes a list."""
    async with connected(deployment) as client:
        result = await client.call_tool("describe_schema", {"tables": tables})
    assert "TABLE customers" in text_of(result)
    assert "TABLE regions" not in text_of(result)
    assert structured(result)["whole"] is True


@pytest.mark.parametrize("left_out", [None, ""])
async def test_what_is_left_out_may_be_written_as_nothing(
    deployment: Deployment, left_out: str | None
) -> None:
    """As many models do."""
    given = {"database": left_out, "tables": None}
    async with connected(deployment) as client:
        result = await client.call_tool("describe_schema", given)
        asked = await client.call_tool(
            "run_sql", {"sql": "SELECT 1", "database": left_out, "timeout_s": None}
        )
    assert not result.is_error
    assert not asked.is_error


async def test_values_are_told_only_where_samples_are_permitted(shop: Path) -> None:
    """The setting `samples` holds for hosts as it does for models."""
    configuration = configured(shop)
    for permitted in (True, False):
        settings = replace(configuration.settings, samples=permitted)
        async with (
            Opened(replace(configuration, settings=settings)) as opened,
            connected(opened) as client,
        ):
            result = await client.call_tool("describe_schema", {"tables": ["regions"]})
        assert ("North" in text_of(result)) is permitted


async def test_a_schema_of_any_size_fits(tmp_path: Path) -> None:
    """Of a great many tables only names are told, and the text says so."""
    wide = ", ".join(f"a_column_with_a_long_name_{number} TEXT" for number in range(40))
    with closing(sqlite3.connect(tmp_path / "wide.sqlite")) as db:
        for number in range(60):
            db.execute(f"CREATE TABLE table_{number} ({wide})")
    async with (
        Opened(configured(tmp_path / "wide.sqlite")) as opened,
        connected(opened) as client,
    ):
        result = await client.call_tool("describe_schema", {})
    assert structured(result)["whole"] is False
    assert len(text_of(result)) < LONGEST_SCHEMA + 200
    assert "table_59" in text_of(result)


async def test_schemas_are_resources_too(deployment: Deployment) -> None:
    """One for each database that may be asked; another is an error that names what there is."""
    async with connected(deployment) as client:
        (resource,) = (await client.list_resources()).resources
        assert str(resource.uri) == "forerun://databases/shop/schema"
        (content,) = (await client.read_resource(resource.uri)).contents
        assert "TABLE customers" in content.model_dump()["text"]
        with pytest.raises(MCPError, match="There is no database other") as refused:
            await client.read_resource("forerun://databases/other/schema")
    assert "shop" in refused.value.message


async def test_a_key_for_one_database_sees_no_other(shop: Path, tmp_path: Path) -> None:
    """Neither in lists, nor by name, nor as a resource."""
    another = make_shop(tmp_path / "secret.sqlite")
    only = replace(LOOPBACK, databases=frozenset({"shop"}))
    async with Opened(configured(shop, another)) as opened:
        async with connected(opened, identity=only) as client:
            listed = await client.call_tool("list_databases", {})
            assert [each["name"] for each in structured(listed)["databases"]] == ["shop"]
            assert len((await client.list_resources()).resources) == 1
            for tool, rest in (
                ("ask", {"question": "How many customers are there?"}),
                ("run_sql", {"sql": "SELECT 1"}),
                ("check_sql", {"sql": "SELECT 1"}),
                ("describe_schema", {}),
            ):
                result = await client.call_tool(tool, {"database": "secret", **rest})
                assert result.is_error, tool
                assert result.meta is not None
                assert result.meta[DETAILS]["code"] == "not_found"
        async with connected(opened) as client:
            unsaid = await client.call_tool("run_sql", {"sql": "SELECT 1"})
    assert "There are 2 databases" in text_of(unsaid)


async def test_a_refused_look_is_written_down(deployment: Deployment) -> None:
    """At a database that there is not, by whichever way."""
    async with connected(deployment) as client:
        await client.call_tool("describe_schema", {"database": "other"})
        await client.call_tool("check_sql", {"database": "other", "sql": "SELECT 1"})
        with pytest.raises(MCPError):
            await client.read_resource("forerun://databases/other/schema")
    acts = [each for each in await audited(deployment) if each["database"] == "other"]
    assert [(act["act"], act["sql"], act["error_code"]) for act in acts] == [
        ("schema_read", None, "not_found"),
        ("sql_checked", "SELECT 1", "not_found"),
        ("schema_read", None, "not_found"),
    ]


async def test_a_key_without_the_scope_to_ask_does_not_ask(deployment: Deployment) -> None:
    """It is told which scope is missing."""
    admin = replace(LOOPBACK, scopes=frozenset({Scope.ADMIN}))
    async with connected(deployment, identity=admin) as client:
        result = await client.call_tool("list_databases", {})
    assert result.is_error
    assert "scope ask" in text_of(result)
