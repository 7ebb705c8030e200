"""What files are like at a moment, as a text that changes whenever they are written to.

By `os.stat` alone, and never by a look into the file: who opens a file and closes it again drops
every POSIX lock that his own process has on it, and it is by those that SQLite and DuckDB keep
readers and writers apart.

It is done where it is asked for, on the event loop: a disk of one's own tells in 2 µs, a worker
thread would take 50 more. Files on a network are as fresh as its cache of attributes, some
seconds as a rule; and who writes through a memory map is seen when the pages reach the file.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from forerun.errors import DatabaseNotFound, UnreadableFile

SETTLED_AFTER_NS = 50_000_000
"""Two writes closer together may get the same time: the kernel's clock steps by 1 to 16 ms, and
exFAT keeps steps of 10 ms."""
SETTLED_LATE_AFTER_NS = 2_100_000_000
"""For file systems that keep whole seconds (FAT every other)."""
_SECOND_NS = 1_000_000_000

# Linux stamps files by a clock of its own, which lags behind while the machine is held up.
_COARSE_CLOCK = 5
_now_ns: Callable[[], int] = (
    partial(time.clock_gettime_ns, _COARSE_CLOCK) if sys.platform == "linux" else time.time_ns
)


def stamp(path: str) -> str | None:
    """Equal twice: nobody wrote to the file in between, nor put another in its place.

    None where there is no file. A file written to so lately that another write could leave it
    looking the same gets a stamp that no later call gives again.

    Raises `UnreadableFile`.
    """
    asked_at = _now_ns()
    found = _stat(path)
    return None if found is None else _text(found, _changed_ns(found), asked_at)


def stamp_of_writes(path: str, settled_after_ns: int) -> str | None:
    """`stamp`, but blind to changes of owner and rights, and settled so long after a write."""
    asked_at = _now_ns()
    found = _stat(path)
    return None if found is None else _text(found, found.st_mtime_ns, asked_at, settled_after_ns)


def stamp_of(path: str) -> str:
    """`stamp` of a file that must be there. Raises `DatabaseNotFound` as well."""
    found = stamp(path)
    if found is None:
        raise gone(path)
    return found


def stamp_of_folder(path: str, counts: Callable[[str], bool]) -> str:
    """Equal twice: of all files whose name `counts` none was written to, none came and none went.

    Raises `DatabaseNotFound` or `UnreadableFile`.
    """
    asked_at = _now_ns()
    try:
        with os.scandir(path) as entries:
            found = [(e.name, e.stat()) for e in entries if counts(e.name)]
    except FileNotFoundError as missing:
        if not Path(path).is_dir():
            raise gone(path) from missing
        return _never_again()  # a file that went while the folder was listed
    except OSError as failed:
        raise UnreadableFile(f"The folder {path} cannot be read: {failed.strerror}.") from failed
    texts = (f"{name}/{_text(stat, _changed_ns(stat), asked_at)}" for name, stat in found)
    whole = "\n".join(sorted(texts)).encode(errors="surrogateescape")
    return hashlib.blake2b(whole, digest_size=16).hexdigest()


def gone(path: str) -> DatabaseNotFound:
    return DatabaseNotFound(
        f"There is no file {path} any more.", "Put it back, or name the file that is to be asked."
    )


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 (half as quick through pathlib)
    except FileNotFoundError:
        return None
    except OSError as failed:
        raise UnreadableFile(f"{path} cannot be read: {failed.strerror}.") from failed


def _changed_ns(found: os.stat_result) -> int:
    """The time that nobody can set; but Windows keeps that of creation there."""
    return found.st_mtime_ns if sys.platform == "win32" else found.st_ctime_ns


def _text(
    found: os.stat_result, changed_ns: int, asked_at: int, settled_after_ns: int = SETTLED_AFTER_NS
) -> str:
    if changed_ns % _SECOND_NS == 0:
        settled_after_ns = max(settled_after_ns, SETTLED_LATE_AFTER_NS)
    text = f"{found.st_ino:x}.{found.st_size:x}.{found.st_mtime_ns:x}.{changed_ns:x}"
    return text if asked_at - changed_ns > settled_after_ns else f"{text}.{_never_again()}"


def _never_again() -> str:
    return secrets.token_hex(8)
