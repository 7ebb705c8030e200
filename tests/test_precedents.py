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


@pytest.mark.anyio
async def test_the_nearest_is_drafted_as_a_memory() -> None:
    """As sure as the questions are alike, and said to be another question's."""
    drafted = await proposing(lambda: EARLIER)(SLICE, Context("how many orders per region?", NOW))
    assert drafted is not None
    assert drafted.origin is Origin.MEMORY
    assert drafted.sql == "SELECT 3"
    assert 0.7 <= drafted.confidence < 1.0
    assert drafted.reading == f"as for “{EARLIER[2][0]}”"


@pytest.mark.anyio
async def test_the_other_drafter_is_asked_where_nothing_is_near() -> None:
    """And what was kept meanwhile is proposed from then on."""
    kept: list[tuple[str, str]] = []
    own = Draft("SELECT 4", Origin.MODEL, 0.5)

    async def otherwise(slice_: Slice, context: Context) -> Draft | None:
        return own

    drafter = proposing(lambda: kept, otherwise)
    context = Context(EARLIER[0][0], NOW)
    assert await drafter(SLICE, context) is own
    assert await proposing(lambda: kept)(SLICE, context) is None
    kept.append(EARLIER[0])
    drafted = await drafter(SLICE, context)
    assert drafted is not None
    assert drafted.sql == "SELECT 1"
