"""Hostile statements sent straight to a connection, as if no gate stood before it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from forerun.domain import Limits, Statement
from forerun.errors import ForerunError, StatementFailed
from forerun.ports import Database

CASES = Path(__file__).resolve().parents[1] / "cases" / "fenced"
SECRET = "SECRET-7431"


@dataclass(frozen=True)
class Ground:
    """A folder with one database and a file that nobody may read."""

    folder: Path
    file: Path

    @property
    def secret(self) -> Path:
        return self.folder / "secret.csv"

    def fingerprint(self) -> dict[str, str]:
        """Every file in the folder, and what is in it."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def hostile(dialect: str) -> list[str]:
    """One statement a line; lines that begin with a comment and a word after it are comments."""
    lines = (CASES / f"{dialect}.sql").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("-- Sent", "-- One"))]


async def send(database: Database, sql: str) -> list[tuple[object, ...]]:
    rows = await database.run(Statement(sql, database.dialect), Limits(timeout_s=5))
    return list(rows.rows)


async def holds(database: Database, dialect: str, ground: Ground) -> None:
    """Each statement is refused by the database and neither disk nor data change."""
    ground.secret.write_text(f"a\n{SECRET}\n", encoding="utf-8")
    before = ground.fingerprint()
    everything = await send(database, "SELECT * FROM t ORDER BY a")
    ran, told = [], []
    for pattern in hostile(dialect):
        sql = pattern.format(folder=ground.folder, file=ground.file, secret=ground.secret)
        try:
            rows = await send(database, sql)
        except StatementFailed as refused:
            told.append(refused.message)
        except ForerunError as other:
            pytest.fail(f"{sql}: {other!r}")
        else:
            ran.append((sql, rows))
        assert ground.fingerprint() == before, sql
    assert ran == []
    assert not [message for message in told if SECRET in message]
    assert await send(database, "SELECT * FROM t ORDER BY a") == everything
