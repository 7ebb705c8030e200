"""Every error is told as problem details, and none tells more than it should."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from forerun.app.serving import Deployment
from tests.api.keyed import bearer, key
from tests.api.service import COUNT, configuration, served

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
FIELDS = {"type", "title", "status", "detail", "code", "hint", "instance"}


@pytest.fixture
async def service(shop_url: str) -> AsyncIterator[tuple[Deployment, httpx.AsyncClient]]:
    async with served(configuration(shop_url)) as running:
        yield running


def ask(**body: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/v1/ask", {"json": {"question": COUNT, **body}}


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (("GET", "/nope", {}), 404, "no_such_route"),
        (("GET", "/v1/databases/", {}), 404, "no_such_route"),
        (("PUT", "/v1/ask", {}), 405, "method_not_allowed"),
        (("POST", "/v1/ask", {"content": b"[" * 99_999, "headers": JSON}), 400, "invalid_request"),
        (("POST", "/v1/ask", {"content": b"{", "headers": JSON}), 422, "invalid_request"),
        (("POST", "/v1/ask", {"content": b"{}", "headers": JSON}), 422, "invalid_request"),
        (("POST", "/v1/ask", {"content": b"{}"}), 415, "not_json"),
        (("POST", "/v1/ask", {"data": {"question": COUNT}}), 415, "not_json"),
        (("POST", "/v1/ask", {"content": b"x" * 1_000_001}), 413, "too_large"),
        (ask(question=""), 422, "invalid_request"),
        (ask(question="\u0007"), 400, "empty_question"),
        (ask(unknown=1), 422, "invalid_request"),
        (ask(max_rows=0), 422, "invalid_request"),
        (ask(timeout_s=-1), 422, "invalid_request"),
        (ask(allow_guess=0), 422, "invalid_request"),
        (ask(max_rows="5"), 422, "invalid_request"),
        (ask(id="x"), 422, "invalid_request"),
        (ask(database="nope"), 404, "not_found"),
        (("GET", "/v1/answers/" + "0" * 32, {}), 404, "not_found"),
        (("GET", "/v1/answers/x", {}), 422, "invalid_request"),
        (("GET", "/v1/conversations/nope", {}), 404, "not_found"),
        (("GET", "/v1/databases/nope/schema", {}), 404, "not_found"),
        (("POST", "/v1/ask/" + "0" * 32 + "/cancel", {}), 404, "not_found"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_an_error_is_problem_details(
    service: tuple[Deployment, httpx.AsyncClient],
    request_: tuple[str, str, dict[str, Any]],
    status: int,
    code: str,
) -> None:
    """RFC 9457: media type, fields and status agree; `code` is stable, and there is a hint."""
    method, path, given = request_
    response = await service[1].request(method, path, **given)
    wire = response.json()
    assert (response.status_code, wire["status"], wire["code"]) == (status, status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert set(wire) - {"fields"} == FIELDS
    assert wire["type"] == f"urn:forerun:problem:{code}"
    assert wire["hint"]


async def test_a_body_is_counted_where_its_length_is_not_told(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """A body that comes in pieces is refused as soon as it has become too long."""
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 100_000

    response = await service[1].post("/v1/ask", content=pieces())
    assert (response.status_code, sent) == (413, 11)


async def test_a_fault_of_our_own_is_told_by_an_id_that_the_log_has(
    service: tuple[Deployment, httpx.AsyncClient],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No trace of what went wrong leaves the process, in an answer or in a stream."""
    deployment, asks = service

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(deployment.databases.opened["shop"], "ask", broken)
    monkeypatch.setattr(deployment.keeper.store.store, "read", broken)
    with caplog.at_level(logging.CRITICAL):
        responses = [
            await asks.post("/v1/ask", json={"question": COUNT}),
            await asks.get("/v1/conversations"),
        ]
        stream = await asks.post("/v1/ask/stream", json={"question": COUNT})
    for response in responses:
        assert (response.status_code, response.json()["code"]) == (500, "internal_error")
        assert response.json()["error_id"] in response.json()["hint"]
    assert "event: error" in stream.text
    assert not any("secret" in each.text for each in (*responses, stream))


async def test_a_wrong_method_is_told_the_right_ones(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """All that the path takes, and no others."""
    response = await service[1].post("/v1/conversations/x")
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET")
    assert response.json()["hint"] == "It takes DELETE, GET."


async def test_a_body_that_is_not_called_json_is_told_what_to_send(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """As by `curl -d` alone, whatever is in it; one that is no JSON is told where it breaks."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await service[1].post("/v1/ask", content=b'{"question": "x"}', headers=form)
    assert response.status_code == 415
    assert "Content-Type: application/json" in response.json()["hint"]
    response = await service[1].post("/v1/ask", content=b"{'question': 1}", headers=JSON)
    assert "at sign 2" in response.json()["detail"]


async def test_no_page_reaches_us_by_a_name_of_its_own(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """Without a key, a name that somebody has lead to this machine opens nothing; with keys it is
    the keys that count."""
    deployment, asks = service
    foreign = {"Host": "evil.example:8080"}
    refused = await asks.get("/v1/databases", headers=foreign)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    for own in ("localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"):
        assert (await asks.get("/v1/databases", headers={"Host": own})).status_code == 200
    keyed = {**foreign, **bearer(await key(deployment))}
    assert (await asks.get("/v1/databases", headers=keyed)).status_code == 200


async def test_no_form_of_a_page_can_ask(service: tuple[Deployment, httpx.AsyncClient]) -> None:
    """What a browser sends without asking first, text, is not taken for JSON."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        headers = {"Content-Type": kind} if kind else {}
        content = b'{"question": "How many customers are there?"}'
        response = await service[1].post("/v1/ask", content=content, headers=headers)
        assert response.status_code == 415


async def test_no_page_of_another_origin_may_ask(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """A browser is told of no origin that may read the answers."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    preflight = await service[1].options("/v1/ask", headers=headers)
    answer = await service[1].post("/v1/ask", json={"question": COUNT}, headers=headers)
    for response in (preflight, answer):
        assert not any(name.startswith("access-control") for name in response.headers)
