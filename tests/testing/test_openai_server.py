"""The scripted HTTP server, looked at by plain HTTP."""

from __future__ import annotations

import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from forerun.prompts import render
from forerun.testing import Playbook
from forerun.testing.openai_server import (
    Hangs,
    OpenAIServer,
    Raw,
    Refuses,
    Resets,
    Says,
    serve_openai,
)

MESSAGES = [{"role": "system", "content": "sys"}, {"role": "user", "content": "hello"}]


def post(server: OpenAIServer, **body: object) -> httpx2.Response:
    document = {"model": "m", "messages": MESSAGES, **body}
    return httpx2.post(f"{server.base_url}/chat/completions", json=document, timeout=1.0)


def answer(server: OpenAIServer, **body: object) -> Any:
    return post(server, **body).json()


def test_answers_in_the_order_of_the_script() -> None:
    """Text, usage and a refusal once the script has ended; the requests are kept."""
    with serve_openai(["one", "two"]) as server:
        first, second = answer(server), answer(server)
        assert first["choices"][0]["message"]["content"] == "one"
        assert second["choices"][0]["message"]["content"] == "two"
        assert first["usage"] == {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
        assert post(server).status_code == 500
    assert [request.user for request in server.requests] == ["hello"] * 3


def test_streams_tokens_then_usage() -> None:
    """Server-sent events as OpenAI sends them."""
    with serve_openai(["one two"]) as server:
        sent = post(server, stream=True, stream_options={"include_usage": True}).text
    events = [line.removeprefix("data: ") for line in sent.splitlines() if line]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    texts = [c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]]
    assert "".join(texts) == "one two"
    assert chunks[-1]["usage"]["completion_tokens"] == 2


def test_lists_its_models() -> None:
    """Clients that look before they ask find a model."""
    with serve_openai([]) as server:
        listed = httpx2.get(f"{server.base_url}/models").json()
    assert listed["data"][0]["id"] == "scripted"


def test_refuses_with_headers() -> None:
    """Status, error body and Retry-After."""
    with serve_openai([Refuses(429, "slow down", retry_after_s=1.5)]) as server:
        response = post(server)
        assert (response.status_code, response.headers["retry-after"]) == (429, "2")
        assert response.headers["retry-after-ms"] == "1500"
        assert response.json()["error"]["message"] == "slow down"


def test_misbehaves_on_demand() -> None:
    """Any body, a hang, a reset before and within an answer."""
    broken = Says("a b c", breaks_off_after=1, by_reset=True)
    with serve_openai([Raw(b"{oops"), Resets(), broken, Hangs()]) as server:
        assert post(server).content == b"{oops"
        with pytest.raises(httpx2.ReadError):
            post(server)
        with pytest.raises(httpx2.ReadError):
            post(server, stream=True)
        with pytest.raises(httpx2.ReadTimeout):
            post(server)


def test_notices_that_a_client_has_left() -> None:
    """A closed connection is counted while an answer is due."""
    with serve_openai([Hangs()]) as server:
        address = urlsplit(server.base_url)
        with socket.create_connection((address.hostname, address.port)) as client:
            client.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"
            )
            while not server.requests:
                time.sleep(0.005)
        while not server.disconnects:
            time.sleep(0.005)
    assert server.disconnects == 1


def test_a_playbook_plays_over_http() -> None:
    """A script by question answers in the form that the request asks for."""
    prompt = render("follow_up", conversation="c", question="and orders?")
    messages = [
        {"role": "system", "content": prompt.system},
        {"role": "user", "content": prompt.user},
    ]
    form = {"type": "json_schema", "json_schema": {"name": "reply", "schema": prompt.shape}}
    with serve_openai(Playbook(standalone={"and orders?": "How many orders?"})) as server:
        words = answer(server, messages=messages)
        held = answer(server, messages=messages, response_format=form)
    assert words["choices"][0]["message"]["content"] == "How many orders?"
    content = held["choices"][0]["message"]["content"]
    assert json.loads(content) == {"question": "How many orders?"}
