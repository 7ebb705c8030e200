"""The built-in parser's likeliest readings, run and compared before one is answered; and who else
ties for the last place that the answer shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forerun import checking, parsing, running
from forerun.catalog import CatalogReader
from forerun.domain import Catalog, Context, Draft, Origin, Rows, Verdict
from forerun.parsing import Parsed
from forerun.ports import Database

COMPARED_ROWS = 200
"""Of each reading that is run to be compared, at least."""
COMPARED_S, ALL_COMPARED_S = 0.2, 0.5
"""For each reading, were it run alone, and for all; a question whose readings take longer is
answered without."""


async def compared(
    parsed: Parsed, context: Context, database: Database, reader: CatalogReader, most: int
) -> Parsed:
    """The same question with at most so many of its best readings merged by result.

    They run within the limits of the answer, so that the one that is answered need not run again.
    """
    verdicts = await parsing.aside(_judged, parsed, await reader.structure(), most)
    if any(verdict.touches_unsent for verdict in verdicts):
        return parsed  # the choice would tell of values that no model is sent
    statements = [verdict.statement if verdict.accepted else None for verdict in verdicts]
    rows = max(context.limits.max_rows, COMPARED_ROWS)
    limits = replace(context.limits, max_rows=rows, timeout_s=running.AT_ONCE * COMPARED_S)
    found = await running.run_rivals(database, statements, limits, ALL_COMPARED_S)
    return await parsing.aside(_merged, parsed, found)


def _judged(parsed: Parsed, catalog: Catalog, most: int) -> list[Verdict]:
    """What the gate says of the queries of the best few readings."""
    drafts = (Draft(sql, Origin.PARSER, 0.0) for sql in parsing.rivals(parsed)[:most])
    return [checking.check(draft, catalog) for draft in drafts]


def _merged(parsed: Parsed, found: Sequence[Rows | None]) -> Parsed:
    return parsing.merged(parsed, running.grouped(found))


async def told_of_ties(
    parsed: Parsed, context: Context, database: Database, reader: CatalogReader
) -> Parsed:
    """The same with a note where more come first than are shown."""
    sql = await parsing.aside(parsing.ties, parsed)
    if sql is None:
        return parsed
    draft = Draft(sql, Origin.PARSER, 0.0)
    verdict = await parsing.aside(checking.check, draft, await reader.structure())
    if verdict.statement is None or not verdict.accepted or verdict.touches_unsent:
        return parsed
    limits = replace(context.limits, timeout_s=COMPARED_S)
    found = await running.run(database, verdict.statement, limits)
    return parsing.noted(parsed, None if isinstance(found, Verdict) else found)
