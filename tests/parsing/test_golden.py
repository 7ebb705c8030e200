"""Golden questions on a shop: tests/cases/questions/*.jsonl, which anyone can extend.

A line is `{"question": …, "sql": …}`: the SQL (SQLite) gives the right rows; `null` means that
the parser must not answer. `"unsure": true` says that its best reading may be another, as long
as it asks instead of answering with that one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from forerun import parsing
from tests.parsing import shop
from tests.parsing.shop import CASES

ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


@dataclass(frozen=True)
class Golden:
    """One line of a golden file."""

    question: str
    sql: str | None
    unsure: bool

    def __str__(self) -> str:
        return self.question


def _cases() -> Iterator[Golden]:
    for path in sorted(CASES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            yield Golden(case["question"], case["sql"], case.get("unsure", False))


GOLDEN = list(_cases())
SOME_GOLDEN = [
    pytest.param(case, id=str(case), marks=() if number % 4 == 0 else pytest.mark.slow)
    for number, case in enumerate(GOLDEN)
]
"""All of them; but for every fourth, among the slow tests."""


def _cells(rows: list[tuple[object, ...]]) -> Counter[tuple[str, ...]]:
    """Rows as a multiset, columns in any order, numbers and dates in one spelling."""
    return Counter(tuple(sorted(map(_cell, row))) for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, int | float | Decimal):
        return f"{float(value):.8g}"
    return value.isoformat() if isinstance(value, date) else str(value)


@pytest.mark.parametrize("case", [c for c in GOLDEN if c.sql], ids=str)
def test_the_best_reading_gives_the_golden_rows(case: Golden) -> None:
    """The first draft is right, or at least not sure of itself where the case allows that."""
    assert case.sql is not None
    best = shop.parsed(case.question).drafts[0]
    mine = _cells(shop.in_sqlite().execute(best.sql).fetchall())
    right = mine == _cells(shop.in_sqlite().execute(case.sql).fetchall())
    assert right or (case.unsure and best.confidence < GUESS), best.sql


@pytest.mark.parametrize("case", [c for c in GOLDEN if c.sql is None], ids=str)
def test_what_the_data_does_not_tell_is_not_answered(case: Golden) -> None:
    """Unknown names, words and things lead to a question back or to nothing, never to a guess."""
    parsed = shop.parsed(case.question)
    assert not parsed.drafts or parsed.drafts[0].confidence < GUESS, parsed.drafts[0].sql


@pytest.mark.parametrize("case", [c for c in GOLDEN if c.sql], ids=str)
def test_duckdb_gives_the_same_rows(case: Golden) -> None:
    """The same plan in DuckDB's SQL gives what it gives in SQLite's."""
    one = shop.parsed(case.question).drafts[0]
    other = shop.parsed(case.question, "duckdb").drafts[0]
    in_sqlite = shop.in_sqlite().execute(one.sql).fetchall()
    in_duckdb = shop.in_duckdb().execute(other.sql).fetchall()
    assert _cells(in_duckdb) == _cells(in_sqlite) or _cut_in_a_tie(one.sql, in_duckdb, in_sqlite)
    assert one.reading == other.reading


Table = list[tuple[object, ...]]


def _cut_in_a_tie(sql: str, some: Table, others: Table) -> bool:
    """As many rows, of the same ranks; which of those that tie for the last is anyone's choice."""
    if " LIMIT " not in sql or len(some) != len(others):
        return False
    everything = _cells(shop.in_sqlite().execute(re.sub(r" LIMIT \d+$", "", sql)).fetchall())
    columns = zip(zip(*some, strict=True), zip(*others, strict=True), strict=True)
    ranks_alike = any(Counter(map(_cell, a)) == Counter(map(_cell, b)) for a, b in columns)
    return ranks_alike and _cells(some) <= everything


def test_enough_of_the_golden_questions_are_answered() -> None:
    """Abstaining is not a way to pass: most of these everyday questions are answered, and nearly
    all of the rest at least as a guess."""
    answerable = [case for case in GOLDEN if case.sql]
    drafts = [shop.parsed(case.question).drafts[0] for case in answerable]
    answered = sum(draft.confidence >= ANSWER for draft in drafts)
    guessed = sum(GUESS <= draft.confidence < ANSWER for draft in drafts)
    assert answered >= len(answerable) * 2 / 3, answered
    assert answered + guessed >= len(answerable) * 19 / 20, guessed
