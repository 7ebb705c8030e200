"""The service as a real process, started as users start it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

COMMAND = (sys.executable, "-m", "forerun.cli", "serve", "--port", "0")
STARTED_WITHIN_S = 60.0


@dataclass(frozen=True)
class Served:
    """One process of the service, or the parent of several."""

    process: subprocess.Popen[str]
    url: str
    errors: Path
    """What it writes to stderr."""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def memory_mb(self) -> float:
        """Resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def said(self) -> str:
        return self.errors.read_text()

    def kill(self) -> None:
        """As the kernel does, without a word."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(folder: Path, config: str, *arguments: str, name: str = "one") -> Iterator[Served]:
    """A service that is ready, on a free port; gone afterwards, whatever happens.

    `config` is the text of its configuration file.
    """
    file = folder / f"{name}.toml"
    file.write_text(config)
    errors = folder / f"{name}.errors"
    with (
        errors.open("a") as told,
        subprocess.Popen(
            [*COMMAND, "--config", str(file), *arguments],
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
            cwd=folder,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address is not None, errors.read_text()
            served = Served(process, address[0], errors)
            _wait_until_ready(served)
            yield served
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                _end_or_kill(process)


def _end_or_kill(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail("the service did not end when it was told to")


def _wait_until_ready(served: Served) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until and served.process.poll() is None:
        try:
            if httpx.get(f"{served.url}/readyz", timeout=10, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"the service did not become ready: {served.said()}")
