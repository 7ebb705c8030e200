"""What can be done to flags, and asked of them, by whoever does: commands and routes.

Looks take the `Flags`, changes the `RollingOut` of the process that acts (see `rolling_out`), and
who, why, the version that was looked at and an idempotency key as `By`. Errors: `BadFlags`,
`FlagConflict`, `BadInput`, `Unavailable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forerun.errors import BadFlags
from forerun.rollout.experiments.store import FLAG
from forerun.rollout.flags import (
    ROLLOUT,
    AuditLine,
    Change,
    FileState,
    Finding,
    Flags,
    Kill,
    Told,
    told_of,
    told_of_all,
)
from forerun.rollout.flags.shapes import FlagChangeJSON, change_to_json
from forerun.rollout.flags.source import FlagSource
from forerun.rollout.standing import Standing, standing

if TYPE_CHECKING:
    from forerun.app.rolling_out import RollingOut
    from forerun.rollout.experiments.conducting import By
    from forerun.rollout.experiments.flag_trail import FlagTrail
    from forerun.rollout.experiments.store import AuditEntry, ExperimentStore


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done to a flag, and how far it has come."""

    line: AuditLine | None
    """None where it had been done before, by its idempotency key."""
    kill: Kill | None
    """What is in force in this process now."""
    state: FileState
    """The file as it is now."""
    unaudited: str | None = None
    """Why the audit trail does not have it yet, in a sentence."""

    @property
    def problem(self) -> str | None:
        """Why it has not come to every process that follows the file."""
        return None if self.line is None else self.line.problem

    @property
    def everywhere(self) -> bool:
        return self.problem is None


@dataclass(frozen=True, slots=True)
class FlagAudit:
    """The lines about one flag or all, and whether the whole trail holds."""

    lines: Sequence[AuditEntry]
    broken_at: int | None


def listed(flags: Flags) -> tuple[Told, ...]:
    """Every flag, the rollout first. Raises `BadFlags` where the file is broken or gone."""
    refuse_broken(flags)
    return told_of_all(flags)


def read(flags: Flags, name: str) -> Told:
    """One flag, with its variants and rules."""
    refuse_broken(flags)
    return told_of(flags, name)


async def status(flags: Flags, store: ExperimentStore | None) -> Standing:
    """Where the rollout stands. Trouble is told, and raises nothing."""
    return await standing(flags, store)


def lint(flags: Flags) -> tuple[Finding, ...]:
    """What should be tidied up."""
    refuse_broken(flags)
    return flags.lint(datetime.now(UTC).date())


async def begin(rollout: RollingOut, by: By) -> Changed:
    """A first file. Raises `FlagConflict` where there is one."""
    return await _changed(rollout, await rollout.editor.begin(who=by.who, why=by.why))


async def change(rollout: RollingOut, wanted: Change, by: By) -> Changed:
    """Without an expected version, of the one that lies there at this moment."""
    refuse_broken(rollout.flags)
    trail, flags = rollout.trail, rollout.flags
    if trail is not None and await trail.done(by.idempotency_key, "set", wanted.flag):
        return Changed(None, flags.kill_of(wanted.flag), flags.state())
    expected = by.expected_version or flags.state().version or 0
    line = await rollout.editor.set(
        wanted, expected_version=expected, who=by.who, why=by.why, key=by.idempotency_key
    )
    return await _changed(rollout, line, wanted.flag)


async def kill(rollout: RollingOut, name: str, by: By) -> Changed:
    """At once in this process, and in the file for all that follow it. Raises nothing: how far it
    has come, the answer says. Done twice, it is killed still."""
    reach = await rollout.editor.kill(name, who=by.who, why=by.why)
    return await _changed(rollout, reach.line, name)


async def lift(rollout: RollingOut, name: str, by: By) -> Changed:
    """A kill taken back; the same of its reach. What the environment kills stays killed."""
    reach = await rollout.editor.lift(name, who=by.who, why=by.why)
    return await _changed(rollout, reach.line, name)


async def audit(rollout: RollingOut, name: str | None = None) -> FlagAudit:
    """Who changed which flag, how and why, oldest first. Raises `BadSetting` without a file."""
    trail = _trail(rollout)
    await trail.settle()
    if name is None:
        lines = [line for line in await trail.store.audit() if line.experiment.startswith(FLAG)]
    else:
        lines = list(await trail.store.audit(FLAG + name))
    return FlagAudit(lines, await trail.store.verify_audit())


def refuse_broken(flags: Flags) -> None:
    """A file that is broken or gone is what people must hear of, before anything else."""
    problem = flags.state().problem
    if problem is None or flags.path is None:
        return
    if flags.path.exists():
        raise BadFlags(problem, f"Put {flags.path.name} right, or put an older version back.")
    raise BadFlags(problem, "Write a first one: forerun flags init.")


def problem_of_file(path: str) -> str | None:
    """What is wrong with the flag file that lies there, before anybody follows it; None where it is
    good. Raises `MissingExtra`."""
    source = FlagSource(Path(path).expanduser())
    source.reload()
    return source.problem


def changed_to_json(done: Changed) -> FlagChangeJSON:
    return change_to_json(done.line, done.kill, done.state, done.unaudited)


async def _changed(rollout: RollingOut, line: AuditLine | None, name: str = ROLLOUT) -> Changed:
    """It has taken effect; now the line that tells of it goes into the trail."""
    unaudited = None if rollout.trail is None else await rollout.trail.settle_or_leave()
    return Changed(line, rollout.flags.kill_of(name), rollout.flags.state(), unaudited)


def _trail(rollout: RollingOut) -> FlagTrail:
    if rollout.trail is None:
        raise BadFlags("There is no flag file, so nothing was changed in one.", "Name one.")
    return rollout.trail
