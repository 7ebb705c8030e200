"""Fixtures that more than one test module needs."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.services import Scratch, development_data, scratch_mysql, scratch_postgres

# Where no bytecode may be kept, every process that a test starts compiles Forerun anew: that takes
# as long as all else it does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

MOST_PROCESSES = 8
"""More would want more connections at once than a PostgreSQL server takes by default."""

# What tests write is thrown away: they need not wait until a disk has it, where memory has room.
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there
ROOM = 4 * 2**30
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# `--hypothesis-profile=full`, as in CI's second pass, tries as many examples as Hypothesis does.
# How long one takes says more of the machine than of the code: each test has its timeout anyway.
usual = settings.get_profile(settings.get_current_profile_name())
settings.register_profile("full", usual, deadline=None)
settings.register_profile("quick", usual, deadline=None, max_examples=20)
settings.load_profile("quick")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Tests of folders are shared among processes, one more than cores, as they often wait.

    Those of single files stay in this process: it takes less time, and a debugger works. `-n`
    says otherwise. Without pytest-xdist all goes on here.
    """
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput"):
        return
    folders = any(Path(argument).is_dir() for argument in config.args)
    if config.option.numprocesses is None and folders and not config.option.usepdb:
        config.option.numprocesses = min((os.cpu_count() or 1) + 1, MOST_PROCESSES)
    if config.option.dist == "no":
        config.option.dist = "worksteal"  # keeps most tests of a module together: they share things


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported stays: to look through it again and again takes a tenth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """What all tests share is not looked through again by the garbage collector: a fifth of the
    time would go there. What they leave is, as ever, but in greater bites."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def data() -> Path:
    return development_data()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Scratch]:
    yield from scratch_postgres()


@pytest.fixture(scope="module")
def mysql() -> Iterator[Scratch]:
    yield from scratch_mysql()
