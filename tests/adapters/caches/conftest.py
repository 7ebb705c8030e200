"""A shared cache of each kind, empty."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from forerun.ports import SharedCache
from tests import services
from tests.adapters.caches.places import Place


@pytest.fixture
def on_redis() -> Iterator[Place]:
    for prefix in services.scratch_redis():
        yield Place(services.REDIS, prefix)


@pytest.fixture
def on_disk(tmp_path: Path) -> Place:
    return Place(str(tmp_path / "kept" / "cache.sqlite"))


@pytest.fixture(params=["disk", "redis"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture
async def cache(place: Place) -> AsyncIterator[SharedCache]:
    async with place.open() as opened:
        yield opened
