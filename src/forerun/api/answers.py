"""`/v1/answers`: answers as they were served."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forerun.api.asking import Id
from forerun.api.documenting import answers_with
from forerun.api.identifying import Asker, Served
from forerun.api.responses import json_response
from forerun.app.serving import owner_of
from forerun.app.serving.asked import question_id
from forerun.wire import AnswerJSON

router = APIRouter(tags=["answers"])


@router.get(
    "/v1/answers/{id}",
    summary="Read an answer again",
    responses=answers_with(AnswerJSON, "The answer as it was served.", 404, 422),
    response_model=None,
)
async def answer(id: Id, asker: Asker, served: Served) -> Response:  # noqa: A002
    """Only your own, and for as long as answers are kept."""
    kept = await served.kept_answer(owner_of(asker), question_id(id))
    return json_response(kept.wire.encode())
