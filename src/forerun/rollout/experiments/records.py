"""What is seen of questions in an experiment. Times are seconds since 1970, lengths seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from forerun.rollout.experiments.plan import Arm


class Verdict(StrEnum):
    """How a question ended; only `answered` is a success, and only `failed` is nobody's wish."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A question whose arm made a difference: it was assigned one, and the other was possible."""

    request: str
    """Names the question; reported twice it counts once."""
    unit: str
    """A hash of the question's, the conversation's or the asker's name."""
    arm: Arm
    """As assigned."""
    stratum: str
    """Its class of complexity."""
    at: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an exposed question."""

    request: str
    seconds: float
    """What the asker waited, fallbacks included."""
    verdict: Verdict
    served: Arm
    """Which arm's answer it was in the end."""
    at: float
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A question that two runs have answered: the asker's, and one unseen beside it."""

    request: str
    stratum: str
    of_control: bool
    """Whether the unseen one was sequential too, to learn by how much equal runs differ."""
    control_s: float
    candidate_s: float
    control: Verdict
    candidate: Verdict
    same: bool
    """Whether an asker would take both for the same."""
    at: float


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A shadow run that gave something else, with what is needed to look into it."""

    request: str
    question: str
    difference: str
    """In words: what differs first."""
    sequential_sql: str | None
    parallel_sql: str | None
    sequential_trace: str
    """JSON; see docs/json.md."""
    parallel_trace: str
    at: float


def hashed(unit: str) -> str:
    """Names of askers are nobody's business here: 24 hex digits."""
    return blake2b(unit.encode("utf-8", "replace"), digest_size=12).hexdigest()
