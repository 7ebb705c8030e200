"""A service with a flag file and a store of experiments of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from forerun.app.sections import DatabaseSection
from forerun.app.serving import Deployment
from tests.api.service import SETTINGS, configuration, served
from tests.rollout.flags.files import rollout


@dataclass
class Rolling:
    """What a test works with."""

    deployment: Deployment
    asks: httpx.AsyncClient
    file: Path

    async def json(self, method: str, path: str, status: int = 200, **given: Any) -> Any:
        response = await self.asks.request(method, path, **given)
        assert response.status_code == status, response.text
        return response.json()

    async def experiment(self, **plan: Any) -> str:
        """The id of a draft."""
        given = {"name": "faster", "hypothesis": "It is faster.", "ramp": [10, 50]} | plan
        made = await self.json("POST", "/v1/experiments", 201, json=given)
        id_: str = made["id"]
        return id_

    def flag(self) -> dict[str, Any]:
        flag: dict[str, Any] = json.loads(self.file.read_text())["flags"]["parallel"]
        return flag


@asynccontextmanager
async def rolling_out(
    url: str, folder: Path, others: Mapping[str, str] | None = None, **changes: Any
) -> AsyncIterator[Rolling]:
    file = folder / "flags.json"
    if not file.exists():
        file.write_text(json.dumps(rollout(stage="off")))
    settings = replace(
        SETTINGS,
        flags=str(file),
        experiments=changes.pop("experiments", str(folder / "experiments.sqlite")),
        enable_parallel=True,
        **changes,
    )
    configured = configuration(url, settings=settings)
    more = {name: DatabaseSection(each) for name, each in (others or {}).items()}
    databases = {**configured.databases, **more}
    async with served(replace(configured, databases=databases)) as (deployment, asks):
        yield Rolling(deployment, asks, file)
