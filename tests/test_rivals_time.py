"""Readings that are run two at a time have the time that each would have alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from forerun import Forerun, running
from forerun.domain import Limits, Rows, Statement, Status
from forerun.ports import Database
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio


async def test_two_that_share_the_processors_have_twice_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what takes half of it alone is cut off, and nothing is compared: the answer would hang
    on how busy the machine is. All together they have no longer than before."""
    given: list[tuple[float, float]] = []
    run = running.run_rivals

    async def noted(
        database: Database, statements: Sequence[Statement | None], limits: Limits, within_s: float
    ) -> tuple[Rows | None, ...]:
        given.append((limits.timeout_s, within_s))
        return await run(database, statements, limits, within_s)

    shop = make_duckdb(
        tmp_path / "shop.duckdb", "CREATE TABLE customers AS SELECT 1 AS id, 'Voe' AS city"
    )
    monkeypatch.setattr(running, "run_rivals", noted)
    async with Forerun(shop) as forerun:
        answer = await forerun.ask("how many customers are there?")
    assert answer.status is Status.ANSWERED
    assert given == [(0.4, 0.5)]
