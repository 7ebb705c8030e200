"""Changes of the flag file on their way into the audit trail.

A change takes effect first and is written down after it, so that a kill never waits for a store.
What the store does not take waits: in memory, and where the process ends before the store answers,
in a file beside the flag file, from which whoever comes next takes it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from forerun.errors import BadInput, Unavailable
from forerun.rollout.experiments.store import FLAG, Act, ExperimentStore, KeyTaken
from forerun.rollout.flags import AuditLine

WAITING = ".unaudited"
"""After the flag file's name: lines that have not come to the store yet."""
MOST_WAITING = 10_000
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Note:
    """One line about a flag, as the store takes it. Its key makes it come in once."""

    flag: str
    act: Act
    before: str | None
    after: str


@dataclass
class FlagTrail:
    """Of one process; `note` is what an `Editor` tells."""

    store: ExperimentStore
    flag_file: Path | None = None
    waiting: deque[Note] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))

    _one_at_a_time: anyio.Lock = field(default_factory=anyio.Lock)

    def note(self, line: AuditLine) -> None:
        """Keep it until `settle`. Never waits."""
        self.waiting.append(_note_of(line))

    async def settle(self) -> None:
        """Write down all that waits, also what other processes left. Raises `Unavailable`; then
        the rest waits on."""
        async with self._one_at_a_time:
            await self._settle()

    async def _settle(self) -> None:
        if self.flag_file is not None:
            for left in await anyio.to_thread.run_sync(_taken, self.flag_file):
                for note in await anyio.to_thread.run_sync(_read, left):
                    await self._write(note)
                await anyio.to_thread.run_sync(partial(left.unlink, missing_ok=True))
        while self.waiting:
            await self._write(self.waiting[0])
            self.waiting.popleft()

    async def settle_or_leave(self, patience_s: float = PATIENCE_S) -> str | None:
        """The same before the process ends. What could not be written down in time is left beside
        the flag file, and the answer is a sentence that says so."""
        problem = f"The audit trail did not answer for {patience_s:g} s."
        with anyio.move_on_after(patience_s):
            try:
                await self.settle()
                return None
            except Unavailable as failed:
                problem = failed.message
        return await self._leave(problem)

    async def done(self, key: str | None, verb: str, flag: str) -> bool:
        """Whether this was done with this idempotency key before. Raises `Unavailable`, and
        `KeyTaken` where the key stands for something else."""
        if key is None:
            return False
        entry = await self.store.done(key)
        known = [
            (note.act.action, FLAG + note.flag)
            for note in self.waiting
            if note.act.idempotency_key == key
        ]
        known += [] if entry is None else [(entry.act.action, entry.experiment)]
        if known and known[0] != (f"{verb}_flag", FLAG + flag):
            raise KeyTaken(
                f"The idempotency key {key!r} was used before, for something else.",
                "Take a new key for each thing that is to be done, and the old one to repeat it.",
            )
        return bool(known)

    async def _leave(self, problem: str) -> str:
        if self.flag_file is None or not self.waiting:
            return f"The audit trail did not take everything: {problem}"
        left = self.flag_file.with_name(self.flag_file.name + WAITING)
        text = "".join(json.dumps(asdict(note)) + "\n" for note in self.waiting)
        try:
            await anyio.to_thread.run_sync(_append, left, text)
        except OSError as failed:
            why = f"{problem} Nor can {left} be written: {failed}"
            return f"The audit trail has no line of this: {why}"
        self.waiting.clear()
        return (
            f"{problem} The audit trail has no line of this yet: it waits in {left}, and comes in "
            "with the next change."
        )

    async def _write(self, note: Note) -> None:
        with suppress(BadInput):  # it holds what no store takes
            await self.store.note(note.flag, note.act, note.before, note.after)


def _note_of(line: AuditLine) -> Note:
    verb = line.what.split(" ", 1)[0]
    reason = line.why if line.problem is None else f"{line.why} (Not in the file: {line.problem})"
    key = line.key or f"flag-{secrets.token_hex(8)}"
    act = Act(line.who, f"{verb}_flag", reason, line.at.timestamp(), key)
    before = None if line.before is None else json.dumps(line.before)
    return Note(line.flag, act, before, json.dumps(line.after))


def _taken(flag_file: Path) -> list[Path]:
    """What was left, under names to which nobody adds any more. Blocks."""
    left = flag_file.with_name(flag_file.name + WAITING)
    with suppress(OSError):
        left.replace(left.with_name(f"{left.name}.{secrets.token_hex(4)}"))
    return sorted(left.parent.glob(f"{left.name}.*"))


def _read(left: Path) -> list[Note]:
    """Whole lines; one is half where the power went while it was written."""
    try:
        text = left.read_text("utf-8")
    except FileNotFoundError:  # another process was quicker
        return []
    return [note for line in text.splitlines() if (note := _parsed(line)) is not None]


def _parsed(line: str) -> Note | None:
    """None for half a line."""
    try:
        told = json.loads(line)
        return Note(told["flag"], Act(**told["act"]), told["before"], told["after"])
    except (ValueError, TypeError, LookupError):
        return None


def _append(path: Path, text: str) -> None:
    """At the end, after whatever half a line lies there, and on the disk. Raises `OSError`."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        os.write(opened, f"\n{text}".encode())
        os.fsync(opened)
    finally:
        os.close(opened)
