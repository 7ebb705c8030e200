"""`/v1/traces`: where the time of finished questions went."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from forerun.api.documenting import answers_with
from forerun.api.identifying import Looker, Served
from forerun.api.looking import Seen, WindowS, tenant_of
from forerun.api.responses import json_response
from forerun.api.shapes import ONE_LINE, QuestionId
from forerun.app.serving.asked import question_id
from forerun.telemetry.chrome import ChromeTraceJSON, chrome_trace
from forerun.telemetry.shapes import TraceJSON, TracePageJSON, page_to_json, trace_to_json
from forerun.telemetry.store import LARGEST_PAGE, Wanted, unknown_trace

router = APIRouter(tags=["telemetry"])
SHAPES: tuple[type, ...] = (TracePageJSON, TraceJSON, ChromeTraceJSON)
THREE_DAYS_S = 3 * 86_400.0
MOST_MS = 1e9
CURSOR = r"^[0-9]{1,12}\.[0-9]{1,9}_[0-9a-f]{32}$"


class TraceStatus(StrEnum):
    ANSWERED = "answered"
    CLARIFY = "clarify"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Arm(StrEnum):
    PARALLEL = "parallel"
    SEQUENTIAL = "sequential"
    NONE = "none"


class TraceFormat(StrEnum):
    JSON = "json"
    CHROME = "chrome"


Id = Annotated[QuestionId, Path(description="The `trace_id` of the answer.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="How many at most.")]
Cursor = Annotated[
    str | None, Query(pattern=CURSOR, description="`next_cursor` of the page before.")
]
Format = Annotated[
    TraceFormat, Query(description="`chrome`: for Perfetto (ui.perfetto.dev) and chrome://tracing.")
]
_SUMMARY: dict[str, Any] = {
    "trace_id": "0f3a5b0e9c7d4c1e8f6a2b4d6c8e0a12",
    "started_at": "2027-03-31T08:15:00.000+00:00",
    "operation": "ask",
    "database": "sales",
    "tenant": "default",
    "status": "answered",
    "error": None,
    "assigned": "parallel",
    "served": "parallel",
    "fallback": None,
    "ms": 4410.2,
    "sequential_ms": 8930.0,
    "queued_ms": 0.0,
    "first_rows_ms": 2903.1,
    "model_ms": 4012.7,
    "database_ms": 181.4,
    "own_ms": 216.1,
    "overlap": 1.9,
    "critical_share": 0.98,
    "cache": "miss",
    "tokens": 2031,
    "cost_usd": 0.018,
    "mismatch": False,
    "spans": 14,
}
_SPAN: dict[str, Any] = {
    "id": "6e1f0a9b3c5d7e2f",
    "parent": None,
    "name": "invoke_workflow hybrid_orchestrator",
    "kind": "workflow",
    "branch": "main",
    "start_ms": 0.0,
    "end_ms": 4410.2,
    "outcome": "answered",
    "error": None,
    "wasted": False,
    "critical": False,
    "attributes": {"app.arm": "parallel", "db.namespace": "sales"},
    "events": [],
}
_PAGE = {"traces": [_SUMMARY], "next_cursor": "1806480900.25_0f3a5b0e9c7d4c1e8f6a2b4d6c8e0a12"}
_ONE = answers_with(TraceJSON, "Its figures and its spans.", 404, 422)
_ONE[200]["content"]["application/json"] = {
    "schema": {
        "anyOf": [
            {"$ref": "#/components/schemas/TraceJSON"},
            {"$ref": "#/components/schemas/ChromeTraceJSON"},
        ]
    },
    "example": {"summary": _SUMMARY, "spans": [_SPAN]},
}


async def wanted(
    seen: Seen,
    window_s: WindowS = THREE_DAYS_S,
    operation: Annotated[
        str | None,
        Query(max_length=100, pattern=ONE_LINE, description="How they came: ask, stream."),
    ] = None,
    status: Annotated[TraceStatus | None, Query(description="What became of them.")] = None,
    arm: Annotated[Arm | None, Query(description="The schedule that answered.")] = None,
    slower_than_ms: Annotated[
        float | None,
        Query(ge=0, le=MOST_MS, allow_inf_nan=False, description="Took more milliseconds."),
    ] = None,
) -> Wanted:
    """What the parameters say."""
    since = time.time() - window_s
    return Wanted(seen.tenant, seen.database, status, arm, operation, slower_than_ms, since)


@router.get(
    "/v1/traces",
    summary="List traces",
    responses=answers_with(TracePageJSON, "The latest first.", 400, 404, 422, example=_PAGE),
    response_model=None,
)
async def traces(
    wanted: Annotated[Wanted, Depends(wanted)],
    served: Served,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Those of your tenant; with the scope `admin`, of all."""
    return json_response(page_to_json(await served.telemetry.traces(wanted, limit, cursor)))


@router.get(
    "/v1/traces/{id}",
    summary="See one trace",
    responses=_ONE,
    response_model=None,
)
async def trace(
    id: Id,  # noqa: A002
    looker: Looker,
    served: Served,
    format: Format = TraceFormat.JSON,  # noqa: A002
) -> Response:
    """Where another process has answered, it is there a moment after the answer."""
    kept = await served.telemetry.trace(question_id(id), tenant_of(looker))
    if tenant_of(looker) is not None and not looker.may_ask(kept.outcome.database):
        raise unknown_trace(id)
    chosen = format is TraceFormat.CHROME
    return json_response(chrome_trace(kept) if chosen else trace_to_json(kept))
