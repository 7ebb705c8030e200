"""A question is followed to its answer through whatever happens to the connection."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import anyio
import pytest

from forerun.client import Answered, Client, StreamEvent, TextArrived
from forerun.errors import (
    BudgetSpent,
    Cancelled,
    Draining,
    InternalError,
    ServiceReplyBroken,
    ServiceUnreachable,
)
from tests.client.raw import ANSWER, HEAD, QUICK, Raw, event, events, problem, reply, saying

pytestmark = pytest.mark.anyio
SENT = events()
WHOLE = HEAD + b"".join(SENT)


async def followed(raw: Raw) -> list[StreamEvent]:
    async with Client(raw.url, patience=QUICK) as client:
        return [event async for event in client.stream("how many?")]


async def test_every_event_comes_typed_and_in_order() -> None:
    """And what a newer service tells besides is passed by."""
    async with saying(WHOLE) as raw:
        told = await followed(raw)
    assert [type(each).__name__ for each in told] == [
        "Accepted", "StageChanged", "TextArrived", "RungChanged", "StatementShown", "RowsShown",
        "Retracted", "SummaryArrived", "Answered",
    ]  # fmt: skip
    assert told[-1] == Answered(ANSWER)


@pytest.mark.parametrize("cut_at", range(0, len(WHOLE), max(1, len(WHOLE) // 60)))
async def test_cut_anywhere_nothing_is_lost_or_told_twice(cut_at: int) -> None:
    """The connection ends after so many bytes. The next one is asked for what was not seen."""
    seen = WHOLE[:cut_at].removeprefix(HEAD).count(b"\n\n") if cut_at > len(HEAD) else 0
    async with saying(WHOLE[:cut_at], HEAD + b"".join(SENT[seen:])) as raw:
        told = await followed(raw)
    async with saying(WHOLE) as uncut:
        assert told == await followed(uncut)
    first, second = raw.requests
    assert "last-event-id" not in first.headers
    assert second.headers.get("last-event-id", "0") == str(seen)
    assert first.body == second.body
    assert len(first.body["id"]) == 32


async def test_what_comes_again_is_not_told_again() -> None:
    """Also where the service begins anew, whatever it was told."""
    async with saying(HEAD + b"".join(SENT[:4]), WHOLE) as raw:
        assert len(await followed(raw)) == len(SENT) - 1


async def test_an_answer_whose_events_are_forgotten_is_read_again() -> None:
    """The resumed stream has nothing more to say: the answer itself is asked for."""
    kept = reply(200, json.loads(SENT[-1].split(b"data: ")[1]))
    async with saying(HEAD + b"".join(SENT[:4]), HEAD, kept) as raw:
        told = await followed(raw)
    assert told[-1] == Answered(ANSWER)
    assert raw.requests[-1].path == f"/v1/answers/{raw.requests[0].body['id']}"


async def test_it_is_given_up_after_some_tries_without_anything_new() -> None:
    """With what happened and what to do, and without a word too many."""
    gone = problem(404, "not_found")
    async with saying(HEAD + SENT[0], *[HEAD, gone] * QUICK.tries) as raw:
        with pytest.raises(ServiceUnreachable, match="stopped before") as failure:
            await followed(raw)
    assert len([each for each in raw.requests if each.method == "POST"]) == QUICK.tries
    assert failure.value.hint


async def test_progress_renews_the_tries() -> None:
    """However often it is cut, while something new comes each time."""
    says = [HEAD + each for each in SENT]
    async with saying(*says) as raw:
        assert (await followed(raw))[-1] == Answered(ANSWER)


async def test_an_error_ends_it() -> None:
    """For good: it is told once, in its class, and not asked again, even if it could be later."""
    last = event(3, "error", {"code": "draining", "detail": "It stops.", "hint": "Ask again.",
                              "retry_after_s": 0.01})  # fmt: skip
    async with saying(HEAD + b"".join(SENT[:2]) + last) as raw:
        with pytest.raises(Draining, match="It stops") as failure:
            await followed(raw)
    assert (failure.value.hint, failure.value.retry_after_s) == ("Ask again.", 0.01)
    assert len(raw.requests) == 1


async def test_a_full_service_is_come_back_to() -> None:
    """When it says; with the same id, so that nothing is done twice."""
    full = problem(503, "overloaded", retry_after_s=0.05)
    async with saying(full, full, WHOLE) as raw, Client(raw.url, patience=QUICK) as client:
        began_at = anyio.current_time()
        assert await client.ask("how many?") == ANSWER
        assert anyio.current_time() - began_at >= 0.1
    assert len({each.body["id"] for each in raw.requests}) == 1


async def test_nobody_waits_for_a_budget_of_tomorrow() -> None:
    """What takes longer than one would wait is told at once."""
    spent = problem(429, "budget_spent", retry_after_s=40_000.0)
    async with saying(spent) as raw, Client(raw.url, patience=QUICK) as client:
        with pytest.raises(BudgetSpent) as failure:
            await client.ask("how many?")
    assert failure.value.retry_after_s == 40_000.0
    assert len(raw.requests) == 1


@pytest.mark.parametrize(
    "broken",
    [
        b"data: {}\n\n",
        b"id: x\ndata: {}\n\n",
        b"id: " + b"9" * 5_000 + b"\ndata: {}\n\n",
        b"id: 1\nevent: answer\ndata: {}\n\n",
        b"id: 1\nevent: answer\ndata: nonsense\n\n",
        b"id: 1\nevent: error\ndata: []\n\n",
        b'id: 1\nevent: stage\ndata: {"stage": "dreaming"}\n\n',
    ],
)
async def test_events_that_are_none_are_told_as_such(broken: bytes) -> None:
    """And are not asked for again."""
    async with saying(HEAD + broken) as raw:
        with pytest.raises(
            ServiceReplyBroken, match="is no Forerun service, or of another version"
        ):
            await followed(raw)
    assert len([each for each in raw.requests if each.path == "/v1/ask/stream"]) == 1


async def test_leaving_the_loop_cancels_at_the_service() -> None:
    """Once the generator is closed; without a break in what the caller does."""
    done = reply(200, {"id": "x", "cancelled": True})
    async with saying(HEAD + b"".join(SENT[:3]), done) as raw:
        async with Client(raw.url, patience=QUICK) as client:
            async with aclosing(client.stream("how many?")) as told:
                async for each in told:
                    if isinstance(each, TextArrived):
                        break
            assert raw.requests[-1].path == f"/v1/ask/{raw.requests[0].body['id']}/cancel"
        assert len(raw.requests) == 2


async def test_closing_the_client_cancels_what_is_under_way() -> None:
    """Also where a generator was left lying about."""
    done = reply(200, {"id": "x", "cancelled": True})
    async with saying(HEAD + SENT[0], done) as raw:
        async with Client(raw.url, patience=QUICK) as client:
            told = client.stream("how many?")
            await anext(told)
        assert [each.path for each in raw.requests][1:] == [
            f"/v1/ask/{raw.requests[0].body['id']}/cancel"
        ]
        await told.aclose()


async def test_a_question_that_has_ended_is_not_cancelled() -> None:
    """Neither by its answer, nor by its error, nor when the client closes."""
    failed = HEAD + event(1, "error", {"code": "cancelled", "detail": "Gone.", "hint": None})
    async with saying(WHOLE, failed) as raw, Client(raw.url, patience=QUICK) as client:
        await client.ask("how many?")
        with pytest.raises(Cancelled):
            await client.ask("how many?")
    assert len(raw.requests) == 2


async def test_an_option_that_there_is_not_is_refused() -> None:
    """As of any function."""
    async with Client("http://127.0.0.1:1", patience=QUICK) as client:
        options: Any = {"databse": "shop"}
        with pytest.raises(TypeError, match="databse"):
            await client.ask("how many?", **options)


async def test_a_fault_of_the_service_has_its_id() -> None:
    """To be found in the log there."""
    async with saying(problem(500, "internal_error", error_id="abc123")) as raw:
        with pytest.raises(InternalError) as failure:
            await followed(raw)
    assert failure.value.id == "abc123"
