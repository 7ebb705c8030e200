"""`/v1/glossary`: a team's own words."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forerun.access import Identity
from forerun.api.documenting import answers_with, failing_with
from forerun.api.identifying import Served, TenantAdmin
from forerun.api.responses import json_response
from forerun.api.teaching_shapes import (
    ChangedTermBody,
    Cursor,
    Database,
    Expected,
    KeptId,
    Most,
    TermBody,
    next_cursor,
    term_to_json,
    wanted,
)
from forerun.app.serving import Deployment
from forerun.app.serving.teaching import KeptTerm
from forerun.wire.teaching import GlossaryJSON, TermJSON

router = APIRouter(tags=["teaching"])

TERM = {
    "id": "8a1f0c6f5b9e4d0fa2b45b1c9a7f3e21",
    "database": "sales",
    "term": "revenue",
    "table": "orders",
    "column": None,
    "expression": "SUM(amount)",
    "synonyms": ["turnover"],
    "description": None,
    "version": 1,
    "changed_by": "bea",
    "at": "2026-11-27T08:15:00.000+00:00",
    "broken": None,
}


@router.get(
    "/v1/glossary",
    summary="List the glossary",
    responses=answers_with(
        GlossaryJSON,
        "Of your tenant, the latest first.",
        422,
        example={"terms": [TERM], "next_cursor": None},
    ),
    response_model=None,
)
async def glossary(
    admin: TenantAdmin,
    served: Served,
    database: Database = None,
    cursor: Cursor = None,
    limit: Most = 100,
) -> Response:
    """Needs the scope `admin`, as all of these do."""
    found = await served.glossary.terms(admin, wanted(database, None, cursor, limit))
    broken = await served.glossary.faults(admin, found)
    last = found[-1].number if found else None
    return json_response(
        {
            "terms": [term_to_json(each, broken.get(each.id)) for each in found],
            "next_cursor": next_cursor(last, len(found), limit),
        }
    )


@router.post(
    "/v1/glossary",
    status_code=201,
    summary="Add a term",
    responses=answers_with(
        TermJSON, "It is known.", 400, 404, 409, 413, 422, example=TERM, status=201
    ),
    response_model=None,
)
async def add(body: TermBody, admin: TenantAdmin, served: Served) -> Response:
    """Known from the next question on."""
    added = await served.glossary.add(admin, body.database, body.meant())
    return await _shown(served, admin, added, 201)


@router.get(
    "/v1/glossary/{id}",
    summary="Read a term",
    responses=answers_with(TermJSON, "It.", 404, 422, example=TERM),
    response_model=None,
)
async def term(id: KeptId, admin: TenantAdmin, served: Served) -> Response:  # noqa: A002
    """With who changed it last."""
    return await _shown(served, admin, await served.glossary.term(admin, id))


@router.put(
    "/v1/glossary/{id}",
    summary="Replace a term",
    responses=answers_with(TermJSON, "As it is now.", 400, 404, 409, 413, 422, example=TERM),
    response_model=None,
)
async def put(id: KeptId, body: ChangedTermBody, admin: TenantAdmin, served: Served) -> Response:  # noqa: A002
    """All of it; what is left out is empty."""
    after = await served.glossary.put(admin, id, body.meant(), body.expected_version)
    return await _shown(served, admin, after)


@router.delete(
    "/v1/glossary/{id}",
    status_code=204,
    summary="Delete a term",
    responses={204: {"description": "It is gone."}, **failing_with(404, 409, 422)},
    response_model=None,
)
async def forget(
    id: KeptId,  # noqa: A002
    admin: TenantAdmin,
    served: Served,
    expected_version: Expected = None,
) -> Response:
    """From the next question on nobody knows it."""
    await served.glossary.forget(admin, id, expected_version)
    return Response(status_code=204)


async def _shown(
    served: Deployment, admin: Identity, kept: KeptTerm, status: int = 200
) -> Response:
    broken = await served.glossary.faults(admin, [kept])
    return json_response(term_to_json(kept, broken.get(kept.id)), status)
