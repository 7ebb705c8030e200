"""What is rolled out to whom: stages, the terms of a rollout, and what is known of a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forerun.rollout.flags.holdout import Holdout

ROLLOUT = "parallel"
"""The flag of the parallel path."""


class Stage(StrEnum):
    """How far the parallel path has come, in order."""

    OFF = "off"
    """Everybody sequential."""
    SHADOW = "shadow"
    """Everybody sequential; for a percentage the parallel path runs beside it, unseen."""
    CANARY = "canary"
    """A percentage parallel."""
    LIVE = "live"
    """Everybody but the holdout parallel, and watched."""
    COMPLETE = "complete"
    """The same, and decided."""


SAMPLED = frozenset({Stage.SHADOW, Stage.CANARY})
"""The stages that have a percentage."""


class Source(StrEnum):
    """Who had the last word, the strongest first."""

    KILL = "kill"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a question before it is answered. None: unknown."""

    unit: str | None = None
    """Whoever stays in one arm: a user, a session, a conversation."""
    tenant: str | None = None
    database: str | None = None
    complexity: str | None = None
    """`simple`, `moderate` or `complex`."""
    lasting: str | None = None
    """Whoever stays in the holdout, or out of it: an asker, else a conversation. None: `unit`."""

    def attributes(self) -> dict[str, str]:
        """What rules can ask for, by its name."""
        known = (
            ("tenant", self.tenant),
            ("database", self.database),
            ("complexity", self.complexity),
        )
        return {name: value for name, value in known if value is not None}


ATTRIBUTES = ("tenant", "database", "complexity")
NOBODY = Context()


@dataclass(frozen=True, slots=True)
class Terms:
    """One variant of a rollout, complete."""

    stage: Stage
    percentage: float
    """0 to 100, of shadow and canary."""
    holdout: Holdout
    threshold_s: float | None
    """Predicted seconds of the sequential path at or above which a question goes parallel."""
    salt: str
    hash_version: int

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Terms:
        """From a variant that `completed` has made."""
        return cls(
            Stage(value["stage"]),
            float(value["percentage"]),
            Holdout.of(value),
            value["threshold"],
            value["salt"],
            value["hash_version"],
        )

    @property
    def treats_all_alike(self) -> bool:
        """Whether it does not matter into which bucket anybody falls."""
        return self.stage is Stage.OFF or (
            self.stage not in SAMPLED and self.holdout.percentage == 0
        )


def completed(flag: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The variants of a checked rollout, each with all that it takes.

    What a variant does not say, it takes from the default variant, but for the percentage of
    another stage. Salts, hash versions and holdout are the flag's own, so that all have the same.
    """
    metadata = flag["metadata"]
    fixed = {
        "salt": metadata["salt"],
        "hash_version": metadata["hash_version"],
        **Holdout.of(metadata).as_terms(),
    }
    return {name: combined(flag, name) | fixed for name in flag["variants"]}


def combined(flag: Mapping[str, Any], variant: str) -> dict[str, Any]:
    """Stage, percentage and threshold of a variant; a canary's percentage may still be None."""
    own, common = flag["variants"][variant], flag["variants"][flag["defaultVariant"]]
    stage = own.get("stage", common["stage"])
    percentage = own.get("percentage", None if "stage" in own else common.get("percentage"))
    if percentage is None and stage != Stage.CANARY:
        percentage = 0.0 if stage == Stage.OFF else 100.0
    return {
        "stage": stage,
        "percentage": percentage,
        "threshold": own.get("threshold", common.get("threshold")),
    }
