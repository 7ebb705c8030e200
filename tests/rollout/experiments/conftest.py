"""Experiment stores of every kind, each test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forerun.app.experimenting import open_experiments
from forerun.rollout.experiments.store import ExperimentStore
from tests.services import Scratch

SCHEMA = "forerun_experiments"


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where several processes can keep experiments; nothing is there yet."""
    return place_of(request.param, request, tmp_path)


@pytest.fixture
def postgres_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same, in PostgreSQL."""
    return place_of("postgres", request, tmp_path)


@pytest.fixture(params=["sqlite", "postgres", "memory"])
async def store(
    anyio_backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[ExperimentStore]:
    """An empty store."""
    opened = open_experiments(place_of(request.param, request, tmp_path))
    yield opened
    await opened.aclose()


def place_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if kind == "memory":
        return kind
    if kind == "sqlite":
        return str(folder / "experiments.db")
    scratch: Scratch = request.getfixturevalue("postgres")
    import psycopg

    with psycopg.connect(scratch.owner_url, autocommit=True) as owner:
        owner.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())
    return scratch.owner_url
