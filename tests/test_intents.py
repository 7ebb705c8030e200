"""Two wordings of one question share a signature; two questions never do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from forerun import parsing
from forerun.domain import Context, Question, Slice, Turn
from forerun.intents import intent, intent_of
from forerun.parsing import Thresholds
from forerun.stages import Policy, Resources, contextualise
from tests.cases import pairs
from tests.cases.pairs import NOW, SHOP, Pair

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[1]
PER_COUNTRY = "How many customers are there per country?"
IN_GERMANY = "How many customers are from Germany?"


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[tuple[Slice, Resources]]:
    path = pairs.database_of(Pair("", SHOP, "sqlite", "", ""), None, tmp_path)
    async with pairs.opened(path) as found:
        yield found


async def signatures(asked: list[Pair], data: Path | None, folder: Path) -> dict[str, str | None]:
    """Signature by database and question."""
    by_file: dict[Path, list[Pair]] = defaultdict(list)
    for pair in asked:
        by_file[pairs.database_of(pair, data, folder)].append(pair)
    found: dict[str, str | None] = {}
    for path, some in by_file.items():
        async with pairs.reading(path) as read:
            for question in {q for pair in some for q in (pair.a, pair.b)}:
                found[f"{some[0].db}: {question}"] = await read(question)
    return found


def shared(asked: list[Pair], found: dict[str, str | None]) -> list[Pair]:
    keys = ((pair, f"{pair.db}: {pair.a}", f"{pair.db}: {pair.b}") for pair in asked)
    return [pair for pair, a, b in keys if found[a] is not None and found[a] == found[b]]


async def test_questions_apart_never_share(tmp_path: Path) -> None:
    """No pair about the shop does, although most of them are understood."""
    asked = pairs.apart()
    found = await signatures(asked, None, tmp_path)
    assert len(asked) >= 160
    assert not shared(asked, found)
    assert sum(signature is not None for signature in found.values()) >= len(found) / 3


async def test_wordings_of_one_question_mostly_share(tmp_path: Path) -> None:
    """Never sharing is not a way to pass."""
    asked = pairs.alike()
    found = await signatures(asked, None, tmp_path)
    assert len(shared(asked, found)) >= 0.75 * len(asked)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_no_development_questions_apart_share(data: Path, tmp_path: Path) -> None:
    """Hundreds of edits of real questions on dozens of databases: none would be served wrongly."""
    asked = pairs.apart(data)
    found = await signatures(asked, data, tmp_path)
    understood = [p for p in asked if found[f"{p.db}: {p.a}"] and found[f"{p.db}: {p.b}"]]
    assert len(asked) >= 700
    assert len(understood) >= 450
    assert not shared(asked, found)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_development_questions_alike_share_where_they_are_understood(
    data: Path, tmp_path: Path
) -> None:
    """Of pairs of real questions with the same gold, half of those the parser is sure of."""
    asked = pairs.alike(data)
    found = await signatures(asked, data, tmp_path)
    understood = [p for p in asked if found[f"{p.db}: {p.a}"] and found[f"{p.db}: {p.b}"]]
    assert len(asked) >= 250
    assert len(shared(asked, found)) >= 0.5 * len(understood) >= 35


async def test_a_written_query_is_found_by_another_wording(
    opened: tuple[Slice, Resources],
) -> None:
    """What a model wrote for one wording is what the parser reads in another, names apart."""
    slice_, resources = opened
    catalog = await resources.catalog.structure()
    written = "select c.country as land, count(*) as n from customers as c group by c.country"
    kept = intent_of(Context(PER_COUNTRY, NOW), written, catalog)
    asked = Context("For each country, how many customers are there?", NOW)
    assert kept is not None
    assert await intent(slice_, asked, resources) == kept
    other = written.replace("c.country", "c.segment")
    assert intent_of(Context(PER_COUNTRY, NOW), other, catalog) not in (kept, None)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM customers ORDER BY random()",
        "DELETE FROM customers",
        "SELECT nothing FROM customers",
        "SELECT * FROM customers ORDER BY 1",
        "",
    ],
)
async def test_what_may_not_be_shared_has_no_signature(
    sql: str, opened: tuple[Slice, Resources]
) -> None:
    """Volatile, refused, and not understood queries."""
    catalog = await opened[1].catalog.structure()
    assert intent_of(Context(PER_COUNTRY, NOW), sql, catalog) is None


async def test_only_a_sure_reading_has_a_signature(opened: tuple[Slice, Resources]) -> None:
    """The threshold is that of answers; what nothing in the data explains has none at any."""
    slice_, resources = opened
    context = Context(PER_COUNTRY, NOW)
    assert await intent(slice_, context, resources) is not None
    strict = replace(resources, policy=Policy(thresholds=Thresholds(answer=1.0)))
    assert await intent(slice_, context, strict) is None
    assert await intent(slice_, Context("Who will win the cup?", NOW), resources) is None


async def in_context(
    said: str, before: str, opened: tuple[Slice, Resources]
) -> tuple[Context, str | None]:
    """A follow-up as the pipeline understands it, and its signature."""
    slice_, resources = opened
    sql = parsing.parse(before, slice_.catalog, NOW).drafts[0].sql
    question = Question(said, NOW, conversation=(Turn(before, before, sql),))
    context = await contextualise(question, slice_, resources)
    return context, await intent(slice_, context, resources)


async def test_a_follow_up_shares_only_after_the_same_question(
    opened: tuple[Slice, Resources],
) -> None:
    """The same words after the same question, in any wording, and after no other."""
    context, once = await in_context("and from France?", IN_GERMANY, opened)
    assert context.follow_up
    assert once is not None
    again = "What is the number of customers from Germany?"
    assert (await in_context("and from France?", again, opened))[1] == once
    assert (await in_context("and from Italy?", IN_GERMANY, opened))[1] != once
    other = "How many suppliers are from Germany?"
    assert (await in_context("and from France?", other, opened))[1] != once


async def test_a_question_that_stands_alone_shares_in_any_conversation(
    opened: tuple[Slice, Resources],
) -> None:
    """What was said before is no part of it."""
    slice_, resources = opened
    other = "What is the average salary of employees?"
    context, signature = await in_context(PER_COUNTRY, other, opened)
    assert not context.follow_up
    assert signature == await intent(slice_, Context(PER_COUNTRY, NOW), resources) is not None


PRINTS = """
from datetime import datetime, UTC
from forerun.domain import Context
from forerun.intents import intent_of
from tests.parsing import shop
now = datetime(2025, 12, 31, 12, tzinfo=UTC)
sql = "SELECT country, COUNT(*) FROM customers WHERE name IN ('b', 'a') AND 1 < 2 GROUP BY 1"
print(intent_of(Context("Customers named a or b per country", now), sql, shop.catalog()))
"""


def test_a_signature_is_the_same_in_every_process() -> None:
    """However their hashes are seeded."""
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINTS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert len(printed.pop()) == 32
