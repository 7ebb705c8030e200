"""The flag file as it was when it was last good, and what is wrong with it now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from forerun.errors import BadFlags, MissingExtra
from forerun.rollout.flags import document
from forerun.rollout.flags.document import Document
from forerun.rollout.flags.terms import ATTRIBUTES

if TYPE_CHECKING:
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext


@dataclass(frozen=True, slots=True)
class Loaded:
    """A good file, ready to be evaluated. Replaced as a whole."""

    document: Document
    core: FlagdCore
    since: datetime


@dataclass(frozen=True, slots=True)
class FileState:
    """For people: what is in force, and what is wrong. Times are UTC."""

    path: Path | None
    version: int | None = None
    sha: str | None = None
    since: datetime | None = None
    """When the version in force was loaded."""
    problem: str | None = None
    """Why what lies there now is not in force."""
    problem_since: datetime | None = None


class FlagSource:
    """Reads the file when told to. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.loaded: Loaded | None = None
        self.problem: str | None = None
        self.tell: Callable[[], None] = lambda: None
        """Called after what is in force, or what is wrong, has changed."""
        self._problem_since: datetime | None = None
        self._seen: tuple[int, ...] | None = None
        """What the file looked like when it was last read."""
        self._lock = Lock()

    def state(self) -> FileState:
        with self._lock:
            loaded, problem, since = self.loaded, self.problem, self._problem_since
        if loaded is None:
            return FileState(self.path, problem=problem, problem_since=since)
        told = loaded.document
        return FileState(self.path, told.version, told.sha, loaded.since, problem, since)

    def look(self) -> None:
        """`reload` where the file looks different now: a kill takes effect with the next question,
        whatever the watch may be late by. A few microseconds where it does not."""
        if _looks_of(self.path) != self._seen:
            self.reload()

    def reload(self) -> None:
        """Take what lies there now, if it is good and not what is in force already.

        Known by its content: files that are put back have old dates. A file that is gone or
        broken is told of, and what was last good stays in force. Blocks for as long as reading.
        """
        with self._lock:
            before = (self.loaded, self.problem)
            self._seen = _looks_of(self.path)  # before it is read: what comes after looks different
            try:
                self._take(self.path.read_bytes())
            except BadFlags as broken:
                self._fail(broken.message)
            except OSError as failed:
                reason = failed.strerror or "it is no file"
                self._fail(f"{self.path.name} cannot be read: {reason}.")
            changed = before != (self.loaded, self.problem)
        if changed:
            self.tell()

    def _take(self, raw: bytes) -> None:
        loaded = self.loaded
        if loaded is None or document.sha_of(raw) != loaded.document.sha:
            read = document.read(raw, self.path.name)
            self.loaded = Loaded(read, _evaluator(read), datetime.now(UTC))
        self.problem = self._problem_since = None

    def _fail(self, problem: str) -> None:
        if problem != self.problem:
            self.problem, self._problem_since = problem, datetime.now(UTC)


def _looks_of(path: Path) -> tuple[int, ...] | None:
    """Of whatever the path leads to; None where that is nothing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _evaluator(read: Document) -> FlagdCore:
    """Raises `BadFlags` for what flagd does not take, or a rule that fails."""
    try:
        from openfeature.contrib.tools.flagd.core import FlagdCore
        from openfeature.evaluation_context import EvaluationContext
        from openfeature.exception import OpenFeatureError
    except ModuleNotFoundError as missing:
        raise MissingExtra("rollout", "A flag file") from missing
    core, place = FlagdCore(), read.name
    known = EvaluationContext("somebody", dict.fromkeys(ATTRIBUTES, "something"))
    try:
        core.set_flags(read.for_flagd())
        for key in read.flags:
            place = f"{read.name}: flags.{key}"
            for context in (EvaluationContext(), known):
                _try_out(core, read, key, context)
    except (OpenFeatureError, TypeError, ValueError, ArithmeticError, LookupError) as failed:
        told = getattr(failed, "error_message", None) or str(failed)
        hint = "Give one of the flag's variants, or null."
        raise BadFlags(f"{place} cannot be evaluated: {told}", hint) from failed
    return core


def _try_out(core: FlagdCore, read: Document, key: str, context: EvaluationContext) -> None:
    """Evaluate once, so that what fails does it now and not for every question."""
    value = next(iter(read.flags[key]["variants"].values()))
    match value:
        case bool():
            core.resolve_boolean_value(key, value, context)
        case str():
            core.resolve_string_value(key, value, context)
        case int() | float():
            core.resolve_float_value(key, value, context)
        case _:
            core.resolve_object_value(key, value, context)
