"""The flag file, read and written anew under a lock. Everything here blocks: for a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from forerun.errors import BadFlags, FlagConflict, Unavailable
from forerun.rollout.flags import changing, document, writing
from forerun.rollout.flags.changing import Plain
from forerun.rollout.flags.document import Document
from forerun.rollout.flags.kills import Kill
from forerun.rollout.flags.reading import written
from forerun.rollout.flags.source import FlagSource

PATIENCE_S = 5.0
"""That a change waits for another writer."""
KILL_PATIENCE_S = 0.5
"""That a kill waits; then it writes all the same."""


@dataclass(frozen=True, slots=True)
class Written:
    """The file before and after; the same where there was nothing to do, None where no file was."""

    before: Document | None
    after: Document | None


def change(source: FlagSource, make: Callable[[Document], Plain]) -> Written:
    """Make another file of the one that lies there.

    Raises `BadFlags` where that one or the other is not good, `Unavailable` where nothing can be
    read or written, and what `make` raises.
    """
    with _writing(source, PATIENCE_S) as held:
        _must_be(held, source)
        before = _read(source)
        return Written(before, _write(source, make(before)))


def kill(source: FlagSource, kill: Kill) -> Written:
    """Disable the flag, whatever state the file is in. Raises `Unavailable`.

    A file that is broken is put aside, and the last good one takes its place: a kill must reach
    every process, and none would read the broken one.
    """
    with _writing(source, KILL_PATIENCE_S):
        try:
            before: Document | None = _read(source)
        except BadFlags:
            writing.put_aside(source.path)
            before = _last_good(source)
        except FileNotFoundError:
            before = _last_good(source)
        return Written(before, _write(source, changing.with_kill(before, kill)))


def lift(source: FlagSource, flag: str) -> Written:
    """Enable the flag, if it is disabled. Raises `BadFlags` and `Unavailable`."""
    with _writing(source, PATIENCE_S) as held:
        _must_be(held, source)
        try:
            before = _read(source)
        except FileNotFoundError:
            return Written(None, None)
        if flag not in before.killed:
            return Written(before, before)
        return Written(before, _write(source, changing.without_kill(before, flag)))


def begin(source: FlagSource) -> Written:
    """Write a first file. Raises `FlagConflict` where there is one, and `Unavailable`."""
    with _writing(source, PATIENCE_S) as held:
        _must_be(held, source)
        if source.path.exists():
            raise FlagConflict(f"{source.path} is there already.", "Change it instead.")
        return Written(None, _write(source, changing.first_version()))


@contextmanager
def _writing(source: FlagSource, patience_s: float) -> Iterator[bool]:
    """Whether the file is ours alone. What was written is in force in this process at the end."""
    try:
        with writing.alone(source.path, patience_s) as held:
            yield held
    except OSError as failed:
        raise Unavailable(
            f"{source.path} cannot be written: {failed.strerror or failed}.",
            "Check the folder and its permissions, or change the flags where they come from.",
        ) from failed
    source.reload()


def _must_be(held: bool, source: FlagSource) -> None:
    if not held:
        raise Unavailable(f"Somebody else is writing {source.path}.", "Try again.")


def _read(source: FlagSource) -> Document:
    return document.read(source.path.read_bytes(), source.path.name)


def _last_good(source: FlagSource) -> Document | None:
    return source.loaded.document if source.loaded is not None else None


def _write(source: FlagSource, plain: Plain) -> Document:
    text = written(plain, source.path.name)
    after = document.read(text.encode(), source.path.name)
    writing.replace(source.path, text)
    return after
