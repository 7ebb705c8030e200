"""Requests with keys, and what the audit log has of them."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import FastAPI

from forerun.access.keys import Grant
from forerun.app.serving import Deployment
from tests.api.service import app_of


async def key(deployment: Deployment, *given: Any, **named: Any) -> str:
    """The text of a new key; `given` and `named` are those of `Grant` after its name."""
    _, text = await deployment.access.keys.create(Grant("test", *given, **named))
    return text


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def caller(
    app: FastAPI | Deployment,
    text: str | None = None,
    host: str = "localhost",
    address: str = "127.0.0.1",
) -> httpx.AsyncClient:
    """Somebody at `address` who calls the service by the name of `host`."""
    app = app_of(app) if isinstance(app, Deployment) else app
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
    headers = {} if text is None else bearer(text)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers)


async def audited(deployment: Deployment) -> list[dict[str, Any]]:
    """The bodies of all lines, oldest first."""
    audit = deployment.access.audit
    assert audit is not None
    await audit.flush()
    return [line.body for line in reversed(await audit.trail.lines())]
