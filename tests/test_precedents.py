"""Earlier questions are proposed to who writes, and never answer anything by being alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun.domain import Catalog, Context, Draft, Origin, Slice
from forerun.precedents import nearest, proposing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SLICE = Slice(Catalog("shop", "sqlite", ()), whole=True)
EARLIER = [
    ("How many orders per region in 2024?", "SELECT 1"),
    ("Which customers have no orders?", "SELECT 2"),
    ("How many orders per region in 2024?", "SELECT 3"),
]


def test_the_most_alike_is_found_whatever_the_order_of_its_words() -> None:
    """Of the same question asked twice, the latest SQL."""
    found = nearest("In 2024, how many orders per region", EARLIER)
    assert found is not None
    assert (found.question, found.sql) == (EARLIER[2][0], "SELECT 3")
    assert found.likeness == 1.0


def test_below_the_floor_there_is_nothing() -> None:
    """A question about something else has no precedent, nor has any before the first."""
    assert nearest("average salary of mechanics", EARLIER) is None
    assert nearest(EARLIER[0][0], []) is None
    assert nearest("How many orders per region?", EARLIER, floor=0.99) is None


async def nothing(slice_: Slice, context: Context) -> Draft | None:
    return None


@pytest.mark.anyio
async def test_the_example_is_drafted_where_nothing_else_is() -> None:
    """As a memory, said to be another question's; without an example there is no draft."""
    context = Context("how many orders per region?", NOW, examples=(EARLIER[2],))
    drafted = await proposing(nothing)(SLICE, context)
    assert drafted == Draft("SELECT 3", Origin.MEMORY, 0.7, f"as for “{EARLIER[2][0]}”")
    assert await proposing(nothing)(SLICE, Context("how many?", NOW)) is None


@pytest.mark.anyio
async def test_a_draft_of_ones_own_comes_before_the_example() -> None:
    """What was drafted for this very question is the better guess."""
    own = Draft("SELECT 4", Origin.PARSER, 0.5)

    async def first(slice_: Slice, context: Context) -> Draft | None:
        return own

    context = Context(EARLIER[0][0], NOW, examples=(EARLIER[0],))
    assert await proposing(first)(SLICE, context) is own
