"""Pairs of questions that ask alike, or apart; see intents/README.md."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from forerun.app import connect
from forerun.catalog import CatalogSource
from forerun.domain import Context, Slice
from forerun.intents import intent
from forerun.lab.evaluation.locating import find_sources
from forerun.lab.evaluation.reading import Item, read_questions
from forerun.stages import Resources
from tests.parsing import shop

FOLDER = Path(__file__).parent / "intents"
NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
SHOP = "shop"

Read: TypeAlias = Callable[[str], Awaitable[str | None]]
"""The signature of a question."""


@dataclass(frozen=True)
class Pair:
    """Two questions to one database."""

    kind: str
    db: str
    dialect: str
    a: str
    b: str

    def __str__(self) -> str:
        return f"{self.a} | {self.b}"


def apart(data: Path | None = None) -> list[Pair]:
    """Pairs that must not share; without development data, those about the shop."""
    return list(_pairs("apart.jsonl", data))


def alike(data: Path | None = None) -> list[Pair]:
    """Pairs that may share."""
    return list(_pairs("alike.jsonl", data))


def _pairs(name: str, data: Path | None) -> Iterator[Pair]:
    known = _items(data) if data is not None else {}
    for text in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if "of" not in line:
            yield Pair(line.get("kind", "alike"), line["db"], "sqlite", line["a"], line["b"])
        elif known:
            yield _of_development(line, known)


def _of_development(line: Mapping[str, Any], known: Mapping[str, Item]) -> Pair:
    item = known[line["of"]]
    if "and" in line:
        other = known[line["and"]].question
    else:
        assert item.question.count(line["from"]) == 1, line
        other = item.question.replace(line["from"], line["to"])
    return Pair(line.get("kind", "alike"), item.db, item.dialect or "", item.question, other)


@cache
def _items(data: Path) -> dict[str, Item]:
    dialogues = read_questions(data / "questions.jsonl")
    return {item.id: item for dialogue in dialogues for item in dialogue.items}


def database_of(pair: Pair, data: Path | None, folder: Path) -> Path:
    """The file of its database; the shop's is made in `folder`."""
    if pair.db != SHOP:
        assert data is not None
        return _files(data)[pair.db, pair.dialect]
    path = folder / "shop.sqlite"
    if not path.exists():
        with sqlite3.connect(path) as connection:
            shop.fill(connection)
        connection.close()
    return path


@cache
def _files(data: Path) -> Mapping[tuple[str, str], Path]:
    return find_sources(data / "databases").files


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Slice, Resources]]:
    """A database with the whole of its catalog, its values sampled."""
    database = connect(str(path))
    try:
        source = CatalogSource(database)
        catalog = await source.sampled(t.key for t in (await source.structure()).tables)
        yield Slice(catalog, whole=True), Resources(database, source)
    finally:
        await database.aclose()


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator[Read]:
    """Reads questions to that database."""
    async with opened(path) as (slice_, resources):

        async def read(question: str) -> str | None:
            return await intent(slice_, Context(question, NOW), resources)

        yield read
