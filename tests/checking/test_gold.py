"""The gold SQL of the development data: written by people who never heard of this gate."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import anyio
import pytest

from forerun.adapters.databases import connect
from forerun.domain import Catalog, Column, Kind, Table
from tests.checking.ask import verdict


@dataclass(frozen=True, slots=True)
class Gold:
    db: str
    dialect: str
    sql: str
    path: Path


def gold(data: Path) -> Iterator[Gold]:
    with (data / "databases.jsonl").open(encoding="utf-8") as lines:
        paths = {(d["db"], d["dialect"]): d["path"] for d in map(json.loads, lines)}
    with (data / "questions.jsonl").open(encoding="utf-8") as lines:
        for q in map(json.loads, lines):
            for sql in (q["gold_sql"], *q.get("gold_alternatives", ())):
                yield Gold(q["db"], q["dialect"], sql, data / paths[q["db"], q["dialect"]])


@cache
def catalog_of(path: Path, dialect: str) -> Catalog:
    """The structure of an embedded database, or of a PostgreSQL dump by its CREATE TABLEs."""
    if dialect == "postgres":
        return dumped(path)

    async def structure() -> Catalog:
        database = connect(str(path))
        try:
            return await database.read_structure()
        finally:
            await database.aclose()

    return anyio.run(structure)


def dumped(path: Path) -> Catalog:
    tables = []
    made = re.findall(r"CREATE TABLE (\S+) \((.*?)\n\);", path.read_text("utf-8"), re.DOTALL)
    for name, body in made:
        schema, _, table = name.rpartition(".")
        words = [line.split() for line in body.splitlines() if line.strip()]
        columns = tuple(
            Column(w[0].strip('"'), w[1].rstrip(","), Kind.OTHER)
            for w in words
            if w[0] not in ("CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE")
        )
        tables.append(Table(table.strip('"'), columns, None if schema == "public" else schema))
    return Catalog(path.stem, "postgres", tuple(tables))


def refused(found: Iterator[Gold] | list[Gold]) -> list[str]:
    return [
        f"{g.db}: {g.sql} -> {reasons}"
        for g in found
        if (reasons := verdict(g.sql, catalog=catalog_of(g.path, g.dialect)).reasons)
    ]


def test_a_sample_of_gold_passes(data: Path) -> None:
    """Every twentieth gold query, over all sources and dialects, is accepted."""
    assert refused(list(gold(data))[::20]) == []


@pytest.mark.slow
def test_all_gold_passes(data: Path) -> None:
    """Nothing that a person wrote as the right answer is refused."""
    assert refused(gold(data)) == []


def same_on_sqlite(found: list[Gold]) -> list[str]:
    """Those whose written statement gives other rows, or another order, than the gold."""
    connections: dict[Path, sqlite3.Connection] = {}
    different = []
    for g in found:
        made = verdict(g.sql, catalog=catalog_of(g.path, g.dialect)).statement
        if made is None or "'now'" in made.sql:
            continue
        if g.path not in connections:
            connections[g.path] = sqlite3.connect(f"file:{g.path}?mode=ro", uri=True)
            connections[g.path].text_factory = lambda raw: raw.decode("utf-8", "replace")
        ask = connections[g.path].execute
        if ask(made.sql).fetchall() != ask(g.sql).fetchall():
            different.append(f"{g.sql} -> {made.sql}")
    for connection in connections.values():
        connection.close()
    return different


def test_a_sample_of_gold_keeps_its_meaning(data: Path) -> None:
    """The statement that the gate writes gives the rows of the text it was given."""
    assert same_on_sqlite([g for g in gold(data) if g.dialect == "sqlite"][::20]) == []


@pytest.mark.slow
def test_all_gold_keeps_its_meaning(data: Path) -> None:
    """Writing a tree out again changes the meaning of none of them."""
    assert same_on_sqlite([g for g in gold(data) if g.dialect == "sqlite"]) == []
