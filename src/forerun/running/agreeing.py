"""Rival queries, run and compared: those that give the same rows are one answer."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from forerun.domain import Limits, Outcome, ReasonCode, Rows, Statement
from forerun.ports import Database
from forerun.running.asking import run
from forerun.running.comparing import Tolerance, same_rows

_TOLERANCE = Tolerance(relative=1e-9)


async def compared(
    database: Database, statements: Sequence[Statement | None], limits: Limits, within_s: float
) -> tuple[Outcome, ...]:
    """What each statement gives, one after the other; None stands for one that was refused.

    Empty where they took longer than `within_s` together, or one longer than its limits: half
    of the results would favour what is quick.
    """
    found: list[Rows | None] = []
    with anyio.move_on_after(within_s) as scope:
        for statement in statements:
            result = None if statement is None else await run(database, statement, limits)
            if isinstance(result, Rows) or result is None:
                found.append(result)
            elif result.reasons[0].code is ReasonCode.TIMED_OUT:
                return ()
            else:
                found.append(None)
    return () if scope.cancelled_caught else grouped(found)


def grouped(found: Sequence[Rows | None]) -> tuple[Outcome, ...]:
    """What each is beside the others; None stands for one that gave nothing but an error."""
    first: list[Rows | None] = []
    outcomes: list[Outcome] = []
    for rows in found:
        group = next((at for at, other in enumerate(first) if _same(rows, other)), len(first))
        if group == len(first):
            first.append(rows)
        if rows is None:
            outcomes.append(Outcome(group, failed=True))
        else:
            outcomes.append(Outcome(group, len(rows), _is_blank(rows)))
    return tuple(outcomes)


def _same(a: Rows | None, b: Rows | None) -> bool:
    return a is not None and b is not None and same_rows(a, b, ordered=False, tolerance=_TOLERANCE)


def _is_blank(rows: Rows) -> bool:
    if len(rows) == 1 and all(cell is None or cell == 0 for cell in rows.rows[0]):
        return True
    return len(rows) > 0 and all(cell is None for row in rows.rows for cell in row)
