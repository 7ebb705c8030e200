"""What was purged in the file of the disk cache, since one last asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from forerun.adapters.caches.purging import scope_from_text
from forerun.adapters.caches.sqlite_file import CacheFile, Identity
from forerun.errors import Unavailable
from forerun.ports import Scope


class Listener:
    """What was purged since it was last asked. Of one thread at a time; has a file of its own, as
    SQLite tells a connection what others changed."""

    def __init__(self, path: Path) -> None:
        self._file = CacheFile(path)
        self._identity: Identity | None = None
        self._version = 0
        self._heard = 0

    def news(self) -> Sequence[Scope]:
        try:
            return self._file.do(self._read)
        except Unavailable:
            self._identity = None
            return ()

    def close(self) -> None:
        self._file.close()

    def _read(self, db: sqlite3.Connection) -> Sequence[Scope]:
        identity = self._file.identity()
        (version,) = db.execute("PRAGMA data_version").fetchone()
        if identity == self._identity and version == self._version:
            return ()
        asked = "SELECT id, scope FROM purges WHERE id > ? ORDER BY id"
        if identity != self._identity:
            (last,) = db.execute("SELECT coalesce(max(id), 0) FROM purges").fetchone()
            self._identity, self._version, self._heard = identity, version, last
            return (Scope(),)
        purges = db.execute(asked, (self._heard,)).fetchall()
        missed = purges and purges[0][0] != self._heard + 1
        self._version, self._heard = version, purges[-1][0] if purges else self._heard
        return (Scope(),) if missed else [scope_from_text(scope) for _, scope in purges]
