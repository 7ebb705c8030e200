"""Say what rows hold: a summary, a chart and what to ask next, with or without a model."""

from __future__ import annotations

from dataclasses import replace

from forerun.domain import Catalog, Context, Narration, Rows, Statement
from forerun.errors import ForerunError
from forerun.narrating.charting import chart
from forerun.narrating.suggesting import suggest
from forerun.narrating.summarising import summarise
from forerun.ports import Model

__all__ = ["chart", "narrate", "narrate_plainly", "suggest", "summarise"]


def narrate_plainly(
    context: Context, catalog: Catalog, statement: Statement, rows: Rows
) -> Narration:
    """The narration that needs no model."""
    return Narration(
        summary=summarise(context.question, rows),
        chart=chart(context.question, rows),
        suggestions=suggest(context.question, catalog, statement, rows),
    )


async def narrate(
    model: Model | None, context: Context, catalog: Catalog, statement: Statement, rows: Rows
) -> Narration:
    """What is said about `rows`. The chart is deterministic; a model only puts it into words.

    Never fails an answer: where the model fails, or its figures are not in the rows, the
    summary is the template's and a warning says why.
    """
    plain = narrate_plainly(context, catalog, statement, rows)
    if model is None or not rows.rows:
        return plain
    from forerun.narrating import narrator  # start-up is quicker without it

    try:
        told = await narrator.tell(model, context.question, rows)
    except ForerunError as error:
        return replace(plain, warnings=(f"The summary was made without a model: {error.message}",))
    if told.objection is not None:
        warning = f"The narrator's summary was replaced by a plain one: {told.objection}."
        return replace(plain, warnings=(warning,))
    return replace(plain, summary=told.summary, suggestions=told.suggestions or plain.suggestions)
