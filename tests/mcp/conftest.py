"""A shop and a deployment over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forerun.app.serving import Deployment
from tests.mcp.shops import configured, make_shop, make_slow


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shops") / "shop.sqlite")


@pytest.fixture
async def deployment(shop: Path) -> AsyncIterator[Deployment]:
    async with Deployment(configured(shop)) as opened:
        yield opened


@pytest.fixture(scope="package")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_slow(tmp_path_factory.mktemp("shops") / "slow.sqlite")


@pytest.fixture
async def slow_deployment(slow: Path) -> AsyncIterator[Deployment]:
    async with Deployment(configured(slow, samples=False)) as opened:
        yield opened
