"""`ask`: a question, told of while it is answered, and asked back about where it is not clear."""

from __future__ import annotations

import json
from typing import Any

from forerun.app.serving import Asked
from forerun.domain import Mode, Status, new_trace_id
from forerun.errors import NotFound
from forerun.mcp.arguments import AskArguments
from forerun.mcp.calls import Call, Outcome, Tool, as_question, told
from forerun.mcp.choosing import chosen, offered
from forerun.mcp.progress import reporting
from forerun.mcp.wording import answer_in_words
from forerun.wire import AnswerJSON


class AskJSON(AnswerJSON):
    """An answer, and the conversation in which the next question may refer to it."""

    conversation_id: str


async def ask(call: Call, given: AskArguments) -> Outcome:
    """Where the client can ask its user which reading is meant, it is asked, once."""
    back = chosen(call)
    if back is not None and back.choice is None:
        asked_back = await _asked_back(call, back.answer_id)
        return _result({**asked_back, "conversation_id": back.conversation_id})
    conversation = given.conversation_id or new_trace_id()
    question = given.question
    if back is not None and back.choice is not None:
        conversation, question = back.conversation_id, back.choice
    answer = await _answer(call, given, question, conversation)
    if back is None and answer["status"] == Status.CLARIFY:
        picked = await offered(call, answer)
        if isinstance(picked, str):
            answer = await _answer(call, given, picked, conversation)
        elif picked is not None:
            return picked
    return _result(answer)


async def _answer(
    call: Call, given: AskArguments, question: str, conversation: str
) -> dict[str, Any]:
    """Whoever cancels the call cancels the question, with every model call and statement."""
    asked = Asked(
        question,
        given.database,
        conversation_id=conversation,
        mode=Mode(given.mode),
        max_rows=given.max_rows,
        timeout_s=given.timeout_s,
        guess=given.allow_guess,
    )
    async with reporting(call.context.session):
        begun = await call.deployment.begin(asked, call.identity, "mcp")
        wire = await call.deployment.answered(begun)
    return {**json.loads(wire), "conversation_id": conversation}


async def _asked_back(call: Call, id_: str) -> dict[str, Any]:
    """The answer that asked back. Another one may be a person's, with what a model may not have.
    Raises `NotFound`."""
    answer: dict[str, Any] = json.loads((await call.deployment.kept_answer(call.owner, id_)).wire)
    if answer["status"] != Status.CLARIFY:
        raise NotFound(f"Nothing was asked back in {id_}.", "Ask again.")
    return answer


def _result(answer: dict[str, Any]) -> Outcome:
    return told(answer_in_words(answer), answer, failed=answer["status"] == Status.FAILED)


ASK = Tool(
    "ask",
    "Ask a database",
    "Answers a question about a database in plain language: finds the tables, writes SQL, checks "
    "it, runs it read-only and sums up. Gives SQL, rows and a summary. Where it is not clear what "
    "is meant, it gives choices instead of guessing: ask again with the words of one.",
    AskArguments,
    AskJSON,
    ask,
    same_again=False,
    turned_away=as_question("mcp"),
)
