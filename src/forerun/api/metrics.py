"""`/metrics`: for Prometheus."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from forerun.api.documenting import failing_with
from forerun.api.identifying import Served, identified

router = APIRouter(tags=["telemetry"])

_TEXT = """\
# HELP forerun_questions_total Questions that have ended.
# TYPE forerun_questions_total counter
forerun_questions_total{database="sales",operation="ask",assigned="parallel",served="parallel",\
outcome="answered"} 12.0
"""
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Text for Prometheus; OpenMetrics, with exemplars, where that is accepted.",
        "content": {
            "text/plain": {"schema": {"type": "string"}, "example": _TEXT},
            "application/openmetrics-text": {"schema": {"type": "string"}},
        },
    },
}


@router.get(
    "/metrics",
    summary="See rates, errors, durations, and what is under way",
    responses={**_RESPONSES, **failing_with()},
    response_class=Response,
    status_code=200,
    response_model=None,
)
async def metrics(request: Request, served: Served) -> Response:
    """For everybody where `telemetry.metrics_public` is set; else for admins of the whole service,
    as whom everybody on this machine counts until the first key is made."""
    if not served.configuration.telemetry.metrics_public:
        (await identified(request)).require_whole_service()
    accept = request.headers.get("accept", "")
    text, media_type = await anyio.to_thread.run_sync(served.telemetry.metrics_text, accept)
    return Response(text, media_type=media_type)
