"""The store in a SQLite file. Several processes may write to it at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from forerun.errors import Unavailable
from forerun.ports import Outcomes, Timing

Result = TypeVar("Result")

LAYOUT = 1
"""Kept in the file's `user_version`; a file of another layout, or of somebody else, is refused."""
KEPT = 200
"""Timings of each database, stage and complexity."""
PATIENCE_S = 2.0

_TABLES = (
    """
CREATE TABLE outcomes (
    rung TEXT, class TEXT, used REAL NOT NULL, wasted REAL NOT NULL, PRIMARY KEY (rung, class)
) WITHOUT ROWID
""",
    """
CREATE TABLE timings (
    id INTEGER PRIMARY KEY, database TEXT, stage TEXT, complexity TEXT, seconds REAL NOT NULL
)
""",
    "CREATE INDEX timings_of ON timings (database, stage, complexity, id)",
    f"PRAGMA user_version = {LAYOUT}",
)
_ADD_OUTCOME = """
INSERT INTO outcomes VALUES (?, ?, ?, ?) ON CONFLICT (rung, class)
DO UPDATE SET used = used + excluded.used, wasted = wasted + excluded.wasted
"""
_LAST_TIMINGS = """
SELECT database, stage, complexity, seconds FROM (
    SELECT *, row_number() OVER (PARTITION BY stage, complexity ORDER BY id DESC) AS age
    FROM timings WHERE database = ?
) WHERE age <= ? ORDER BY id
"""
_FORGET = """
DELETE FROM timings WHERE database = ? AND stage = ? AND complexity = ? AND id <= (
    SELECT id FROM timings WHERE database = ? AND stage = ? AND complexity = ?
    ORDER BY id DESC LIMIT 1 OFFSET ?
)
"""


class SQLiteStore:
    """See `forerun.ports.Store`. Each call is one transaction on a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def outcomes(self) -> Mapping[tuple[str, str], Outcomes]:
        rows = await self._do(lambda db: db.execute("SELECT * FROM outcomes").fetchall())
        return {(rung, class_): Outcomes(used, wasted) for rung, class_, used, wasted in rows}

    async def add_outcomes(self, added: Mapping[tuple[str, str], Outcomes]) -> None:
        rows = [(*key, new.used, new.wasted) for key, new in added.items()]
        await self._do(lambda db: db.executemany(_ADD_OUTCOME, rows))

    async def timings(self, database: str, most: int) -> Sequence[Timing]:
        rows = await self._do(lambda db: db.execute(_LAST_TIMINGS, (database, most)).fetchall())
        return [Timing(*row) for row in rows]

    async def add_timings(self, added: Sequence[Timing]) -> None:
        def add(db: sqlite3.Connection) -> None:
            rows = [(t.database, t.stage, t.complexity, t.seconds) for t in added]
            insert = "INSERT INTO timings (database, stage, complexity, seconds)"
            db.executemany(f"{insert} VALUES (?, ?, ?, ?)", rows)
            for key in sorted({row[:3] for row in rows}):
                db.execute(_FORGET, (*key, *key, KEPT))

        await self._do(add)

    async def aclose(self) -> None:
        return None

    async def _do(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """In a worker thread, to its end: a transaction is short, and is whole or not at all."""

        def in_transaction() -> Result:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                db = sqlite3.connect(self._path, timeout=PATIENCE_S)
                with closing(db):
                    _lay_out(db)
                    return _whole(db, work)
            except (sqlite3.Error, OSError) as error:
                raise Unavailable(
                    f"What was learned cannot be kept in {self._path}: {error}.",
                    "Make that file writable or remove it, or set FORERUN_STATE to another one "
                    "or to memory.",
                ) from error

        with anyio.CancelScope(shield=True):
            return await anyio.to_thread.run_sync(in_transaction)
        raise AssertionError("a shielded scope that nobody cancels swallows nothing")


def _whole(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """In one transaction: all of it, or nothing."""
    with db:
        return work(db)


def _lay_out(db: sqlite3.Connection) -> None:
    """Once for each file. Looked at again under the lock: somebody else may have been first."""
    if _layout(db) == LAYOUT:
        return
    with suppress(sqlite3.OperationalError):  # waits for nobody: whoever is in the way does it
        db.execute("PRAGMA journal_mode = WAL")
    with db:
        db.execute("BEGIN IMMEDIATE")
        if _layout(db) == LAYOUT:
            return
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
            raise sqlite3.DatabaseError("it holds something else, or is of another version")
        for statement in _TABLES:
            db.execute(statement)


def _layout(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
