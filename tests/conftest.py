"""Fixtures that more than one test module needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import Scratch, development_data, scratch_mysql, scratch_postgres

# Where no bytecode may be kept, every process that a test starts compiles Forerun anew: that takes
# as long as all else it does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


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
