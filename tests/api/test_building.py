"""Nobody's request waits until the service has built its routes."""

from __future__ import annotations

from typing import Any

import fastapi.dependencies.utils as building
import httpx
import pytest
from fastapi import FastAPI

from forerun.api.app import create_app
from forerun.api.service import build_routes

pytestmark = pytest.mark.anyio


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the parameters of routes as they are built."""
    names: list[str] = []
    analyse = building.analyze_param

    def noted(**about: Any) -> Any:
        names.append(about["param_name"])
        return analyse(**about)

    monkeypatch.setattr(building, "analyze_param", noted)
    return names


async def ask_for_health(app: FastAPI) -> int:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return (await client.get("/healthz")).status_code


async def test_the_first_request_finds_all_routes_built(built: list[str]) -> None:
    app = create_app(None)
    build_routes(app)
    assert built
    built.clear()
    assert await ask_for_health(app) == 200
    assert not built


async def test_by_itself_the_first_request_has_them_built(built: list[str]) -> None:
    """Otherwise there would be nothing to do."""
    assert await ask_for_health(create_app(None)) == 200
    assert built
