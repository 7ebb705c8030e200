"""`/v1/performance`: how many, how well, how fast; parallel and sequential side by side."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from forerun.api.documenting import answers_with
from forerun.api.identifying import Served
from forerun.api.looking import Seen, WindowS
from forerun.api.responses import json_response
from forerun.api.shapes import ONE_LINE
from forerun.telemetry.shapes import PerformanceJSON, performance_to_json

router = APIRouter(tags=["telemetry"])
SHAPES: tuple[type, ...] = (PerformanceJSON,)
DAY_S = 86_400.0

Operation = Annotated[
    str,
    Path(
        min_length=1,
        max_length=100,
        pattern=ONE_LINE,
        description="How they came: ask, stream, mcp.",
    ),
]
_PARALLEL: dict[str, Any] = {
    "arm": "parallel",
    "count": 40,
    "success_rate": 0.975,
    "fallback_rate": 0.025,
    "mean_s": 5.1,
    "p50_s": 4.4,
    "p95_s": 11.2,
    "p99_s": 14.0,
    "first_rows_p50_s": 2.9,
    "first_rows_p95_s": 7.5,
    "model_s": 4.6,
    "database_s": 0.3,
    "own_s": 0.2,
    "queued_s": 0.0,
    "overlap": 1.9,
    "critical_share": 0.98,
    "tokens": 81200,
    "cost_usd": 0.74,
    "cache_hit_rate": 0.0,
    "mismatches": 0,
}
_SEQUENTIAL = _PARALLEL | {
    "arm": "sequential",
    "mean_s": 9.8,
    "p50_s": 8.9,
    "p95_s": 19.0,
    "p99_s": 22.1,
    "fallback_rate": 0.0,
    "overlap": 1.0,
}
_EXAMPLE: dict[str, Any] = {
    "since": "2027-03-30T08:15:00.000+00:00",
    "window_s": DAY_S,
    "questions": 80,
    "is_whole": True,
    "operations": [
        {
            "operation": "ask",
            "whole": _PARALLEL | {"arm": "all", "count": 80, "mean_s": 7.5},
            "assigned": [_PARALLEL, _SEQUENTIAL],
            "served": [_PARALLEL, _SEQUENTIAL],
            "comparison": {
                "basis": "drawn",
                "sequential": 39,
                "parallel": 39,
                "ratios": [
                    {
                        "metric": "mean_time",
                        "estimate": 0.52,
                        "low": 0.31,
                        "high": 0.86,
                        "fault": None,
                    }
                ],
                "verdict": "faster",
                "note": None,
            },
        }
    ],
    "slowest": [],
}
_RESPONSES = answers_with(
    PerformanceJSON, "As docs/telemetry.md explains it.", 404, 422, example=_EXAMPLE
)


@router.get(
    "/v1/performance",
    summary="See how fast and how well questions were answered",
    responses=_RESPONSES,
    response_model=None,
)
async def performance(seen: Seen, served: Served, window_s: WindowS = DAY_S) -> Response:
    """Counted exactly from every question of your tenant; with the scope `admin`, of all."""
    return await _performance(seen, served, window_s, None)


@router.get(
    "/v1/performance/{operation}",
    summary="See the same of one operation",
    responses=_RESPONSES,
    response_model=None,
)
async def performance_of(
    operation: Operation, seen: Seen, served: Served, window_s: WindowS = DAY_S
) -> Response:
    """Nothing where none of it has ended in that time."""
    return await _performance(seen, served, window_s, operation)


async def _performance(
    seen: Seen, served: Served, window_s: float, operation: str | None
) -> Response:
    figures = await served.telemetry.performance(
        window_s, operation, database=seen.database, tenant=seen.tenant
    )
    return json_response(performance_to_json(figures))
