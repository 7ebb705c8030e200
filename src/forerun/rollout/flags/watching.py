"""Changes of the flag file are noticed at once, whatever way it is changed.

The folders are watched, not the file: an editor renames another file over it, Kubernetes swaps a
link beside it. What has changed is found out by reading, so that an event too many does no harm;
and as events can be missed, the file is read every two seconds in any case.
"""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from forerun.errors import MissingExtra
from forerun.rollout.flags.source import FlagSource

if TYPE_CHECKING:
    from watchfiles.main import FileChange

READ_EVERY_S = 2.0
"""Without any event."""
LOOK_FOR_FOLDER_EVERY_S = 0.2
STEP_MS = 10
"""How often events are collected: a change is known after two steps at the latest."""
LONGEST_MS = 50
"""That a stream of events is collected before the file is read."""

Folders = dict[Path, tuple[int, int]]


async def watch(source: FlagSource) -> None:
    """Keep the source up to date until cancelled. Waits in a thread of its own.

    The file is read there too, so that a busy event loop does not delay a kill. Raises
    `MissingExtra`.
    """
    try:
        import watchfiles  # noqa: F401
    except ModuleNotFoundError as missing:
        raise MissingExtra("rollout", "Watching a flag file") from missing
    stopped = Event()
    limiter = anyio.CapacityLimiter(1)
    async with anyio.create_task_group() as tasks:

        async def follow() -> None:
            await anyio.to_thread.run_sync(_follow, source, stopped, limiter=limiter)

        tasks.start_soon(follow)
        try:
            await anyio.sleep_forever()
        finally:
            stopped.set()


def _follow(source: FlagSource, stopped: Event) -> None:
    while not stopped.is_set():
        folders = _folders(source.path)
        source.reload()
        if not folders or not _follow_while_they_last(source, folders, stopped):
            stopped.wait(LOOK_FOR_FOLDER_EVERY_S)


def _follow_while_they_last(source: FlagSource, folders: Folders, stopped: Event) -> bool:
    """Until a folder is replaced by another, or the file is found elsewhere.

    False where the system gives no events, so that somebody else must see to the pace.
    """
    from watchfiles import watch as events

    try:
        for changes in events(
            *folders,
            watch_filter=None,
            debounce=LONGEST_MS,
            step=STEP_MS,
            stop_event=stopped,
            rust_timeout=int(READ_EVERY_S * 1000),
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        ):
            source.reload()
            if _folders(source.path) != folders or _are_hit(folders, changes):
                return True
    except OSError:  # gone between the look and the watch, or no watches left
        return False
    return True


def _are_hit(folders: Folders, changes: set[FileChange]) -> bool:
    """Whether a folder itself has gone: the next of that name may even have its number."""
    return any(Path(path) in folders for _, path in changes)


def _folders(path: Path) -> Folders:
    """Where something can change what `path` leads to: its folder, and that of each link's end.

    With what identifies them, since another folder may take the name.
    """
    found: Folders = {}
    for link in _links(path):
        try:
            about = link.parent.stat()
        except OSError:
            continue
        found[link.parent] = (about.st_dev, about.st_ino)
    return found


def _links(path: Path) -> list[Path]:
    """The path, and one after the other where its last part leads, and where all of it does."""
    seen = [path.absolute()]
    while seen[-1].is_symlink() and len(seen) < 40:
        seen.append(seen[-1].parent / seen[-1].readlink())
    return [*seen, path.resolve()]
