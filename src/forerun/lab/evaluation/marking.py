"""What became of each question."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forerun.domain import Status
from forerun.lab.evaluation.predictions import Prediction
from forerun.lab.evaluation.reading import Item
from forerun.lab.evaluation.scoring import Examiner, GoldFailed, Score

UNSCORED = Score()


class Outcome(StrEnum):
    """How a question ended, as the report counts it."""

    RIGHT = "right"
    WRONG = "wrong"
    """Answered, and not right: for a service the costly kind."""
    ABSTAINED = "abstained"
    """Refused, or asked back."""
    FAILED = "failed"
    NO_SQL = "no_sql"
    """Answered without any SQL."""
    NOT_RUN = "not_run"
    """Could not be put: its database is not there, or its gold does not run."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One question's outcome."""

    item: Item
    outcome: Outcome
    dialect: str
    prediction: Prediction | None = None
    score: Score = UNSCORED
    detail: str | None = None
    """Why it was not run, failed, or gave no rows."""

    @property
    def answered(self) -> bool:
        return self.outcome in (Outcome.RIGHT, Outcome.WRONG)


def not_run(item: Item, reason: str, dialect: str | None = None) -> Mark:
    return Mark(item, Outcome.NOT_RUN, dialect or item.dialect or "unknown", detail=reason)


def mark(item: Item, prediction: Prediction, examiner: Examiner, dialect: str) -> Mark:
    """Judge a prediction. Blocking: it runs SQL."""
    ended = _without_sql(prediction)
    if item.to_refuse:
        return Mark(item, ended or Outcome.WRONG, dialect, prediction, detail=prediction.problem)
    try:
        score = examiner.score(item, prediction.sql if ended is None else None)
    except GoldFailed as error:
        return not_run(item, f"the gold query failed: {error}", dialect)
    if ended:
        return Mark(item, ended, dialect, prediction, score, prediction.problem)
    outcome = Outcome.RIGHT if score.strict else Outcome.WRONG
    return Mark(item, outcome, dialect, prediction, score, score.problem)


def _without_sql(prediction: Prediction) -> Outcome | None:
    """How a question ended that has no SQL to judge, or None."""
    if prediction.status in (Status.CLARIFY, Status.REFUSED):
        return Outcome.ABSTAINED
    if prediction.status is Status.FAILED:
        return Outcome.FAILED
    return Outcome.NO_SQL if prediction.sql is None else None
