"""Stages that cost nothing, in the place of the real ones: what remains is orchestration."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.lowlevel

from forerun import stages
from forerun.domain import (
    Catalog,
    Column,
    Context,
    Draft,
    Kind,
    Narration,
    Origin,
    ResultColumn,
    Rows,
    Slice,
    Stage,
    Statement,
    Table,
    Told,
    Verdict,
)
from forerun.events import staged

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CATALOG = Catalog("idle", "duckdb", (Table("t", (Column("a", "INTEGER", Kind.INTEGER),)),))
SLICE = Slice(CATALOG, whole=False)
CONTEXT = Context("how many?", NOW)
SQL = "SELECT count(*) AS n FROM t"
DRAFT = Draft(SQL, Origin.MODEL, 0.9)
STATEMENT = Statement(SQL, "duckdb", frozenset({"t"}), ("n",))
ROWS = Rows((ResultColumn("n", "BIGINT", Kind.INTEGER),), ((1,),))
TOLD = Told("One.")

Seconds = dict[Stage, float]
"""How long each stage pretends to work; nothing where it is not named."""


@contextmanager
def idle_stages(seconds: Seconds | None = None) -> Iterator[None]:
    """Inside the block the orchestrators find these stages. Each still tells when it runs."""
    idle = _idle(seconds or {})
    real = {name: getattr(stages, name) for name in idle}
    try:
        for name, stage in idle.items():
            setattr(stages, name, stage)
        yield
    finally:
        for name, stage in real.items():
            setattr(stages, name, stage)


def _idle(seconds: Seconds) -> dict[str, Callable[..., Any]]:
    def doing(stage: Stage, result: object) -> Callable[..., Awaitable[object]]:
        wait = seconds.get(stage)

        async def work(*_: object) -> object:
            with staged(stage):
                if wait is None:
                    await anyio.lowlevel.checkpoint()
                else:
                    await anyio.sleep(wait)
                return result

        return work

    async def draft(*given: Any) -> Draft:
        """Says its SQL three fifths on, as a writer who adds prose does."""
        wait = seconds.get(Stage.DRAFT, 0.0)
        with staged(Stage.DRAFT):
            await anyio.sleep(0.6 * wait)
            hearing = given[3] if len(given) > 3 else None
            if hearing is not None:
                await hearing.hear(f"```sql\n{SQL}\n```\nReading: all\n")
            await anyio.sleep(0.4 * wait)
            return DRAFT

    return {
        "link": doing(Stage.LINK, SLICE),
        "analyse": doing(Stage.ANALYSE, SLICE),
        "contextualise": doing(Stage.CONTEXTUALISE, CONTEXT),
        "draft": draft,
        "sketch": doing(Stage.DRAFT, DRAFT),
        "sketch_at_once": doing(Stage.DRAFT, DRAFT),
        "check": doing(Stage.CHECK, Verdict(statement=STATEMENT)),
        "review": doing(Stage.REVIEW, Verdict(statement=STATEMENT)),
        "run": doing(Stage.RUN, ROWS),
        "tell": doing(Stage.NARRATE, TOLD),
        "narrate": doing(Stage.NARRATE, Narration("One.")),
        "narrate_as_told": lambda *_: Narration("One."),
    }
