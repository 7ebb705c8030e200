"""What a process holds at the moment: tasks, threads, files, connections. Linux only."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from forerun.app.serving import Deployment

_POOL = "AnyIO worker thread"
"""Threads that wait for work, as many as were needed at once: bounded, and no leak."""
_LISTENS = "0A"
_OF_SQLITE = (".sqlite", ".sqlite-wal", ".sqlite-shm")


@dataclass(frozen=True, slots=True)
class Census:
    """Equal ones, before and after: nothing was left behind."""

    tasks: int
    """Of asyncio."""
    threads: int
    """Beside the pool for blocking calls."""
    busy_threads: int
    """Of that pool, or waiting for one of it."""
    questions: int
    """Let in and not ended, or waiting to be let in."""
    files: dict[str, int] = field(default_factory=dict)
    """Open ones by name."""
    of_state: dict[str, int] = field(default_factory=dict)
    """The same of SQLite files in the service's own folder: its state, telemetry, teaching and
    audit. Locks of a file are the process's, so SQLite keeps what it has opened for its next
    connection: as many as there were at once."""
    connections: dict[str, int] = field(default_factory=dict)
    """TCP connections by whom they are with: `askers`, or a port to which we connected."""
    other_descriptors: int = 0


def taken(deployment: Deployment, own_folder: Path) -> Census:
    """Of this process, from its event loop."""
    files, of_state, connections, others = _descriptors(own_folder.resolve())
    admission = deployment.admission
    return Census(
        len(asyncio.all_tasks()),
        sum(not thread.name.startswith(_POOL) for thread in threading.enumerate()),
        anyio.to_thread.current_default_thread_limiter().borrowed_tokens,
        admission.running + admission.waiting,
        dict(sorted(files.items())),
        dict(sorted(of_state.items())),
        dict(sorted(connections.items())),
        others,
    )


def _descriptors(own: Path) -> tuple[Counter[str], Counter[str], Counter[str], int]:
    """Files, those of the state, connections, and how many are none of them."""
    files, of_state, connections = Counter[str](), Counter[str](), Counter[str]()
    peers, others = _peers(), 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # the listing's own
            continue
        if target.startswith("/"):
            is_state = Path(target).parent == own and target.endswith(_OF_SQLITE)
            (of_state if is_state else files)[Path(target).name] += 1
        elif target.startswith("socket:[") and target[8:-1] in peers:
            connections[peers[target[8:-1]]] += 1
        else:
            others += 1
    return files, of_state, connections, others


def _peers() -> dict[str, str]:
    """By inode of a socket, whom its connection is with."""
    rows = [
        line.split()
        for table in ("/proc/self/net/tcp", "/proc/self/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
    ]
    listening = {_port(row[1]) for row in rows if row[3] == _LISTENS}
    peers = {}
    for row in rows:
        local, remote, state, inode = _port(row[1]), _port(row[2]), row[3], row[9]
        if state != _LISTENS:
            peers[inode] = "askers" if local in listening else f"port {remote}"
    return peers


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
