"""The command as a process: start-up, signals, pipes, a conversation over standard input."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Run, spawn

SLOW = (
    "SELECT count(*) FROM a JOIN a AS b ON a.x < b.x JOIN a AS c ON b.x < c.x "
    "JOIN a AS d ON c.x < d.x"
)
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def slow_database(folder: Path) -> str:
    """A SQLite file on which SLOW takes hours."""
    path = folder / "slow.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (x)")
        connection.executemany("INSERT INTO a VALUES (?)", [(n,) for n in range(2_000)])
    connection.close()
    return str(path)


def is_open(path: str, process: subprocess.Popen[str]) -> bool:
    """Whether the process has the file open: its statement is about to run."""
    return any(os.path.realpath(fd) == path for fd in Path(f"/proc/{process.pid}/fd").iterdir())


def test_ctrl_c_ends_quickly_and_quietly(tmp_path: Path) -> None:
    """A statement that would run for hours is stopped: status 130, no traceback."""
    path = slow_database(tmp_path)
    process = spawn("sql", SLOW, "--db", path)
    deadline = time.monotonic() + 20
    while not is_open(path, process) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err


def test_a_reader_that_leaves_is_no_error(shop: str) -> None:
    """`forerun … | head -1` prints no complaint."""
    command = f"{sys.executable} -m forerun.cli schema --db {shop} | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("option", ["", "--json"])
def test_a_full_disk_is_told(shop: str, option: str) -> None:
    """Output that cannot be written is a failure with one message."""
    command = f"{sys.executable} -m forerun.cli sql 'SELECT 1' --db {shop} {option} > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "Error: The output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_do_no_harm(shop: str, closed: str) -> None:
    """Where the shell has closed a stream, the command runs without it."""
    command = f"{sys.executable} -m forerun.cli chat --db {shop} {closed}"
    done = subprocess.run(
        ["bash", "-c", command], input="how many customers?\n", capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == ""


def test_chat_follows_a_conversation_from_a_pipe(shop: str) -> None:
    """Questions are answered line by line, /sql shows the last SQL, the end of input ends it."""
    process = spawn("chat", "--db", shop)
    out, err = process.communicate("how many customers are there?\n/sql\n/help\n", timeout=60)
    assert process.returncode == 0
    assert err == ""
    assert out.upper().count("COUNT(") >= 2
    assert "/quit" in out


def test_chat_begins_only_with_a_database(forerun: Run, tmp_path: Path) -> None:
    """What cannot be opened ends the chat at once, with the status that `ask` would have."""
    file = tmp_path / "broken.csv"
    file.write_bytes(bytes(range(256)))
    for url, status in ((str(file), 2), ("postgresql://ann:pw@127.0.0.1:1/shop", 1)):
        done = forerun("chat", "--db", url)
        assert (done.status, done.out) == (status, "")
        assert done.err.startswith("Error: ")


def test_chat_survives_a_bad_question(shop: str) -> None:
    """An error ends its question, not the conversation."""
    process = spawn("chat", "--db", shop)
    asked = f"{'x' * 20_000}\nhow many customers are there?\n/quit\n"
    out, err = process.communicate(asked, timeout=60)
    assert process.returncode == 0
    assert "Error" in err
    assert "answered in" in out


def test_a_terminal_gets_colours_and_fits(shop: str) -> None:
    """On a terminal of 80 columns no line is longer, the SQL is coloured, progress vanishes."""
    sql = "SELECT id, name, region, notes, printf('%.*c', 200, 'x') AS long FROM customers"
    shown = in_terminal(["sql", sql, "--db", shop], columns=80)
    assert "\x1b[" in shown
    assert "Ada" in shown
    assert max(cell_len(CONTROL.sub("", line)) for line in shown.split("\n")) <= 80
    assert "Traceback" not in shown


def in_terminal(arguments: list[str], columns: int) -> str:
    """What the command writes to a terminal of that width."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns)}
    process = subprocess.Popen(
        [sys.executable, "-m", "forerun.cli", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        start_new_session=True,
    )
    os.close(slave)
    written = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 1)
        try:
            piece = os.read(master, 65_536) if ready else b""
        except OSError:  # the other end is closed
            break
        written += piece
        if not piece and process.poll() is not None:
            break
    process.wait(timeout=10)
    os.close(master)
    return written.decode()
