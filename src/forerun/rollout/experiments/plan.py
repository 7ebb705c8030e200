"""What an experiment compares and by what it is decided. Immutable once it has started."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from forerun.errors import BadInput
from forerun.rollout.flags.holdout import HOLDOUT


class Arm(StrEnum):
    """Which schedule answers; the control is the proven one."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"


class Unit(StrEnum):
    """What is assigned to an arm, and stays there."""

    QUESTION = "question"
    CONVERSATION = "conversation"
    ASKER = "asker"


class Metric(StrEnum):
    """What is compared between the arms. Times are ratios, parallel over sequential."""

    MEAN_TIME = "mean_time"
    """Ratio of geometric means."""
    P50_TIME = "p50_time"
    P95_TIME = "p95_time"
    SUCCESS = "success"
    """Difference of the shares of questions that were answered, parallel minus sequential."""

    @property
    def is_time(self) -> bool:
        return self is not Metric.SUCCESS


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What must not get worse by more than `margin`.

    Of a time 0.1 allows a ratio of 1.1; of success 0.02 allows two points less.
    """

    metric: Metric
    margin: float


DEFAULT_GUARDRAILS = (
    Guardrail(Metric.P95_TIME, 0.10),
    Guardrail(Metric.SUCCESS, 0.02),
)
LARGEST_NAME = 100
SMALLEST_ALPHA = 1e-6
"""Below it there is no evidence that could be computed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One experiment, as it was thought out before anything was seen of it."""

    name: str
    hypothesis: str
    unit: Unit = Unit.QUESTION
    primary: Metric = Metric.MEAN_TIME
    guardrails: tuple[Guardrail, ...] = DEFAULT_GUARDRAILS
    ramp: tuple[float, ...] = (1.0, 5.0, 25.0, 50.0)
    """Percentages of units on the parallel arm, step by step."""
    per_step: int = 100
    """Units of each arm that must be seen before the next step."""
    horizon: int = 3_000
    """Units of each arm at which it ends undecided; the statistics are the sharpest at a third."""
    alpha: float = 0.05
    """Probability, at most, of promoting what is no better, whenever one looks."""
    control_only: bool = False
    """Whether both arms are sequential, to learn the noise before anything is compared."""
    auto_rollback: bool = True
    auto_promote: bool = False
    holdout: float | None = None
    """Percentage that stays sequential for good, so that the fallback is used every day. None: as
    the flag file has it."""
    shadow_days: float = 7.0
    """Questions of the stage `shadow` count for how often the paths differ if they were asked so
    many days before the experiment was planned, or later."""

    def __post_init__(self) -> None:
        """Raises `BadInput` for a plan that cannot be carried out."""
        if not self.name.strip() or len(self.name) > LARGEST_NAME:
            raise BadInput("An experiment needs a name of 1 to 100 characters.", "Name it.")
        if not self.hypothesis.strip():
            raise BadInput(
                "An experiment needs a hypothesis.",
                "Say what is expected, e.g. complex questions are answered 40 % faster.",
            )
        holdout = HOLDOUT if self.holdout is None else self.holdout
        if not 0 <= holdout < 100:
            raise BadInput(
                "The holdout is a percentage of 0 or more, and less than 100.", "E.g. 1."
            )
        if not self.ramp or list(self.ramp) != sorted(set(self.ramp)):
            raise BadInput("The steps of the ramp must rise.", "E.g. 1, 5, 25, 50.")
        if not all(0 < step <= 100 - holdout for step in self.ramp):
            raise BadInput(
                f"Each step of the ramp must be above 0 and at most {100 - holdout:g} %, "
                "which is what the holdout leaves.",
                "Lower the last step, or the holdout.",
            )
        if (
            not SMALLEST_ALPHA <= self.alpha < 0.5
            or self.horizon < self.per_step
            or self.per_step < 1
        ):
            raise BadInput(
                f"alpha must be {SMALLEST_ALPHA:g} or more and below 0.5, and the horizon at "
                "least one step's units.",
                "E.g. alpha 0.05, 100 units a step, a horizon of 3000.",
            )
        if not 0 <= self.shadow_days < math.inf:
            raise BadInput("shadow_days is a number of days, 0 or more.", "E.g. 7.")
        if not all(0 <= guardrail.margin < math.inf for guardrail in self.guardrails):
            raise BadInput("A margin says how much worse is allowed: 0 or more.", "E.g. 0.1.")
