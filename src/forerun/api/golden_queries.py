"""`/v1/golden-queries`: questions with the SQL that a team knows to be right for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from forerun.access import Identity
from forerun.api.documenting import answers_with
from forerun.api.identifying import Served, TenantAdmin
from forerun.api.responses import json_response
from forerun.api.teaching_shapes import (
    ChangedGoldenBody,
    Cursor,
    Database,
    Expected,
    GoldenBody,
    KeptId,
    Most,
    ReviewBody,
    Words,
    golden_to_json,
    next_cursor,
    review_to_json,
    wanted,
)
from forerun.app.serving import Deployment
from forerun.app.serving.teaching import GoldenStatus, KeptGolden
from forerun.wire.teaching import GoldenQueriesJSON, ReviewedQueryJSON

router = APIRouter(tags=["teaching"])

Status = Annotated[GoldenStatus | None, Query(description="Only those that are that.")]
Why = Annotated[Words | None, Query(description="Kept with the review.")]
GOLDEN = {
    "id": "5b0c1d1f6f3c4f0e8a3f8f4f1f0f9f7e",
    "database": "sales",
    "question": "How many orders are there?",
    "sql": "SELECT count(*) FROM orders WHERE status <> 'cancelled'",
    "status": "accepted",
    "version": 2,
    "proposed_by": "ann",
    "at": "2026-11-27T08:15:00.000+00:00",
    "warnings": [],
    "broken": None,
}
REVIEWED = {
    **GOLDEN,
    "reviews": [
        {
            "version": 2,
            "act": "accepted",
            "who": "bea",
            "at": "2026-11-27T09:00:00.000+00:00",
            "why": "As finance counts it.",
        },
        {
            "version": 1,
            "act": "proposed",
            "who": "ann",
            "at": "2026-11-27T08:15:00.000+00:00",
            "why": None,
        },
    ],
}


@router.get(
    "/v1/golden-queries",
    summary="List golden queries and proposals",
    responses=answers_with(
        GoldenQueriesJSON,
        "Of your tenant, the latest first.",
        422,
        example={"golden_queries": [GOLDEN], "next_cursor": None},
    ),
    response_model=None,
)
async def golden_queries(
    admin: TenantAdmin,
    served: Served,
    status: Status = None,
    database: Database = None,
    cursor: Cursor = None,
    limit: Most = 100,
) -> Response:
    """Needs the scope `admin`, as all of these do: SQL may hold values that not everybody sees."""
    teaching = served.teaching
    found = await teaching.golden_queries(admin, wanted(database, status, cursor, limit))
    broken = await teaching.faults(admin, found)
    last = found[-1].number if found else None
    return json_response(
        {
            "golden_queries": [golden_to_json(each, broken.get(each.id)) for each in found],
            "next_cursor": next_cursor(last, len(found), limit),
        }
    )


@router.post(
    "/v1/golden-queries",
    status_code=201,
    summary="Add a golden query",
    responses=answers_with(
        ReviewedQueryJSON,
        "It is accepted.",
        400,
        404,
        409,
        413,
        422,
        example=REVIEWED,
        status=201,
    ),
    response_model=None,
)
async def add(body: GoldenBody, admin: TenantAdmin, served: Served) -> Response:
    """Accepted at once, where the gate and the database take it."""
    added = await served.teaching.add(admin, body.database, body.question, body.sql, body.why)
    return await _shown(served, admin, added, 201)


@router.get(
    "/v1/golden-queries/{id}",
    summary="Read a golden query with its reviews",
    responses=answers_with(ReviewedQueryJSON, "It.", 404, 422, example=REVIEWED),
    response_model=None,
)
async def golden_query(id: KeptId, admin: TenantAdmin, served: Served) -> Response:  # noqa: A002
    """Who did what to it, when and why."""
    return await _shown(served, admin, await served.teaching.golden_query(admin, id))


@router.put(
    "/v1/golden-queries/{id}",
    summary="Change a golden query",
    responses=answers_with(
        ReviewedQueryJSON, "As it is now.", 400, 404, 409, 413, 422, example=REVIEWED
    ),
    response_model=None,
)
async def put(
    id: KeptId,  # noqa: A002
    body: ChangedGoldenBody,
    admin: TenantAdmin,
    served: Served,
) -> Response:
    """A proposal may so be put right before it is accepted."""
    changed = await served.teaching.put(
        admin, id, body.question, body.sql, body.why, body.expected_version
    )
    return await _shown(served, admin, changed)


@router.post(
    "/v1/golden-queries/{id}/accept",
    summary="Accept a proposal",
    responses=answers_with(
        ReviewedQueryJSON, "It is accepted.", 400, 404, 409, 413, 422, example=REVIEWED
    ),
    response_model=None,
)
async def accept(id: KeptId, body: ReviewBody, admin: TenantAdmin, served: Served) -> Response:  # noqa: A002
    """From now on it takes part in answering, in the place of an earlier one for its question."""
    return await _reviewed(id, GoldenStatus.ACCEPTED, body, admin, served)


@router.post(
    "/v1/golden-queries/{id}/reject",
    summary="Reject a proposal",
    responses=answers_with(
        ReviewedQueryJSON, "It is rejected.", 400, 404, 409, 413, 422, example=REVIEWED
    ),
    response_model=None,
)
async def reject(id: KeptId, body: ReviewBody, admin: TenantAdmin, served: Served) -> Response:  # noqa: A002
    """It stays rejected, whoever proposes it again."""
    return await _reviewed(id, GoldenStatus.REJECTED, body, admin, served)


@router.delete(
    "/v1/golden-queries/{id}",
    summary="Retire a golden query",
    responses=answers_with(ReviewedQueryJSON, "It is retired.", 404, 409, 422, example=REVIEWED),
    response_model=None,
)
async def retire(
    id: KeptId,  # noqa: A002
    admin: TenantAdmin,
    served: Served,
    why: Why = None,
    expected_version: Expected = None,
) -> Response:
    """It takes no part in answering any more; what was decided about it is kept."""
    body = ReviewBody(why=why, expected_version=expected_version)
    return await _reviewed(id, GoldenStatus.RETIRED, body, admin, served)


async def _reviewed(
    id_: str, status: GoldenStatus, body: ReviewBody, admin: Identity, served: Deployment
) -> Response:
    reviewed = await served.teaching.review(admin, id_, status, body.why, body.expected_version)
    return await _shown(served, admin, reviewed)


async def _shown(
    served: Deployment, admin: Identity, golden: KeptGolden, status: int = 200
) -> Response:
    broken = await served.teaching.faults(admin, [golden])
    reviews = await served.teaching.reviews(admin, golden.id)
    shown = golden_to_json(golden, broken.get(golden.id))
    return json_response({**shown, "reviews": list(map(review_to_json, reviews))}, status)
