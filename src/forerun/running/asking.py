"""What is asked of a database: its plan for a statement, and its rows."""

from __future__ import annotations

from dataclasses import replace

from forerun.domain import Limits, Reason, ReasonCode, Rows, Statement, Verdict
from forerun.errors import StatementFailed, StatementTimedOut
from forerun.ports import Database, Plan
from forerun.running.bounding import bounded

NO_CEILING = Plan()


async def explain(database: Database, statement: Statement, ceiling: Plan = NO_CEILING) -> Verdict:
    """Have the planner look at a statement; nothing is run.

    Refused with DATABASE_REFUSED in the database's own words, or with TOO_EXPENSIVE when the
    planner expects more rows, or a higher cost, than `ceiling` allows.
    """
    try:
        plan = await database.explain(statement)
    except StatementFailed as failure:
        return refused_by_database(failure)
    reasons = tuple(
        reason
        for reason in (
            over_ceiling("rows", plan.rows, ceiling.rows),
            over_ceiling("cost units", plan.cost, ceiling.cost),
        )
        if reason
    )
    return Verdict(reasons, None if reasons else statement)


async def run(database: Database, statement: Statement, limits: Limits) -> Rows | Verdict:
    """The first `limits.max_rows` rows and whether more existed, or why the database refused."""
    try:
        rows = await database.run(bounded(statement, limits.max_rows + 1), limits)
    except StatementFailed as failure:
        return refused_by_database(failure)
    if len(rows) <= limits.max_rows:
        return rows
    return replace(rows, rows=rows.rows[: limits.max_rows], truncated=True)


def refused_by_database(failure: StatementFailed) -> Verdict:
    timed_out = isinstance(failure, StatementTimedOut)
    code = ReasonCode.TIMED_OUT if timed_out else ReasonCode.DATABASE_REFUSED
    return Verdict((Reason(code, failure.message, failure.hint),))


def over_ceiling(what: str, expected: float | None, allowed: float | None) -> Reason | None:
    if expected is None or allowed is None or expected <= allowed:
        return None
    return Reason(
        ReasonCode.TOO_EXPENSIVE,
        f"The database expects {expected:,.0f} {what}, more than the {allowed:,.0f} allowed.",
        "Filter more, aggregate, or join on keys.",
    )
