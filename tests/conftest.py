"""Fixtures that more than one test module needs."""

from __future__ import annotations

import os
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

# `--hypothesis-profile=full`, as in CI's second pass, tries as many examples as Hypothesis does.
# How long one takes says more of the machine than of the code: each test has its timeout anyway.
usual = settings.get_profile(settings.get_current_profile_name())
settings.register_profile("full", usual, deadline=None)
settings.register_profile("quick", usual, deadline=None, max_examples=30)
settings.load_profile("quick")


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
