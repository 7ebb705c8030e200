"""Writers in processes of their own, for what is asked while others write."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

import anyio
import anyio.to_thread

from forerun.domain import Limits, Statement
from forerun.ports import Database

KINDS = ("sqlite", "duckdb", "postgres", "mysql")


class Refused(Exception):
    """The database did not take what was to be written: it says why."""


class Writer:
    """One other process for all that tests commit: to start one for each takes far longer."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("writer.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.communicate)

    def write(self, kind: str, where: str, sql: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(f"{json.dumps([kind, where, sql])}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        why = json.loads(answer)
        if why is not None:
            raise Refused(why)


the_writer = cache(Writer)


def write(kind: str, where: Path | str, sql: str) -> None:
    """Commit `sql` from another process, on a connection of its own. Raises `Refused`."""
    the_writer().write(kind, str(where), sql)


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
