"""A file is replaced as a whole and for good, by one writer at a time."""

from __future__ import annotations

import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_EVERY_S = 0.02


def replace(path: Path, text: str) -> None:
    """Readers see the old text or the new one, and after a power cut too. Raises `OSError`.

    Where `path` is a link, what it leads to is replaced, not the link; and whoever could read
    the file can read it still.
    """
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb"
        ) as new:
            with suppress(FileNotFoundError):
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            new.write(text.encode())
            new.flush()
            os.fsync(new.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _keep_name(target.parent)


def put_aside(path: Path) -> None:
    """Keep a broken file under another name, `flags.json.broken`. Raises `OSError`."""
    target = path.resolve()
    target.replace(target.with_name(f"{target.name}.broken"))


@contextmanager
def alone(path: Path, patience_s: float) -> Iterator[bool]:
    """Hold the folder of `path` against other writers; True where that was possible in time.

    The folder itself is locked, so that nothing is left lying about. Raises `OSError`.
    """
    if sys.platform == "win32":
        yield True
        return
    import fcntl

    folder = os.open(path.resolve().parent, os.O_RDONLY)
    give_up_at = time.monotonic() + patience_s
    try:
        while not (held := _lock(folder)) and time.monotonic() < give_up_at:
            time.sleep(LOOK_EVERY_S)
        yield held
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)
        os.close(folder)


def _lock(folder: int) -> bool:
    import fcntl

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _keep_name(folder: Path) -> None:
    """The new name is on the disk, too."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
