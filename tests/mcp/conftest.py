"""A shop and a deployment over it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from forerun.app.serving import Deployment
from tests.mcp.shops import configured, make_shop, make_slow


@pytest.fixture(scope="package", autouse=True)
def schemas_are_checked_once() -> Iterator[None]:
    """Each client checks those of the tools it calls, which takes ten times as long as a call."""
    check = Draft202012Validator.check_schema
    checked = set[str]()

    def once(schema: Any) -> None:
        text = json.dumps(schema)
        if text not in checked:
            check(schema)
            checked.add(text)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Draft202012Validator, "check_schema", once)
        yield


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
