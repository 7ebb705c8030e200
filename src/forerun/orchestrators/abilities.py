"""Which rungs this provider, these models, this database and the question itself allow for."""

from __future__ import annotations

from collections.abc import Mapping

from forerun.domain import Progress, Question, Rung
from forerun.ports import DatabaseAbilities
from forerun.stages import Models, Resources, needs_analyst, needs_resolving

NO_WRITER = "No model writes here: there is nothing to overlap."


def missing_rungs(models: Models, database: DatabaseAbilities) -> Mapping[Rung, str]:
    """The rungs that cannot be, each with the reason."""
    writer = models.writer
    if writer is None:
        return dict.fromkeys(Rung, NO_WRITER)
    missing: dict[Rung, str] = {}
    if models.analyst is None:
        missing[Rung.CONTEXT] = "There is no analyst to work beside."
        missing |= dict.fromkeys(_AHEAD_OF_THE_ANALYST, "There is no analyst to be ahead of.")
    if models.reviewer is None:
        missing[Rung.REVIEW] = "There is no reviewer to work beside."
    if not writer.abilities.streams:
        missing |= dict.fromkeys(_HEARD_EARLY, f"{writer.name} does not stream.")
    if not writer.abilities.varies:
        missing[Rung.CANDIDATES] = f"{writer.name} always writes the same."
    for reason in _of_database(database):
        missing |= dict.fromkeys(_RUN_ON_TRIAL, reason)
    if not database.plans:
        unplanned = "The database does not plan what it has not run."
        missing[Rung.DRAFT_AHEAD] = missing[Rung.AT_ONCE] = unplanned
    return missing


def idle_rungs(
    question: Question, progress: Progress, resources: Resources, rungs: frozenset[Rung]
) -> frozenset[Rung]:
    """Those of `rungs` for which this question gives no occasion: no room need be kept for them."""
    idle: set[Rung] = set()
    if progress.linked is not None and not needs_analyst(progress.linked, resources):
        idle |= {Rung.CONTEXT, Rung.WRITE_AHEAD, Rung.SECOND_LOOK}
    if progress.context is not None or not needs_resolving(question, resources):
        idle |= {Rung.CONTEXT, Rung.AT_ONCE}
    elif Rung.CONTEXT not in rungs:  # resolved after the analyst, ahead of whom nothing is written
        idle |= {Rung.WRITE_AHEAD}
    return frozenset(idle)


_AHEAD_OF_THE_ANALYST = (Rung.WRITE_AHEAD, Rung.AT_ONCE, Rung.SECOND_LOOK)
_HEARD_EARLY = (Rung.AT_ONCE, Rung.SQL_FIRST, Rung.HEDGE)
_RUN_ON_TRIAL = (
    Rung.REVIEW,
    Rung.WRITE_AHEAD,
    Rung.DRAFT_AHEAD,
    Rung.AT_ONCE,
    Rung.SECOND_LOOK,
    Rung.SQL_FIRST,
    Rung.CANDIDATES,
    Rung.CONFIDENT_ACCEPT,
)
"""What may run a statement that turns out not to be wanted."""


def _of_database(database: DatabaseAbilities) -> list[str]:
    reasons = []
    if not database.cancels:
        reasons.append("The database cannot be told to stop a statement.")
    if database.concurrent < 2:
        reasons.append("The database runs one statement at a time.")
    return reasons
