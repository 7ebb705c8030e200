"""A cheap drafter that is right as often as it is told to be, and knows when it is sure."""

from __future__ import annotations

import random
from collections.abc import Sequence

import anyio

from forerun.domain import Context, Draft, Origin, Slice
from forerun.drafters import Drafter
from forerun.testing.simulator.case import Case
from forerun.testing.simulator.errors import ErrorRates

TAKES_S = 0.02
"""About what the built-in parser takes."""
SURE, UNSURE = 0.95, 0.5


def simulated_drafter(cases: Sequence[Case], seed: int, errors: ErrorRates) -> Drafter:
    """Half of its right drafts are written as the writer would, half in other words.

    Of its wrong ones half are refused, half are valid and give other rows. No draft for questions
    that are no case's.
    """
    by_question = {case.question: case for case in cases}

    async def draft(slice_: Slice, context: Context) -> Draft | None:
        await anyio.sleep(TAKES_S)
        case = by_question.get(context.question)
        return _drafted(case, seed, errors) if case is not None else None

    return draft


def _drafted(case: Case, seed: int, errors: ErrorRates) -> Draft:
    luck = random.Random(f"{seed}|draft|{case.question}")  # noqa: S311 - the same luck again
    right = luck.random() < errors.draft_right
    sql = luck.choice((case.sql, case.same_sql) if right else (case.wrong_sql, case.broken_sql))
    sure = luck.random() < _sure(errors, right=right)
    return Draft(sql, Origin.MEMORY, SURE if sure else UNSURE)


def _sure(errors: ErrorRates, *, right: bool) -> float:
    """P(sure | right or wrong), by Bayes from P(sure) and P(right | sure)."""
    rightly = errors.confident_right if right else 1 - errors.confident_right
    share = errors.draft_right if right else 1 - errors.draft_right
    return min(errors.draft_confident * rightly / share, 1.0)
