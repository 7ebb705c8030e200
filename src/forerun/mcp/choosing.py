"""Which reading is meant: asked of the client's user, where the client can do that.

Up to the protocol of 2025-11-25 the client is asked in the middle of the call. Since that of
2026-07-28 the call ends with the question, and comes again with what was chosen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from forerun.mcp.calls import Call

FIELD = "reading"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came back. `choice` is None where the user did not want to choose."""

    choice: str | None
    answer_id: str
    """Of the answer that asked back."""
    conversation_id: str


def chosen(call: Call) -> Chosen | None:
    """What this call brings back of the question that the call before it ended with.

    What the client gives back may be anything: the conversation and the answer are looked up as
    those of whoever calls, so that nothing is gained by making them up.
    """
    response = (call.params.input_responses or {}).get(FIELD)
    state = _state(call.params.request_state)
    if not isinstance(response, types.ElicitResult) or state is None:
        return None
    return Chosen(_choice(response), *state)


async def offered(call: Call, answer: Mapping[str, Any]) -> str | types.InputRequiredResult | None:
    """The words of the choice, the end of the call that asks for it, or None where nobody can
    be asked or nobody chose."""
    asked = answer["clarification"]
    if not asked["choices"] or not _can_be_asked(call):
        return None
    form = types.ElicitRequestFormParams(
        message=asked["question"], requested_schema=_form(asked["choices"])
    )
    if call.context.session.can_send_request:
        return await _asked_now(call, form)
    if call.context.protocol_version in MODERN_PROTOCOL_VERSIONS:
        return types.InputRequiredResult(
            input_requests={FIELD: types.ElicitRequest(params=form)},
            request_state=json.dumps([answer["trace_id"], answer["conversation_id"]]),
        )
    return None


async def _asked_now(call: Call, form: types.ElicitRequestFormParams) -> str | None:
    try:
        response = await call.context.session.elicit_form(
            form.message, form.requested_schema, call.context.request_id
        )
    except MCPError:  # a client that says it can, and cannot: the model is asked instead
        return None
    return _choice(response)


def _can_be_asked(call: Call) -> bool:
    """Clients of before there were forms and links say only that they can ask."""
    able = call.context.session.client_capabilities
    asks = able.elicitation if able is not None else None
    return asks is not None and (asks.form is not None or asks.url is None)


def _form(choices: list[str]) -> dict[str, Any]:
    choice = {"type": "string", "title": "What is meant", "enum": choices}
    return {"type": "object", "properties": {FIELD: choice}, "required": [FIELD]}


def _choice(response: types.ElicitResult) -> str | None:
    picked = (response.content or {}).get(FIELD) if response.action == "accept" else None
    return picked if isinstance(picked, str) and picked.strip() else None


def _state(given: str | None) -> tuple[str, str] | None:
    try:
        state = json.loads(given or "")
    except (ValueError, RecursionError):
        return None
    match state:
        case [str() as answer_id, str() as conversation_id]:
            return answer_id, conversation_id
        case _:
            return None
