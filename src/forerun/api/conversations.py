"""`/v1/conversations`: what was asked one after another. Never anybody else's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from forerun.api.documenting import answers_with, failing_with
from forerun.api.identifying import Asker, Served
from forerun.api.responses import json_response
from forerun.api.shapes import ConversationId
from forerun.app.serving import owner_of
from forerun.app.serving.store import KeptConversation, KeptTurn
from forerun.wire.moments import precisely
from forerun.wire.service import (
    ConversationJSON,
    ConversationsJSON,
    TurnJSON,
    WholeConversationJSON,
)

router = APIRouter(tags=["conversations"])

Id = Annotated[ConversationId, Path(description="The conversation's id.")]
Most = Annotated[int, Query(ge=1, le=1_000, description="How many at most.")]


@router.get(
    "/v1/conversations",
    summary="List your conversations",
    responses=answers_with(ConversationsJSON, "The latest first.", 422),
    response_model=None,
)
async def conversations(asker: Asker, served: Served, limit: Most = 100) -> Response:
    """Without their turns."""
    found = await served.keeper.store.conversations(owner_of(asker), limit)
    return json_response({"conversations": [_conversation(each) for each in found]})


@router.get(
    "/v1/conversations/{id}",
    summary="Read a conversation",
    responses=answers_with(WholeConversationJSON, "With its turns, oldest first.", 404, 422),
    response_model=None,
)
async def conversation(id: Id, asker: Asker, served: Served) -> Response:  # noqa: A002
    """The whole answers are at `/v1/answers/{answer_id}`."""
    found, turns = await served.keeper.store.conversation(owner_of(asker), id)
    return json_response({**_conversation(found), "turns": [_turn(each) for each in turns]})


@router.delete(
    "/v1/conversations/{id}",
    status_code=204,
    summary="Delete a conversation",
    responses={204: {"description": "It is gone."}, **failing_with(404, 422)},
    response_model=None,
)
async def forget(id: Id, asker: Asker, served: Served) -> Response:  # noqa: A002
    """With its turns and their answers."""
    await served.keeper.store.forget_conversation(owner_of(asker), id)
    return Response(status_code=204)


def _conversation(kept: KeptConversation) -> ConversationJSON:
    return {
        "id": kept.id,
        "database": kept.database,
        "title": kept.title,
        "began_at": precisely(kept.began_at),
        "at": precisely(kept.at),
        "turns": kept.turns,
    }


def _turn(kept: KeptTurn) -> TurnJSON:
    return {
        "number": kept.number,
        "follows": kept.seen,
        "answer_id": kept.answer,
        "at": precisely(kept.at),
        "question": kept.question,
        "status": kept.status,
        "sql": kept.turn.sql if kept.turn else None,
        "summary": kept.turn.summary if kept.turn else None,
        "choices": list(kept.asked_back.choices) if kept.asked_back else [],
    }
