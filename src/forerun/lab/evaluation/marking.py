"""What became of each question."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forerun.domain import Status
from forerun.errors import ForerunError
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
    if prediction.status in (Status.CLARIFY, Status.REFUSED):
        return Mark(item, Outcome.ABSTAINED, dialect, prediction)
    if prediction.status is Status.FAILED:
        return Mark(item, Outcome.FAILED, dialect, prediction, detail=prediction.problem)
    if prediction.sql is None:
        return Mark(item, Outcome.NO_SQL, dialect, prediction)
    if item.to_refuse:
        return Mark(item, Outcome.WRONG, dialect, prediction)
    try:
        score = examiner.score(item, prediction.sql)
    except GoldFailed as error:
        return not_run(item, f"the gold query failed: {error}", dialect)
    except ForerunError as error:
        return not_run(item, error.message, dialect)
    outcome = Outcome.RIGHT if score.strict else Outcome.WRONG
    return Mark(item, outcome, dialect, prediction, score, score.problem)
