"""Going on from what somebody else has validly done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from forerun.adapters.databases import connect
from forerun.catalog import CatalogSource
from forerun.domain import (
    Draft,
    Kind,
    Origin,
    Progress,
    Question,
    ResultColumn,
    Rows,
    Stage,
    Statement,
)
from forerun.events import Event, StageStarted, listening
from forerun.orchestrators import Sequential
from forerun.stages import Resources

pytestmark = pytest.mark.anyio


async def test_rows_that_are_there_are_not_fetched_again(tmp_path: Path) -> None:
    """With draft, statement and rows handed over, nothing is drafted, checked or run."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE customers AS SELECT 1 AS id")
    sql = "SELECT COUNT(*) AS n FROM customers"
    rows = Rows((ResultColumn("n", "BIGINT", Kind.INTEGER),), ((41,),))
    done = Progress(
        draft=Draft(sql, Origin.PARSER, 0.9),
        statement=Statement(sql, "duckdb"),
        reviewed=True,
        rows=rows,
    )
    database = connect(str(path))
    sequential = Sequential(Resources(database, CatalogSource(database)))
    begun: list[Stage] = []

    def hear(event: Event) -> None:
        if isinstance(event, StageStarted):
            begun.append(event.stage)

    with listening(hear):
        answer = await sequential(Question("How many?", datetime.now(UTC)), done)
    await database.aclose()
    assert answer.rows is rows
    assert answer.sql == sql
    assert begun == [Stage.LINK, Stage.ANALYSE, Stage.CONTEXTUALISE, Stage.NARRATE]
