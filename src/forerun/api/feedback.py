"""`/v1/feedback`: whether answers were right, as those say who asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from forerun.api.documenting import answers_with
from forerun.api.identifying import Asker, Served, TenantAdmin
from forerun.api.responses import json_response
from forerun.api.teaching_shapes import (
    Cursor,
    Database,
    FeedbackBody,
    Most,
    feedback_to_json,
    next_cursor,
    wanted,
)
from forerun.app.serving.asked import question_id
from forerun.app.serving.teaching import Judgement, Said
from forerun.wire.teaching import FeedbackJSON, FeedbackListJSON

router = APIRouter(tags=["teaching"])

Verdict = Annotated[Judgement | None, Query(description="Only what was said to be that.")]
GIVEN = {
    "answer_id": "0af7651916cd43dd8448eb211c80319c",
    "database": "sales",
    "question": "How many orders are there?",
    "verdict": "wrong",
    "comment": "Cancelled orders do not count.",
    "corrected_sql": "SELECT count(*) FROM orders WHERE status <> 'cancelled'",
    "golden_query": "5b0c1d1f6f3c4f0e8a3f8f4f1f0f9f7e",
    "user": "ann",
    "at": "2026-11-27T08:15:00.000+00:00",
}


@router.post(
    "/v1/feedback",
    summary="Say whether an answer of yours was right",
    responses=answers_with(FeedbackJSON, "What is kept of it.", 400, 404, 413, 422, example=GIVEN),
    response_model=None,
)
async def say(body: FeedbackBody, asker: Asker, served: Served) -> Response:
    """What you say last of an answer takes the place of what you said before. SQL that answers the
    question, by its verdict or by your correction, becomes a proposal of a golden query. It counts
    as a request of yours, because the database looks at the SQL."""
    said = Said(question_id(body.answer_id), body.verdict, body.comment, body.corrected_sql)
    return json_response(feedback_to_json(await served.teaching.say(asker, said)))


@router.get(
    "/v1/feedback",
    summary="See what was said of answers",
    responses=answers_with(
        FeedbackListJSON,
        "Of your tenant, the latest first.",
        422,
        example={"feedback": [GIVEN], "next_cursor": None},
    ),
    response_model=None,
)
async def feedback(
    admin: TenantAdmin,
    served: Served,
    verdict: Verdict = None,
    database: Database = None,
    cursor: Cursor = None,
    limit: Most = 100,
) -> Response:
    """Needs the scope `admin`."""
    asked = wanted(database, verdict, cursor, limit)
    found = await served.teaching.feedback(admin, asked)
    last = found[-1].number if found else None
    return json_response(
        {
            "feedback": [feedback_to_json(each) for each in found],
            "next_cursor": next_cursor(last, len(found), limit),
        }
    )
