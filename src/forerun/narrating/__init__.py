"""Say what rows hold: a summary, a chart and what to ask next, with or without a model."""

from __future__ import annotations

from dataclasses import replace

from forerun.domain import (
    Catalog,
    ChartSpec,
    Context,
    Drawn,
    Narration,
    Rows,
    Statement,
    Told,
)
from forerun.errors import BreakerOpen, ForerunError
from forerun.narrating.charting import chart
from forerun.narrating.suggesting import suggest
from forerun.narrating.summarising import summarise
from forerun.ports import Model

__all__ = ["chart", "compose", "narrate_plainly", "suggest", "summarise", "tell"]


def narrate_plainly(
    context: Context, catalog: Catalog, statement: Statement, rows: Rows
) -> Narration:
    """The narration that needs no model."""
    return Narration(
        summary=summarise(context.question, rows),
        chart=chart(context.question, rows),
        suggestions=suggest(context.question, catalog, statement, rows),
    )


async def tell(model: Model | None, context: Context, rows: Rows) -> Told | None:
    """The narrator's words about `rows`; None where it has no part. Sees question and rows only.

    What keeps the words from being shown is in `Told.objection`. Errors: `BreakerOpen` alone.
    """
    if model is None or not rows.rows:
        return None
    from forerun.narrating import narrator  # start-up is quicker without it

    try:
        return await narrator.tell(model, context.question, rows)
    except BreakerOpen:
        raise  # nobody was asked: whoever may ask in its place will
    except ForerunError as error:
        return Told("", objection=f"The summary was made without a model: {error.message}")


def compose(
    context: Context, catalog: Catalog, statement: Statement, rows: Rows, told: Told | None
) -> Narration:
    """What is said about `rows`. The chart is deterministic; a model only puts it into words.

    Where the model failed, or its figures are not in the rows, the summary is the template's and
    a warning says why.
    """
    if told is None or told.objection is not None:
        warnings = () if told is None or told.objection is None else (told.objection,)
        return replace(narrate_plainly(context, catalog, statement, rows), warnings=warnings)
    return Narration(
        summary=told.summary,
        chart=_chart(context.question, rows, told.drawn),
        suggestions=told.suggestions or suggest(context.question, catalog, statement, rows),
    )


def _chart(question: str, rows: Rows, drawn: Drawn | None) -> ChartSpec | None:
    if drawn is not None and drawn.is_of(question, rows):
        return drawn.chart
    return chart(question, rows)
