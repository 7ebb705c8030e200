"""One question over a service: sent, followed through cut connections, answered once."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypedDict

import anyio

from forerun.client.connection import Call, Connection, path
from forerun.client.events import Answered, StreamEvent, event_from_json
from forerun.client.failures import broke_off, error_from_problem, no_service
from forerun.client.sse import ServerSentEvent
from forerun.domain import Answer, Mode, new_trace_id
from forerun.errors import ForerunError, NotFound
from forerun.wire import answer_from_json


class AskOptions(TypedDict, total=False):
    """What may be said beside a question; all of it may be left out."""

    database: str | None
    """Its name at the service; needed where there are several."""
    conversation_id: str | None
    """Names a conversation, whose questions may refer to earlier ones."""
    mode: Mode | str
    max_rows: int | None
    timeout_s: float | None
    anew: bool
    """Whether whatever is kept of earlier answers is passed by."""
    guess: bool | None
    """Whether what is only likely to be meant may be answered; None leaves it to the service."""
    id: str | None
    """32 hex digits that name the question. Asked again under it, it is not done again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is sent."""

    id: str
    body: Mapping[str, Any]


class _Ended(Exception):
    """The question has ended without an answer, for good."""

    def __init__(self, error: ForerunError) -> None:
        super().__init__()
        self.error = error


def asking(question: str, options: AskOptions) -> Asked:
    """Every question has an id of our choosing, so that it can be tried again without being done
    again. Raises TypeError for an option that there is not."""
    if unknown := sorted(set(options) - AskOptions.__optional_keys__):
        raise TypeError(f"a question has no option {', '.join(unknown)}")
    id_ = options.get("id") or new_trace_id()
    body = {
        "question": question,
        "id": id_,
        "database": options.get("database"),
        "conversation_id": options.get("conversation_id"),
        "mode": str(options.get("mode", Mode.HYBRID)),
        "max_rows": options.get("max_rows"),
        "timeout_s": options.get("timeout_s"),
        "cache": "bypass" if options.get("anew") else "use",
        "allow_guess": options.get("guess"),
    }
    return Asked(id_, {name: value for name, value in body.items() if value is not None})


async def follow(connection: Connection, asked: Asked) -> AsyncGenerator[StreamEvent]:
    """The events of a question, each once, up to the answer. A connection that is cut is made
    again and goes on where it was. Raises what there is instead of an answer."""
    seen = failures = 0
    while True:
        try:
            async with aclosing(_follow_once(connection, asked, seen)) as events:
                async for number, event in events:
                    seen, failures = number, 0
                    if event is not None:
                        yield event
            return
        except _Ended as ended:
            raise ended.error from None
        except ForerunError as error:
            failures += 1
            pause_s = connection.patience.pause_after(error, failures)
            if pause_s is None:
                raise
        await anyio.sleep(pause_s)


async def _follow_once(
    connection: Connection, asked: Asked, seen: int
) -> AsyncGenerator[tuple[int, StreamEvent | None]]:
    """The same over one connection, from after event `seen`, with their numbers; None for what
    is not known here."""
    anything_new = False
    sent = connection.events("/v1/ask/stream", asked.body, seen)
    async with aclosing(sent):
        async for each in sent:
            number, event = _number(each, connection.url), _event(each, connection.url)
            if number <= seen:
                continue
            anything_new = True
            yield number, event
            if isinstance(event, Answered):
                return
    if anything_new or not seen:
        raise broke_off(connection.url)
    yield seen, Answered(await _answer_again(connection, asked.id))


async def _answer_again(connection: Connection, id_: str) -> Answer:
    """Of a question that has ended so long ago, or elsewhere, that its events are forgotten."""
    try:
        return await kept_answer(connection, id_)
    except NotFound as error:
        raise broke_off(connection.url) from error


async def kept_answer(connection: Connection, id_: str) -> Answer:
    document = await connection.call(Call("GET", path("answers", id_)))
    try:
        return answer_from_json(document)
    except ValueError as error:
        raise no_service(connection.url, f"its answer cannot be read ({error})") from error


def _number(sent: ServerSentEvent, url: str) -> int:
    if sent.id.isascii() and sent.id.isdecimal() and len(sent.id) < 16:
        return int(sent.id)
    raise no_service(url, "its events have no numbers")


def _event(sent: ServerSentEvent, url: str) -> StreamEvent | None:
    try:
        document = json.loads(sent.data)
        if sent.name == "error":
            raise _Ended(error_from_problem(document))
        return event_from_json(sent.name, document)
    except (ValueError, RecursionError) as error:
        raise no_service(url, f"an event {sent.name[:40]!r} cannot be read ({error})") from error
