"""`/healthz` and `/readyz`: for whoever starts, stops and sends questions to processes. Some of
those ask with HEAD."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from forerun.api.documenting import answers_with
from forerun.api.identifying import Guest, Served
from forerun.api.responses import json_response
from forerun.wire.service import HealthJSON, ReadinessJSON

router = APIRouter(tags=["health"])

_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {
        "description": "Send questions elsewhere.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReadinessJSON"}}},
    }
}


@router.head("/healthz", include_in_schema=False)
@router.get(
    "/healthz",
    summary="Whether the process lives",
    responses={200: answers_with(HealthJSON, "It does.")[200]},
    response_model=None,
)
async def alive() -> Response:
    """True until the end, also while the service is about to stop."""
    return json_response({"status": "alive"})


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    summary="Whether questions may be sent here",
    responses={200: answers_with(ReadinessJSON, "They may.")[200], **_NOT_READY},
    response_model=None,
)
async def ready(served: Served, guest: Guest) -> Response:
    """Ready, unless about to stop or no database answers. Databases are named to whom they may be
    asked by. Of one that does not answer, only a code is told: whoever may know more asks it."""
    errors = await served.databases.reach()
    is_ready = not all(errors.values())
    databases = {
        name: error.code if error else "ok"
        for name, error in errors.items()
        if guest is not None and guest.may_ask(name)
    }
    if served.draining:
        return json_response({"status": "draining", "databases": databases}, 503)
    wire = {"status": "ready" if is_ready else "unreachable", "databases": databases}
    return json_response(wire, 200 if is_ready else 503)
