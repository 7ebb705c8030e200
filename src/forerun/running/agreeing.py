"""Rival queries, run and compared: those that give the same rows are one answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import anyio

from forerun.domain import Limits, Outcome, ReasonCode, Rows, Statement
from forerun.ports import Database
from forerun.running.asking import run
from forerun.running.comparing import Multiset, Tolerance

AT_ONCE = 2
"""Queries of one question that are run at a time."""
_TOLERANCE = Tolerance(relative=1e-9)


async def run_rivals(
    database: Database, statements: Sequence[Statement | None], limits: Limits, within_s: float
) -> tuple[Rows | None, ...]:
    """What each statement gives, two at a time; None for one that was refused, here (None) or by
    the database.

    Empty where they took longer than `within_s` together, or one longer than its limits: half
    of the results would favour what is quick. Raises what `run` raises.
    """
    found: list[Rows | None] = [None] * len(statements)
    waiting = iter(enumerate(statements))
    with anyio.move_on_after(within_s) as scope:
        try:
            async with anyio.create_task_group() as group:
                for _ in range(min(AT_ONCE, len(statements))):
                    group.start_soon(_run_waiting, database, waiting, limits, found, scope)
        except ExceptionGroup as failures:
            # All fail for one reason, an unreachable database; one is enough to tell.
            raise failures.exceptions[0] from None
    return () if scope.cancelled_caught else tuple(found)


async def _run_waiting(
    database: Database,
    waiting: Iterator[tuple[int, Statement | None]],
    limits: Limits,
    found: list[Rows | None],
    all_of_it: anyio.CancelScope,
) -> None:
    """One after another, until none waits any more or one is too slow, which ends `all_of_it`."""
    for at, statement in waiting:
        result = None if statement is None else await run(database, statement, limits)
        if isinstance(result, Rows) or result is None:
            found[at] = result
        elif result.reasons[0].code is ReasonCode.TIMED_OUT:
            all_of_it.cancel()
            await anyio.lowlevel.checkpoint()


def grouped(found: Sequence[Rows | None]) -> tuple[Outcome, ...]:
    """What each is beside the others; None stands for one that gave nothing but an error."""
    first: list[Multiset | None] = []
    outcomes: list[Outcome] = []
    for rows in found:
        mine = None if rows is None else Multiset(rows)
        group = next((at for at, other in enumerate(first) if _same(mine, other)), len(first))
        if group == len(first):
            first.append(mine)
        if rows is None:
            outcomes.append(Outcome(group, failed=True))
        else:
            outcomes.append(Outcome(group, len(rows), _is_blank(rows)))
    return tuple(outcomes)


def _same(a: Multiset | None, b: Multiset | None) -> bool:
    return a is not None and b is not None and a.same(b, _TOLERANCE)


def _is_blank(rows: Rows) -> bool:
    if len(rows) == 1 and all(cell is None or cell == 0 for cell in rows.rows[0]):
        return True
    return len(rows) > 0 and all(cell is None for row in rows.rows for cell in row)
