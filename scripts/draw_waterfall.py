"""Draw the picture of the README: `python scripts/draw_waterfall.py docs/waterfall.svg`.

A follow-up to the demo database on the parallel path. The model is scripted and takes 0.9 s to
its first token and 30 ms for each token; everything else is real.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from forerun import Settings, demo
from forerun.adapters.databases import connect
from forerun.app.hybrid import wire_hybrid
from forerun.catalog import CatalogSource
from forerun.cli.waterfall import waterfall_svg
from forerun.domain import Answer, Mode, Question, Turn
from forerun.orchestrators import Tracked
from forerun.stages import Models, Policy, Resources
from forerun.testing import Playbook, ScriptedModel

ASKED = "and per region?"
MEANT = "How many customers are there per region?"
SQL = (
    "SELECT m.region, COUNT(*) AS customers FROM customers AS c "
    "JOIN markets AS m ON c.market_id = m.market_id GROUP BY m.region ORDER BY customers DESC"
)
BEFORE = Turn(
    "How many customers are there?",
    "How many customers are there?",
    "SELECT COUNT(*) FROM customers",
)


async def answered() -> Answer:
    """The question's answer, with its trace."""
    book = Playbook(
        queries={MEANT: SQL}, standalone={ASKED: MEANT}, summary="South has the most customers."
    )
    model = ScriptedModel(book, name="scripted:model", delay_s=0.9, token_delay_s=0.03)
    database = connect(str(demo.path()))
    catalog = CatalogSource(database)
    structure = await catalog.structure()
    await catalog.sampled(table.key for table in structure.tables)
    resources = Resources(
        database, catalog, Models(model, model, model, model), Policy(slice_tables=3)
    )
    wired = await wire_hybrid(resources, Settings(state="memory"))
    try:
        hybrid = wired.in_mode(Mode.PARALLEL)
        question = Question(ASKED, demo.TODAY, (BEFORE,))
        return await Tracked(hybrid, database.dialect, hybrid.name)(question)
    finally:
        await wired.aclose()
        await database.aclose()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(waterfall_svg(anyio.run(answered)), encoding="utf-8")
