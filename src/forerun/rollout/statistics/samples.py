"""What was seen, as columns, and one arm of it as the statistics take it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.statistics.units import aggregate


class Ended(StrEnum):
    """How a question ended; only an answer is a success."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    REFUSED = "refused"
    FAILED = "failed"


class Row(Protocol):
    """One exposed question and what became of it."""

    @property
    def unit(self) -> str: ...
    @property
    def arm(self) -> str:
        """As assigned: who fell back to the control stays in the candidate's arm."""

    @property
    def stratum(self) -> str: ...
    @property
    def seconds(self) -> float:
        """What the asker waited, fallbacks included."""

    @property
    def verdict(self) -> str:
        """A value of `Ended`."""

    @property
    def served(self) -> str:
        """Which arm's answer it was in the end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of our own, for whoever has none."""

    unit: str
    arm: str
    stratum: str
    seconds: float
    verdict: str
    served: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Rows as columns, lists or arrays of n entries each."""

    unit: Sequence[str]
    arm: Sequence[str]
    stratum: Sequence[str]
    seconds: Sequence[float]
    verdict: Sequence[str]
    served: Sequence[str]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Outcomes:
        kept = list(rows)
        return cls(
            [row.unit for row in kept],
            [row.arm for row in kept],
            [row.stratum for row in kept],
            [row.seconds for row in kept],
            [row.verdict for row in kept],
            [row.served for row in kept],
        )

    @property
    def as_served(self) -> Outcomes:
        """The same by the arm that answered in the end: to look at, not to decide by."""
        return Outcomes(
            self.unit, self.served, self.stratum, self.seconds, self.verdict, self.served
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """Questions of one arm, by how they ended."""

    questions: int
    answered: int
    clarify: int
    refused: int
    failed: int
    served_elsewhere: int
    """Answered by the other arm in the end."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One arm: n units that do not depend on each other."""

    logs: NDArray[np.float64]
    """Sorted logs of seconds of what was answered; a unit's mean where units are sticky.

    A question that fails at once is not a fast one; that it failed, the rates tell.
    """
    ended: NDArray[np.float64]
    """Shape (n, 4): what share of the unit's questions ended in each way, in `Ended`'s order."""
    untimed: int = 0
    """Answers without a time that can be: not a number, infinite, zero or less."""

    @property
    def n(self) -> int:
        return len(self.ended)

    def rate(self, ended: Ended) -> NDArray[np.float64]:
        """Each unit's share of questions that ended so, shape (n,)."""
        return self.ended[:, list(Ended).index(ended)]


def sample_of(
    outcomes: Outcomes, arm: str, *, stratum: str | None = None, sticky: bool = False
) -> Sample:
    """One arm's rows, of one stratum if given, each unit counted once where it is `sticky`.

    Raises `ValueError` for a verdict that is none of `Ended`.
    """
    mine = _of(outcomes.arm, arm)
    if stratum is not None:
        mine &= _of(outcomes.stratum, stratum)
    verdicts = np.asarray(outcomes.verdict, dtype=str)[mine]
    ended = np.column_stack([verdicts == ending for ending in Ended]).astype(float)
    if ended.sum() != len(ended):
        raise ValueError(f"A verdict is none of {', '.join(Ended)}.")
    seconds = np.asarray(outcomes.seconds, dtype=float)[mine]
    answered = verdicts == Ended.ANSWERED
    timed = answered & np.isfinite(seconds) & (seconds > 0)
    logs = np.log(seconds[timed])
    if sticky:
        units = np.asarray(outcomes.unit, dtype=str)[mine]
        logs, ended = aggregate(logs, units[timed]), aggregate(ended, units)
    return Sample(np.sort(logs), ended, int(answered.sum() - timed.sum()))


def counts_of(outcomes: Outcomes, arm: str) -> Counts:
    """Every question of the arm, sticky or not."""
    mine = _of(outcomes.arm, arm)
    verdicts = np.asarray(outcomes.verdict, dtype=str)[mine]
    answered, clarify, refused, failed = (int((verdicts == each).sum()) for each in Ended)
    elsewhere = int((mine & ~_of(outcomes.served, arm)).sum())
    return Counts(int(mine.sum()), answered, clarify, refused, failed, elsewhere)


def _of(column: Sequence[str], name: str) -> NDArray[np.bool_]:
    here: NDArray[np.bool_] = np.asarray(column, dtype=str) == name
    return here
