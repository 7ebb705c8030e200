"""Cases, an engine over them, and prompts to ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forerun import prompts
from forerun.domain import (
    Catalog,
    Column,
    Draft,
    Kind,
    Slice,
    Table,
)
from forerun.drafting import read_draft
from forerun.ports import Completion, Prompt
from forerun.testing.simulator import (
    PROFILES,
    Case,
    Engine,
    ErrorRates,
    Planned,
    Profile,
)

SAFE = ErrorRates(writer_right=1.0, slice_right=1.0, reviewer_objects_wrongly=0.0, stall=0.0)
MODERN = PROFILES["modern"]


def table(name: str, *columns: str) -> Table:
    return Table(name, tuple(Column(column, "INTEGER", Kind.INTEGER) for column in columns))


CATALOG = Catalog("shop", "duckdb", (table("orders", "id", "total"), table("lines", "order_id")))
SLICE = Slice(CATALOG.only(["orders"]), whole=False)
TWO_CALL = "You write SQL."


def case_of(number: int, *, complex_: bool = True, size: float = 1.0) -> Case:
    return Case(
        f"How many orders above {number}?",
        f"and above {number}?",
        f"SELECT COUNT(*) AS n FROM orders WHERE total > {number} AND id > 0",
        f"SELECT COUNT(*) AS n FROM orders WHERE id > 0 AND total > {number}",
        f"SELECT COUNT(*) AS n FROM orders WHERE total > {number}",
        f"SELECT COUNT(*) AS n FROM orders WHERE totals > {number}",
        complex=complex_,
        size=size,
        missing_table="lines",
    )


CASES = tuple(map(case_of, range(1_000)))


def engine_of(errors: ErrorRates = SAFE, profile: Profile = MODERN, seed: int = 7) -> Engine:
    return Engine(profile, CASES, seed, errors)


def writer_prompt(case: Case, *, in_words: bool = True, shown: Catalog = CATALOG) -> Prompt:
    prompt = prompts.render(
        "writer",
        dialect="duckdb",
        schema=prompts.describe(shown),
        now="today",
        examples="",
        conversation="",
        question=case.question,
    )
    return replace(prompt, shape=None) if in_words else prompt


def prompt_of(name: str, **values: str) -> Prompt:
    return replace(prompts.render(name, **values), shape=None)


def sql_of(planned: Planned) -> str:
    drafted = read_draft(Completion(planned.text, planned.usage, "m"))
    assert isinstance(drafted, Draft)
    return drafted.sql


def share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)
