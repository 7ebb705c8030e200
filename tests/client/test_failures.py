"""Whatever a service, or what stands in its place, does: one clear error, and never the key."""

from __future__ import annotations

import inspect
import traceback
from typing import Any

import pytest

from forerun import errors
from forerun.client import Client
from forerun.client.failures import error_from_problem
from forerun.errors import (
    BadInput,
    ForerunError,
    NotFound,
    ServiceReplyBroken,
    ServiceUnreachable,
    Unauthenticated,
    Unavailable,
)
from tests.client.raw import HEAD, QUICK, problem, reply, saying

pytestmark = pytest.mark.anyio
KEY = "fr_5ecret-k3y"
KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ForerunError)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_comes_back_in_its_class(kind: type[ForerunError]) -> None:
    """With the service's words, and when to come back where it says so."""
    told = {"code": kind.code, "detail": "Why.", "hint": "Do.", "retry_after_s": 2.5}
    error = error_from_problem(told)
    assert type(error) is kind
    assert (error.message, error.hint, error.code) == ("Why.", "Do.", kind.code)
    assert str(error) == "Why."
    assert vars(error)["retry_after_s"] == 2.5


def test_an_error_of_a_newer_service_keeps_its_words() -> None:
    """And its code."""
    error = error_from_problem({"code": "moonstruck", "detail": "Too much moon.", "hint": None})
    assert type(error) is ForerunError
    assert (error.message, error.code) == ("Too much moon.", "moonstruck")


@pytest.mark.parametrize(
    ("status", "kind"), [(422, BadInput), (404, NotFound), (503, Unavailable), (418, ForerunError)]
)
def test_an_error_whose_code_is_not_known_is_like_its_status(
    status: int, kind: type[ForerunError]
) -> None:
    """So that who catches classes catches it."""
    told = {"code": "moonstruck", "detail": "x", "hint": None, "status": status}
    assert type(error_from_problem(told)) is kind


@pytest.mark.parametrize("told", [None, [], {}, {"code": 5, "detail": "x", "hint": None}, "x"])
def test_what_is_no_problem_is_a_value_error(told: object) -> None:
    """And nothing else."""
    with pytest.raises(ValueError):
        error_from_problem(told)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        (reply(200, b"<html>", "text/html"), "it sends text/html"),
        (reply(404, b"<html>", "text/html"), "status 404, text/html"),
        (reply(302, b"", "text/html", Location="http://elsewhere/"), "status 302"),
        (reply(200, b"{nonsense"), "no JSON"),
        (reply(200, b"\xff\xfe"), "no JSON"),
        (reply(200, b"[" * 100_000), "no JSON"),
        (reply(200, []), "no object"),
        (reply(200, {}), "without 'databases'"),
        (reply(400, b"{}", "application/problem+json"), "its error cannot be read"),
        (reply(400, b"nonsense", "application/problem+json"), "no JSON"),
    ],
)
async def test_what_is_no_forerun_service_is_told_as_such(said: bytes, match: str) -> None:
    """With what it sends instead, and what to look at; at once."""
    async with saying(said) as raw, Client(raw.url, KEY, patience=QUICK) as client:
        with pytest.raises(ServiceReplyBroken, match=match) as failure:
            await client.databases()
    assert len(raw.requests) == 1
    assert "Check the address" in (failure.value.hint or "")


@pytest.mark.parametrize(
    ("said", "match"),
    [
        (b"", "broke off"),
        (b"nonsense\r\n\r\n", "speaks no HTTP"),
        (b"\x16\x03\x01\x02\x00", "speaks no HTTP"),
        (reply(200, {"databases": []})[:-3], "broke off"),
        (reply(502, b"Bad gateway", "text/html"), "answers in its place: status 502"),
        (reply(503, b"", "text/plain"), "answers in its place: status 503"),
    ],
)
async def test_what_may_pass_is_tried_again_first(said: bytes, match: str) -> None:
    """So many times; then it is told, with what to do."""
    async with saying(said) as raw, Client(raw.url, KEY, patience=QUICK) as client:
        with pytest.raises(ServiceUnreachable, match=match) as failure:
            await client.databases()
    assert len(raw.requests) == QUICK.tries
    assert failure.value.hint


