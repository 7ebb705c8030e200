"""What several processes find at their start is said by one of them, whatever becomes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from forerun.app.serving.told_once import ToldOnce

DIES_AMID_IT = """
import os, signal, sys
from forerun.app.serving.told_once import ToldOnce
with ToldOnce(sys.argv[1]).telling("The policies do not fit.") as is_ours:
    print(is_ours, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
SAID = "The policies do not fit."


def is_told(folder: Path | str | None, said: str = SAID) -> bool:
    with ToldOnce(None if folder is None else str(folder)).telling(said) as is_ours:
        return is_ours


def test_it_is_said_once(tmp_path: Path) -> None:
    """And something else once more; without a folder, or in one that is gone, by everybody."""
    assert [is_told(tmp_path), is_told(tmp_path), is_told(tmp_path, "Else.")] == [True, False, True]
    assert [is_told(None), is_told(None)] == [True, True]
    assert [is_told(tmp_path / "gone"), is_told(tmp_path / "gone")] == [True, True]


def test_who_dies_before_it_is_said_has_not_said_it(tmp_path: Path) -> None:
    """Killed between the two: the next one says it, and the one after that does not."""
    command = [sys.executable, "-c", DIES_AMID_IT, str(tmp_path)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (killed.stdout, killed.returncode) == ("True\n", -9)
    assert [is_told(tmp_path), is_told(tmp_path)] == [True, False]


def test_who_fails_to_say_it_has_not_said_it(tmp_path: Path) -> None:
    """As where the log raises."""
    try:
        with ToldOnce(str(tmp_path)).telling(SAID):
            raise OSError("The pipe is broken.")
    except OSError:
        pass
    assert is_told(tmp_path)


def test_where_nothing_can_be_locked_everybody_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some file systems of other machines: nothing fails for that."""

    def fails(*_: object) -> None:
        raise OSError("No locks are available.")

    monkeypatch.setattr("fcntl.flock", fails)
    assert [is_told(tmp_path), is_told(tmp_path)] == [True, True]


def test_others_wait_until_it_is_said(tmp_path: Path) -> None:
    """Of eight at once one says it, though the first takes its time."""
    told = []

    def tell() -> None:
        told.append(is_told(tmp_path))

    others = [Thread(target=tell) for _ in range(8)]
    with ToldOnce(str(tmp_path)).telling(SAID) as is_ours:
        for other in others:
            other.start()
        assert is_ours
        assert told == []
    for other in others:
        other.join(20)
    assert told == [False] * 8
