"""`list_databases` and `describe_schema`: what may be asked, and what is in it."""

from __future__ import annotations

from typing import TypedDict

from forerun.access.audit.records import Act
from forerun.domain import Catalog
from forerun.errors import NotFound
from forerun.mcp.arguments import NoArguments, SchemaArguments
from forerun.mcp.calls import Call, Outcome, Seen, Tool, as_act, told
from forerun.prompts.schema import describe, outline

LONGEST_SCHEMA = 40_000
"""Characters; about 10,000 tokens."""
SAMPLED_TABLES = 20
"""Of more than these, values are not looked up: it would take long, and not be read."""


class DatabaseJSON(TypedDict):
    name: str
    dialect: str
    reachable: bool
    problem: str | None


class DatabasesJSON(TypedDict):
    databases: list[DatabaseJSON]


class SchemaJSON(TypedDict):
    database: str
    dialect: str
    tables: int
    whole: bool
    schema: str


async def list_databases(call: Call, given: NoArguments) -> Outcome:
    """Where they are is not told."""
    reached = await call.deployment.databases.reach()
    found: list[DatabaseJSON] = [
        {
            "name": name,
            "dialect": each.dialect,
            "reachable": reached[name] is None,
            "problem": None if (error := reached[name]) is None else error.message,
        }
        for name, each in call.deployment.databases.seen_by(call.identity).items()
    ]
    lines = [
        f"{each['name']} ({each['dialect']})" + (f": {each['problem']}" if each["problem"] else "")
        for each in found
    ]
    return told("\n".join(lines) or "There is no database that you may ask.", {"databases": found})


async def describe_schema(call: Call, given: SchemaArguments) -> Outcome:
    reading = Act("schema_read", None, given.database or "")
    async with call.deployment.accounts.counted(call.identity, reading) as act:
        database = call.database(given.database)
        act.database = database.name
        schema = await schema_of(database, given.tables)
    return told(schema["schema"], schema)


async def schema_of(database: Seen, tables: list[str] | None = None) -> SchemaJSON:
    """As text of bounded length. Raises `NotFound` for a table that there is not."""
    forerun, asker = database.forerun, database.asker
    catalog = _only(await forerun.catalog(asker=asker), tables, database.name)
    if forerun.settings.samples and len(catalog.tables) <= SAMPLED_TABLES:
        keys = [table.key for table in catalog.tables]
        catalog = (await forerun.catalog(samples=keys, asker=asker)).only(keys)
    text, whole = _bounded(catalog)
    return {
        "database": database.name,
        "dialect": catalog.dialect,
        "tables": len(catalog.tables),
        "whole": whole,
        "schema": text,
    }


def _only(catalog: Catalog, tables: list[str] | None, name: str) -> Catalog:
    if tables is None:
        return catalog
    if unknown := [key for key in tables if catalog.table(key) is None]:
        raise NotFound(
            f"There is no table {unknown[0][:100]} in {name}.",
            "Leave tables out to see which there are.",
        )
    return catalog.only(tables)


def _bounded(catalog: Catalog) -> tuple[str, bool]:
    """All that is known; or, where that is too long, a line a table."""
    text = describe(catalog)
    if len(text) <= LONGEST_SCHEMA:
        return text, True
    advice = "Only names, because there is much of it. Name tables to see all of those."
    return f"{advice}\n{outline(catalog, LONGEST_SCHEMA)}", False


LIST_DATABASES = Tool(
    "list_databases",
    "List databases",
    "Lists the databases that may be asked: name, SQL dialect, and whether each answers now.",
    NoArguments,
    DatabasesJSON,
    list_databases,
)
DESCRIBE_SCHEMA = Tool(
    "describe_schema",
    "Describe a database",
    "Describes a database: tables, columns, types, keys, comments, metrics that the team has "
    "defined and, where permitted, sampled values. Look here before you write SQL for run_sql.",
    SchemaArguments,
    SchemaJSON,
    describe_schema,
    turned_away=as_act("schema_read"),
)
