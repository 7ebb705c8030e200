"""Worker processes end with what they work for, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

AT_WORK = """
import os, time
from forerun.lab.workers import worker_processes

def begin(): pass

def work(_):
    print(os.getpid(), flush=True)
    time.sleep(120)

if __name__ == "__main__":
    with worker_processes(begin) as workers:
        list(workers.map(work, range(20)))
"""
SOON_S = 10.0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process at work, and a worker of it."""
    script = tmp_path / "at_work.py"
    script.write_text(AT_WORK)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # as in a terminal
    )
    assert process.stdout is not None
    yield process, int(process.stdout.readline())
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("whole_group", [True, False])
def test_nothing_goes_on_behind_a_process_that_is_stopped(
    running: tuple[subprocess.Popen[str], int], sign: signal.Signals, whole_group: bool
) -> None:
    """Ctrl-C reaches the group, `kill` the process alone; its workers have minutes of work left."""
    process, worker = running
    (os.killpg if whole_group else os.kill)(process.pid, sign)
    process.wait(SOON_S)
    until = time.monotonic() + SOON_S
    while is_there(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_there(worker)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
