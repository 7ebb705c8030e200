"""Changes by people and by guards: with a name, a reason, and a line that tells of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from forerun.errors import BadFlags, FlagConflict, Unavailable
from forerun.rollout.flags import changing, storing
from forerun.rollout.flags.changing import Change, Plain
from forerun.rollout.flags.document import Document
from forerun.rollout.flags.flags import Flags
from forerun.rollout.flags.kills import Kill
from forerun.rollout.flags.source import FlagSource
from forerun.rollout.flags.storing import Written
from forerun.rollout.flags.terms import ROLLOUT

T = TypeVar("T")
_NOTHING = Written(None, None)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who changed what, and why."""

    at: datetime
    """UTC."""
    who: str
    what: str
    """`set parallel`, `kill parallel`, `lift parallel`, `begin parallel`."""
    why: str
    before: Mapping[str, Any] | None
    """The flag as it was in the file; None where it was not there."""
    after: Mapping[str, Any] | None
    version: int | None
    """Of the file then; None where none was written."""
    problem: str | None = None
    """Why none was written."""
    key: str | None = None
    """The idempotency key, where one was given."""

    @property
    def flag(self) -> str:
        return self.what.split(" ", 1)[1]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a kill, or taking it back, has come."""

    everywhere: bool
    """Every process that follows the file sees it; else this process alone."""
    problem: str | None
    """Why not everywhere."""
    kill: Kill | None
    """What is in force in this process now."""
    line: AuditLine | None = None
    """What was done; None where it had been done before."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody wants done."""

    what: str
    who: str
    why: str
    key: str | None = None


class Editor:
    """Writes the file that `flags` follow. `audit` is given a line for each change."""

    def __init__(
        self, flags: Flags, audit: Callable[[AuditLine], None] = lambda line: None
    ) -> None:
        self._flags = flags
        self._audit = audit

    async def set(
        self,
        change: Change,
        *,
        expected_version: int,
        who: str,
        why: str,
        key: str | None = None,
    ) -> AuditLine:
        """Change a flag of the version that was looked at, and only of that.

        Raises `FlagConflict` where the file has another version by now, `BadFlags` for what would
        be no good file or where there is none, `Unavailable` where it cannot be written.
        """

        def make(found: Document) -> Plain:
            _expect(expected_version, found)
            return changing.changed(found, change)

        written = await _aside(partial(storing.change, self._source(), make))
        return self._tell(_Said(f"set {change.flag}", who, why, key), written)

    async def begin(self, *, who: str, why: str) -> AuditLine:
        """Write a first file, the rollout off. Raises `FlagConflict` where there is one."""
        written = await _aside(partial(storing.begin, self._source()))
        return self._tell(_Said(f"begin {ROLLOUT}", who, why), written)

    async def kill(self, flag: str, *, who: str, why: str, key: str | None = None) -> Reach:
        """Switch a flag off: here at once, before anything is awaited; then in the file.

        Once the file says it, only the file does: who takes it back there, does so for all.
        """
        kill = self._flags.kill_here(flag, who=who, why=why)
        written, problem = await self._try(lambda source: storing.kill(source, kill))
        if problem is None and self._flags.state().problem is None:
            self._flags.forget_kill(flag)
        line = self._tell(_Said(f"kill {flag}", who, why, key), written, problem)
        return Reach(problem is None, problem, self._flags.kill_of(flag), line)

    async def lift(self, flag: str, *, who: str, why: str, key: str | None = None) -> Reach:
        """Take a kill back, here and in the file. What the environment kills stays killed."""
        self._flags.forget_kill(flag)
        written, problem = await self._try(lambda source: storing.lift(source, flag))
        line = self._tell(_Said(f"lift {flag}", who, why, key), written, problem)
        return Reach(problem is None, problem, self._flags.kill_of(flag), line)

    def _source(self) -> FlagSource:
        if self._flags.source is None:
            raise BadFlags("There is no flag file to change.", "Name one in the settings.")
        return self._flags.source

    async def _try(self, write: Callable[[FlagSource], Written]) -> tuple[Written, str | None]:
        """What was written; or nothing, and why."""
        source = self._flags.source
        if source is None:
            return _NOTHING, "There is no flag file: other processes know nothing of it."
        try:
            return await _aside(partial(write, source)), None
        except (Unavailable, BadFlags) as failed:
            return _NOTHING, failed.message

    def _tell(self, said: _Said, written: Written, problem: str | None = None) -> AuditLine:
        name = said.what.split(" ", 1)[1]
        before, after = (
            told.flags.get(name) if told is not None else None
            for told in (written.before, written.after)
        )
        version = written.after.version if written.after is not None else None
        about = (said.who, said.what, said.why)
        now = datetime.now(UTC)
        line = AuditLine(now, *about, before, after, version, problem, said.key)
        self._audit(line)
        return line


def _expect(version: int, found: Document) -> None:
    if found.version != version:
        raise FlagConflict(
            f"The flags are at version {found.version}, not {version}: somebody has changed them "
            "meanwhile.",
            "Look at them again, then repeat the change.",
        )


async def _aside(work: Callable[[], T]) -> T:
    """In a thread of its own: a kill must not wait behind the statements of slow databases."""
    return await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))
