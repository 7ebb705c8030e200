"""Small real databases, and the command line run in this process or as one of its own."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pytest
import typer.main

from forerun.cli import console, main
from tests.rollout.flags.files import put, rollout

SHOP = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, region TEXT NOT NULL, notes TEXT
);
INSERT INTO customers VALUES
    (1, 'Ada', 'North', 'fine'), (2, 'Bob', 'North', NULL), (3, 'Cleo', 'South', '[bold]x[/]');
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), amount REAL
);
INSERT INTO orders VALUES (1, 1, 10.5), (2, 1, 4.5), (3, 3, 20);
"""


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str


made_once = cache(typer.main.get_command)
"""The command that Typer makes of ours, which takes longer than to run it."""

Run: TypeAlias = Callable[..., Done]
Ask: TypeAlias = Callable[..., Any]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite file with customers and orders."""
    path = tmp_path_factory.mktemp("shop") / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(SHOP)
    connection.close()
    return str(path)


@pytest.fixture(scope="session")
def types(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A DuckDB file with a table of many types."""
    path = tmp_path_factory.mktemp("types") / "types.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE things AS SELECT DATE '2024-05-01' AS day, 1.10::DECIMAL(9,2) AS price, "
            "9007199254740993::BIGINT AS big, 'NaN'::DOUBLE AS nothing, 'ab'::BLOB AS bytes, "
            "[1, 2] AS list, {'a': 1} AS struct, INTERVAL 90 MINUTE AS span"
        )
    return str(path)


@pytest.fixture
def forerun(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, as a pipe would see it."""

    def run(*arguments: str) -> Done:
        console.stdout.cache_clear()
        console.stderr.cache_clear()
        monkeypatch.setattr(typer.main, "get_command", made_once)
        monkeypatch.setattr(sys, "argv", ["forerun", *arguments])
        with pytest.raises(SystemExit) as leaving:
            main()
        assert isinstance(leaving.value.code, int)
        printed = capsys.readouterr()
        return Done(leaving.value.code, printed.out, printed.err)

    return run


def spawn(*arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
    """The command as a process of its own, which hears Ctrl-C also where these tests do not."""
    return subprocess.Popen(
        [sys.executable, "-m", "forerun.cli", *arguments],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of FORERUN_EXPERIMENTS, not there yet; beside it a flag file, the rollout off."""
    path = tmp_path / "experiments.sqlite"
    monkeypatch.setenv("FORERUN_EXPERIMENTS", str(path))
    monkeypatch.setenv("FORERUN_FLAGS", str(put(tmp_path / "flags.json", rollout(stage="off"))))
    monkeypatch.setenv("ENABLE_PARALLEL", "true")
    return path


@pytest.fixture
def told(forerun: Run) -> Ask:
    """A command with --json that must end well: what it printed."""

    def ask(*arguments: str, status: int = 0) -> Any:
        done = forerun("experiment", *arguments, "--json")
        assert done.status == status, done
        return json.loads(done.out)

    return ask
