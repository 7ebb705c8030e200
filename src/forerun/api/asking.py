"""`/v1/ask`: a question and its answer, at the end or as it comes about."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request
from starlette.responses import Response

from forerun.api.documenting import answers_with, failing_with
from forerun.api.identifying import Asker, Known, Served
from forerun.api.leaving import unless_gone
from forerun.api.responses import json_response
from forerun.api.shapes import AskBody, CacheUse, QuestionId
from forerun.api.streaming import MEDIA_TYPE, EventStream
from forerun.app.serving import Asked, Deployment, owner_of
from forerun.app.serving.asked import question_id
from forerun.app.serving.known import Found
from forerun.wire import AnswerJSON
from forerun.wire.service import CancelJSON

router = APIRouter(tags=["asking"])

Id = Annotated[QuestionId, Path(description="The question's id.")]
LastEventId = Annotated[
    int,
    Header(alias="Last-Event-ID", ge=0, description="The last event that was seen; 0: none."),
]
_EVENT = {
    "type": "object",
    "description": "One event; there are many.",
    "properties": {
        "id": {"type": "string", "description": "Counts from 1."},
        "event": {"type": "string"},
        "data": {"type": "string", "description": "JSON."},
    },
}
_EXAMPLE = (
    'id: 1\nevent: accepted\ndata: {"id":"…","database":"sales","conversation_id":null,'
    '"question":"How many orders are there?"}\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events as docs/service.md lists them; the last is `answer` or `error`.",
        "content": {MEDIA_TYPE: {"schema": _EVENT, "example": _EXAMPLE}},
    },
    204: {"description": "Nothing comes after that event: it was the last one."},
}
_OF_THE_ANSWER = {"id": "$response.body#/trace_id"}
_LINKS = {
    "answer": {"operationId": "answer_v1_answers__id__get", "parameters": _OF_THE_ANSWER},
    "events": {"operationId": "resume_v1_ask__id__stream_get", "parameters": _OF_THE_ANSWER},
    "cancel": {"operationId": "cancel_v1_ask__id__cancel_post", "parameters": _OF_THE_ANSWER},
    "conversation": {
        "operationId": "conversation_v1_conversations__id__get",
        "parameters": {"id": "$request.body#/conversation_id"},
    },
}
_ANSWER = answers_with(AnswerJSON, "The answer.", 400, 404, 409, 413, 422)


@router.post(
    "/v1/ask",
    summary="Ask a question and wait for its answer",
    responses={**_ANSWER, 200: {**_ANSWER[200], "links": _LINKS}},
    response_model=None,
)
async def ask(body: AskBody, request: Request, known: Known, served: Served) -> Response:
    """The same object as `forerun ask --json`. Whoever hangs up cancels everything."""

    async def answer() -> bytes:
        begun = await served.begin(_asked(body, request), known, "ask")
        return await served.answered(begun)

    return json_response(await unless_gone(request, answer))


@router.post(
    "/v1/ask/stream",
    summary="Ask a question and see its answer come about",
    responses={**_STREAM, **failing_with(400, 404, 409, 413, 422)},
    response_class=EventStream,
    status_code=200,
    response_model=None,
)
async def ask_stream(
    body: AskBody, request: Request, known: Known, served: Served, last_event_id: LastEventId = 0
) -> Response:
    """Server-sent events. Cut off, it is resumed by the same request with `Last-Event-ID`, where
    it named its `id`, or by the other route; otherwise the question is soon cancelled."""

    async def begin() -> Found:
        return await served.begin(_asked(body, request), known, "stream")

    return _stream(served, await unless_gone(request, begin), last_event_id)


@router.get(
    "/v1/ask/{id}/stream",
    summary="Go on with the events of a question",
    responses={**_STREAM, **failing_with(404, 422)},
    response_class=EventStream,
    status_code=200,
    response_model=None,
)
async def resume(id: Id, asker: Asker, served: Served, last_event_id: LastEventId = 0) -> Response:  # noqa: A002
    """From whichever process. Of a question of long ago there is only the answer."""
    found = await served.find(owner_of(asker), question_id(id))
    return _stream(served, found, last_event_id)


@router.post(
    "/v1/ask/{id}/cancel",
    summary="Cancel a question",
    responses=answers_with(CancelJSON, "Whether there was still something to cancel.", 404, 422),
    response_model=None,
)
async def cancel(id: Id, asker: Asker, served: Served) -> Response:  # noqa: A002
    """With every model call and statement of it, in whichever process it is."""
    named = question_id(id)
    wire: CancelJSON = {"id": named, "cancelled": await served.cancel(owner_of(asker), named)}
    return json_response(wire)


def _asked(body: AskBody, request: Request) -> Asked:
    return Asked(
        body.question,
        body.database,
        body.id,
        body.conversation_id,
        body.mode,
        body.max_rows,
        body.timeout_s,
        body.cache is CacheUse.BYPASS,
        body.allow_guess,
        request.headers.get("traceparent"),
    )


def _stream(served: Deployment, ask: Found, after: int) -> Response:
    if ask.has_told_all(after):
        return Response(status_code=204)  # by which browsers know not to come back
    return EventStream(served.follow(ask, after), served.configuration.serve.heartbeat_s)
