"""What the tests of the service share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.service import shop
from tests.services import RedisServer, redis_server


@pytest.fixture(scope="session")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return shop(tmp_path_factory.mktemp("service") / "shop.duckdb")


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """One of the module's own, which it may stop."""
    with redis_server() as server:
        yield server


@pytest.fixture
def state(tmp_path: Path) -> str:
    """A place for what several processes keep."""
    return str(tmp_path / "state.sqlite")
