"""Stores of telemetry of every kind, each test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forerun.app.telemetry import open_traces
from forerun.telemetry.store import TraceStore
from tests.services import Scratch

SCHEMA = "forerun_telemetry"


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where nothing is kept yet."""
    if request.param == "memory":
        return "memory"
    if request.param == "sqlite":
        return str(tmp_path / "telemetry.db")
    scratch: Scratch = request.getfixturevalue("postgres")
    import psycopg

    with psycopg.connect(scratch.owner_url, autocommit=True) as owner:
        owner.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())
    return scratch.owner_url


@pytest.fixture
async def store(anyio_backend: str, place: str) -> AsyncIterator[TraceStore]:
    """An empty store."""
    opened = open_traces(place)
    assert opened is not None
    yield opened
    await opened.aclose()
