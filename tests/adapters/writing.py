"""Writers in processes of their own, for what is asked while others write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from forerun.domain import Limits, Statement
from forerun.ports import Database

EXECUTE = {
    "sqlite": (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.executescript(sys.argv[2])\n"
        "c.close()\n"
    ),
    "duckdb": (
        "import duckdb, sys\n"
        "with duckdb.connect(sys.argv[1]) as c:\n"
        "    c.execute(sys.argv[2])\n"
    ),
    "postgres": (
        "import psycopg, sys\n"
        "with psycopg.connect(sys.argv[1], autocommit=True) as c:\n"
        "    for statement in sys.argv[2].split(';'):\n"
        "        c.execute(statement)\n"
    ),
    "mysql": (
        "import pymysql, sys, urllib.parse\n"
        "at = urllib.parse.urlsplit(sys.argv[1])\n"
        "c = pymysql.connect(host=at.hostname, port=at.port, user=at.username,\n"
        "    password=at.password or '', database=at.path[1:], autocommit=True)\n"
        "for statement in sys.argv[2].split(';'):\n"
        "    c.cursor().execute(statement)\n"
    ),
}  # fmt: skip


def write(kind: str, where: Path | str, sql: str) -> None:
    """Commit `sql` from another process. Raises where that fails."""
    subprocess.run([sys.executable, "-c", EXECUTE[kind], str(where), sql], check=True)


async def written(kind: str, where: Path | str, sql: str) -> None:
    """`write`, while the event loop goes on."""
    await anyio.to_thread.run_sync(write, kind, where, sql)


@contextmanager
def obeying(program: str, *arguments: str) -> Iterator[Obeying]:
    """`program` in another process; it gets a line, works, and answers with a line."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Obeying(process)
        finally:
            process.communicate("\n")


class Obeying:
    """A process that does what it is told, line by line, until the line is empty."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def do(self, line: str) -> str:
        """What it answers, once the work is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


async def data_of(database: Database) -> str:
    """The version's data, where there must be one."""
    data = (await database.version()).data
    assert data is not None
    return data


async def settled(database: Database) -> str:
    """The data version, once it is the same twice: long enough after the last write."""
    with anyio.fail_after(60):
        while True:
            first = await data_of(database)
            if await data_of(database) == first:
                return first
            await anyio.sleep(0.01)


async def value(database: Database, sql: str) -> object:
    """The first value that `sql` gives."""
    rows = await database.run(Statement(sql, database.dialect), Limits(timeout_s=30))
    return rows.rows[0][0]
