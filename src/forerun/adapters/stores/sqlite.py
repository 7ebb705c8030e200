"""The store in a SQLite file. Several processes may write to it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from forerun.adapters.stores.sqlite_file import SQLiteFile
from forerun.ports import Layout, Outcomes, Timing, Transaction

KEPT = 200
"""Timings of each database, stage and complexity."""

_LAYOUT = Layout(
    name="",  # the first of our files, from before they were told apart
    version=1,
    tables=(
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
    ),
    contents="What was learned",
    remedy="Make that file writable or remove it, or set FORERUN_STATE to another one "
    "or to memory.",
)
_ADD_OUTCOME = """
INSERT INTO outcomes VALUES (?, ?, ?, ?) ON CONFLICT (rung, class)
DO UPDATE SET used = used + excluded.used, wasted = wasted + excluded.wasted
"""
_ADD_TIMING = "INSERT INTO timings (database, stage, complexity, seconds) VALUES (?, ?, ?, ?)"
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
    """See `forerun.ports.Store`."""

    def __init__(self, path: Path) -> None:
        self._file = SQLiteFile(path, _LAYOUT)

    async def outcomes(self) -> Mapping[tuple[str, str], Outcomes]:
        rows = await self._file.read(lambda tx: tx.rows("SELECT * FROM outcomes"))
        return {(rung, class_): Outcomes(used, wasted) for rung, class_, used, wasted in rows}

    async def add_outcomes(self, added: Mapping[tuple[str, str], Outcomes]) -> None:
        def add(tx: Transaction) -> None:
            for key, new in added.items():
                tx.change(_ADD_OUTCOME, *key, new.used, new.wasted)

        await self._file.write(add)

    async def timings(self, database: str, most: int) -> Sequence[Timing]:
        rows = await self._file.read(lambda tx: tx.rows(_LAST_TIMINGS, database, most))
        return [Timing(*row) for row in rows]

    async def add_timings(self, added: Sequence[Timing]) -> None:
        def add(tx: Transaction) -> None:
            keys = set()
            for timing in added:
                key = (timing.database, timing.stage, timing.complexity)
                tx.change(_ADD_TIMING, *key, timing.seconds)
                keys.add(key)
            for key in sorted(keys):
                tx.change(_FORGET, *key, *key, KEPT)

        await self._file.write(add)

    async def aclose(self) -> None:
        await self._file.aclose()
