"""Where experiments are remembered, by all processes alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from forerun.errors import Conflict, NotFound
from forerun.rollout.experiments.lifecycle import Experiment
from forerun.rollout.experiments.plan import Arm
from forerun.rollout.experiments.records import Exposure, Mismatch, Outcome, Pair, Verdict

SHADOW = "shadow"
"""Under which is kept what ran unseen and no experiment had part in; there is none of that id."""
FLAG = "flag "
"""Before the name of a flag, where a line of audit tells of its file and of no experiment."""


class VersionConflict(Conflict):
    """Somebody else has changed it since it was read."""

    code = "version_conflict"


class KeyTaken(Conflict):
    """The idempotency key stands for another act."""

    code = "key_taken"


class AlreadyRunning(Conflict):
    """Another experiment has the flag: two would share each other's units."""

    code = "already_running"


class UnknownExperiment(NotFound):
    code = "unknown_experiment"


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does to an experiment, and why."""

    actor: str
    action: str
    """create, start, pause, resume, ramp, promote, roll_back, stop, invalidate; of a flag's file
    begin_flag, set_flag, kill_flag, lift_flag."""
    reason: str
    at: float
    idempotency_key: str | None = None
    """The same key again gives what the first call gave, and changes nothing."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit trail. Each holds the hash of the one before it."""

    number: int
    """1, 2, 3…, over all that is kept in the store."""
    experiment: str
    """Its id; `flag ` and a name where it tells of a flag's file."""
    act: Act
    before: str | None
    """The experiment, or the flag, as JSON; None where there was none yet."""
    after: str
    """`null` where there is no such flag, or no file could be written."""
    previous_hash: str
    hash: str
    """blake2b, 32 hex digits, over everything above."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One exposed question with its outcome, as the statistics take it."""

    unit: str
    arm: Arm
    stratum: str
    seconds: float
    verdict: Verdict
    served: Arm
    at: float
    """When it was assigned, so that a question belongs to the step that it began in."""
    """When the outcome was."""


class ExperimentStore(Protocol):
    """Errors: `Unavailable` where the store cannot be reached; then nothing was changed. Only a
    connection that is lost while a change is being confirmed leaves open whether all of it was
    made or nothing: do it again, acts with the same idempotency key.

    What was done to an experiment is on the disk when the call returns. Assignments and what is
    seen come in with each question, so they are not waited for: they outlive their process, but
    the last second of them may be gone when a machine loses its power.

    Where an experiment is named that there is not, every method raises `UnknownExperiment`; for
    texts with NUL or half a character in them, and for NaN, `BadInput`.
    """

    async def create(self, experiment: Experiment, act: Act) -> Experiment:
        """Keep a new experiment, and its first line of audit.

        Raises `BadInput` where there is one of its id. With an idempotency key, see `save`.
        """

    async def save(self, experiment: Experiment, expected_version: int, act: Act) -> Experiment:
        """Put a changed experiment in the place of its `expected_version`, with a line of audit.

        Raises `VersionConflict` where it has another version, and `AlreadyRunning` where it is to
        run and another does. With an idempotency key that was used before: what was kept then, if
        the same was to be done to the same experiment, else `KeyTaken`.
        """

    async def done(self, idempotency_key: str) -> AuditEntry | None:
        """What was done with this key; None where nothing was.

        To be asked before a change is worked out: what has been promoted cannot be promoted again,
        and a new experiment would get another id.
        """

    async def read(self, id_: str) -> Experiment:
        """As it is now."""

    async def all(self) -> Sequence[Experiment]:
        """The latest first."""

    async def assign(self, id_: str, unit: str, arm: Arm, at: float) -> Arm:
        """The arm that the unit has; `arm` where it had none yet, and then for good."""

    async def assigned(self, id_: str) -> dict[Arm, int]:
        """Units by arm, 0 too."""

    async def add_exposures(self, id_: str, exposures: Sequence[Exposure]) -> int:
        """How many were new; a request that was reported before counts once."""

    async def add_outcomes(self, id_: str, outcomes: Sequence[Outcome]) -> int:
        """The same; an outcome may come before its exposure."""

    async def seen(self, id_: str, since: float = 0.0) -> Sequence[Seen]:
        """Exposed questions with an outcome, in the order in which the outcomes came.

        Those whose outcome is of the time `since` or later.
        """

    async def add_pairs(self, id_: str, pairs: Sequence[Pair]) -> int:
        """The same of what ran unseen. `id_` may be `SHADOW`."""

    async def pairs(self, id_: str, since: float = 0.0) -> Sequence[Pair]:
        """Those of the time `since` or later, in the order in which they came."""

    async def add_mismatch(self, id_: str, mismatch: Mismatch) -> None:
        """Of a request that was reported before, the first one stays. `id_` may be `SHADOW`."""

    async def mismatches(self, id_: str, most: int = 100) -> Sequence[Mismatch]:
        """The latest first."""

    async def note(self, flag: str, act: Act, before: str | None, after: str) -> None:
        """Add a line to the audit trail about a flag's file, `before` and `after` as JSON.

        With an idempotency key that was used before it is there already, and nothing is added.
        """

    async def audit(self, id_: str | None = None) -> Sequence[AuditEntry]:
        """Oldest first; all lines where no experiment is named, nor a flag (`flag ` and its
        name)."""

    async def verify_audit(self) -> int | None:
        """The number of the first line that does not fit those before it; None where all do.

        One more than the last where lines were cut off at the end, or an experiment was changed
        without one.
        """

    async def aclose(self) -> None:
        """Close. Safe to call twice."""