async def test_what_cannot_be_sent_is_bad_input() -> None:
    """Told before anything is; text that is half a character can be, and is the service's to
    refuse."""
    refused = problem(422, "invalid_request")
    async with saying(refused) as raw, Client(raw.url, patience=QUICK) as client:
        with pytest.raises(BadInput, match="cannot be sent"):
            await client.ask("how many?", timeout_s=float("nan"))
        assert raw.requests == []
        with pytest.raises(BadInput, match="What happened"):
            await client.ask("half \ud800")


async def test_what_has_passed_is_forgotten() -> None:
    """A try that goes well is all that counts."""
    listed = reply(200, {"databases": [{"name": "shop", "dialect": "sqlite"}]})
    busy = problem(429, "rate_limited", retry_after_s=0.01)
    async with saying(b"", busy, listed) as raw, Client(raw.url, patience=QUICK) as client:
        assert await client.databases() == [{"name": "shop", "dialect": "sqlite"}]


async def test_nobody_there() -> None:
    """A refused connection names the address, and what to check."""
    async with Client("http://127.0.0.1:1/", KEY, patience=QUICK) as client:
        with pytest.raises(ServiceUnreachable, match=r"at http://127.0.0.1:1 cannot be") as failure:
            await client.ask("how many?")
    assert "forerun serve" in (failure.value.hint or "")


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.sqlite", "localhost:8080", "ftp://x", "http://", "http://x:99999999", "http://[::1",
        "http://user:pa55word@host", "http://host/?x=1", "http://host/#x",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_bad_input(url: str) -> None:
    """Told without a password that may be in it."""
    with pytest.raises(BadInput) as failure:
        Client(url)
    assert "pa55word" not in str(failure.value)


@pytest.mark.parametrize("key", ["", "a b", "a\r\nX: y", "schlüssel", "a\x00"])
def test_a_key_that_cannot_be_one_is_bad_input(key: str) -> None:
    """Told without it."""
    with pytest.raises(BadInput) as failure:
        Client("http://x", key)
    assert not key or key not in str(failure.value)


async def test_the_key_is_sent_and_shown_nowhere() -> None:
    """Neither by the client, nor in an error with all that led to it."""
    said: list[Any] = [problem(401, "unauthenticated"), b"", b"x", reply(200, b"<html>")]
    for each in said:
        async with saying(each) as raw, Client(raw.url, KEY, patience=QUICK) as client:
            with pytest.raises(ForerunError) as failure:
                await client.ask("how many?")
            assert raw.requests[0].headers["authorization"] == f"Bearer {KEY}"
            told = "".join(traceback.format_exception(failure.value)) + repr(client)
            assert KEY not in told + repr(vars(failure.value))
            assert repr(client) == f"Client('{raw.url}')"


async def test_the_classes_are_those_to_catch() -> None:
    """The same as where a database is asked here."""
    refusals = problem(401, "unauthenticated"), problem(404, "not_found")
    async with saying(*refusals) as raw, Client(raw.url, patience=QUICK) as client:
        with pytest.raises(Unauthenticated, match="What happened"):
            await client.answer("0" * 32)
        with pytest.raises(NotFound):
            await client.cancel("../../x?y")
    assert raw.requests[1].path == "/v1/ask/..%2F..%2Fx%3Fy/cancel"


async def test_a_stream_that_never_ends_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One event longer than any answer is given up, and so is a reply."""
    monkeypatch.setattr("forerun.client.connection.MOST_BYTES", 1_000)
    endless = HEAD + b"data: " + b"x" * 5_000
    long = endless, reply(200, [0] * 5_000)
    async with saying(*long) as raw, Client(raw.url, patience=QUICK) as client:
        with pytest.raises(ServiceReplyBroken, match="longer than 1,000 bytes"):
            await client.ask("how many?")
        with pytest.raises(ServiceReplyBroken, match="longer than 1,000 bytes"):
            await client.databases()
