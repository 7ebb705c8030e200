"""Models over real HTTP: the real SDKs against a server that misbehaves on demand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RequestUsage

from forerun import drafting
from forerun.adapters.models import open_model
from forerun.adapters.models.provider import ModelOfProvider
from forerun.domain import Context, Draft, Slice, Usage
from forerun.errors import (
    BadSetting,
    ForerunError,
    ModelBusy,
    ModelDenied,
    ModelReplyBroken,
    ModelUnreachable,
)
from forerun.ports import Completion
from forerun.prompts import render
from forerun.testing import Playbook
from forerun.testing.openai_server import (
    Hangs,
    OpenAIServer,
    Raw,
    Refuses,
    Reply,
    Resets,
    Says,
    Script,
    serve_openai,
)
from tests.drafting.test_drafting import NOW, QUESTION, SQL, WHOLE

pytestmark = pytest.mark.anyio

PROMPT = render("analyst", tables="t", chosen="", question="q")
KEY = "a-very-secret-key"


async def forget(text: str) -> None:
    """A listener that does not listen."""


async def complete(server: OpenAIServer, *, stream: bool = False, **options: Any) -> Completion:
    model = open_model("m", base_url=server.base_url, api_key=KEY, **options)
    try:
        return await model.complete(PROMPT, forget if stream else None)
    finally:
        await model.aclose()


async def failure(script: Script, *, stream: bool, **options: Any) -> ForerunError:
    with serve_openai(script) as server, pytest.raises(ForerunError) as caught:
        await complete(server, stream=stream, **options)
    assert KEY not in f"{caught.value.message} {caught.value.hint}"
    return caught.value


async def test_a_reply_with_its_usage() -> None:
    """Text, tokens as the server counts them, and the prompt as it was rendered."""
    with serve_openai(["orders"]) as server:
        completion = await complete(server)
    [asked] = server.requests
    assert (asked.system, asked.user) == (PROMPT.system, PROMPT.user)
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert completion.text == "orders"
    assert completion.usage.input_tokens > 100
    assert (completion.usage.model_calls, completion.usage.output_tokens) == (1, 2)
    assert completion.usage.cost_usd is None  # nobody knows what this server charges


async def test_a_streamed_reply() -> None:
    """Pieces come as they are sent; together they are the reply, with the same usage."""
    pieces: list[tuple[str, float]] = []

    async def hear(text: str) -> None:
        pieces.append((text, time.perf_counter()))

    with serve_openai([Says("one two three", token_delay_s=0.3)]) as server:
        model = open_model("m", base_url=server.base_url)
        completion = await model.complete(PROMPT, hear)
        await model.aclose()
    assert "".join(text for text, _ in pieces) == completion.text == "one two three"
    assert pieces[-1][1] - pieces[0][1] > 0.2
    assert completion.usage.output_tokens == 4


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Raw(b"{not json"), ModelReplyBroken),
        (Raw(b"{}"), ModelReplyBroken),
        (Raw(b"null"), ModelReplyBroken),
        (Raw(b""), ModelReplyBroken),
        (Raw(b"<html>", "text/html"), ModelReplyBroken),
        (Says("x", finish_reason="content_filter"), ModelReplyBroken),
        (Refuses(400, f"no {KEY}"), BadSetting),
        (Refuses(400, code="context_length_exceeded"), BadSetting),
        (Refuses(401, f"bad key {KEY}"), ModelDenied),
        (Refuses(403), ModelDenied),
        (Refuses(404), BadSetting),
        (Refuses(409), ModelUnreachable),
        (Refuses(429), ModelBusy),
        (Refuses(429, code="insufficient_quota"), ModelDenied),
        (Refuses(500), ModelUnreachable),
        (Refuses(502, f"key={KEY}"), ModelUnreachable),
        (Refuses(503), ModelBusy),
        (Refuses(529), ModelBusy),
        (Resets(), ModelUnreachable),
        (Hangs(), ModelUnreachable),
    ],
)
async def test_every_misbehaviour_has_its_error(
    reply: Reply, error: type[ForerunError], stream: bool
) -> None:
    """Each foreign failure maps to one of ours, in words that hold no key."""
    timeout_s = 0.3 if isinstance(reply, Hangs) else 20
    caught = await failure([reply], stream=stream, attempts=1, timeout_s=timeout_s)
    assert type(caught) is error


async def test_nothing_listens() -> None:
    """A refused connection is an unreachable model."""
    with serve_openai([]) as server:
        pass
    with pytest.raises(ModelUnreachable, match="could not be reached"):
        await complete(server, attempts=1)


@pytest.mark.parametrize("by_reset", [False, True])
async def test_a_stream_that_breaks_off_is_no_answer(by_reset: bool) -> None:
    """Closed or reset, a stream without its last word fails; it is not asked again."""
    broken = Says("SELECT a FROM t WHERE b", breaks_off_after=4, by_reset=by_reset)
    pieces: list[str] = []

    async def hear(text: str) -> None:
        pieces.append(text)

    with serve_openai([broken, "again"]) as server:
        model = open_model("m", base_url=server.base_url)
        with pytest.raises((ModelUnreachable, ModelReplyBroken)):
            await model.complete(PROMPT, hear)
        await model.aclose()
    assert pieces
    assert len(server.requests) == 1


async def test_a_reply_at_its_token_limit_is_cut_short() -> None:
    """It comes back as what it is; the reader decides whether its query is whole."""
    with serve_openai([Says("```sql\nSELECT", finish_reason="length")] * 2) as server:
        whole = await complete(server)
        streamed = await complete(server, stream=True)
    assert whole.cut_short
    assert streamed.cut_short


@pytest.mark.parametrize("stream", [False, True])
async def test_retry_after_is_waited_for(stream: bool) -> None:
    """A 429 is asked again once, after the seconds that the provider asked for."""
    with serve_openai([Refuses(429, retry_after_s=1), "ok"]) as server:
        started = time.perf_counter()
        completion = await complete(server, stream=stream)
        waited = time.perf_counter() - started
    assert completion.text == "ok"
    assert len(server.requests) == 2
    assert 1.0 <= waited < 4.0


@pytest.mark.parametrize("first", [Resets(), Refuses(500), Refuses(503), Hangs()])
async def test_a_passing_trouble_is_asked_again(first: Reply) -> None:
    """Reset, failed, overloaded or mute the first time, answered the second."""
    with serve_openai([first, "ok"]) as server:
        completion = await complete(server, stream=True, first_token_timeout_s=0.8)
    assert completion.text == "ok"
    assert len(server.requests) == 2


@pytest.mark.parametrize("reply", [Refuses(401), Refuses(400), Raw(b"{}")])
async def test_a_lasting_trouble_is_not_asked_again(reply: Reply) -> None:
    """What asking again does not mend is told at once."""
    with serve_openai([reply, "ok"]) as server:
        with pytest.raises(ForerunError):
            await complete(server)
        assert len(server.requests) == 1


async def test_attempts_are_bounded() -> None:
    """Three attempts are three requests: no SDK retries underneath."""
    with serve_openai(lambda _: Refuses(500)) as server:
        with pytest.raises(ModelUnreachable):
            await complete(server, attempts=3)
        assert len(server.requests) == 3


async def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    """If the provider wants more time than the asker has, the asker is told at once."""
    with serve_openai([Refuses(429, retry_after_s=20), "ok"]) as server:
        with anyio.fail_after(5), pytest.raises(ModelBusy, match="busy") as caught:
            await complete(server)
        assert caught.value.retry_after_s == 20
        assert caught.value.hint == "Ask again in 20 s."


async def test_a_hang_ends_at_the_timeout() -> None:
    """The whole call takes no longer than it may, and the request is closed."""
    with serve_openai([Hangs()]) as server:
        started = time.perf_counter()
        with pytest.raises(ModelUnreachable, match=r"no answer within 0\.3 s"):
            await complete(server, timeout_s=0.3)
        assert time.perf_counter() - started < 4.0
        await eventually(lambda: server.disconnects == 1)


@pytest.mark.parametrize("reply", [Hangs(), Says("one two three four", token_delay_s=0.2)])
async def test_cancellation_closes_the_request(reply: Reply) -> None:
    """An asker who leaves does not leave the provider working."""
    with serve_openai([reply]) as server:
        model = open_model("m", base_url=server.base_url)
        with anyio.move_on_after(0.3) as scope:
            await model.complete(PROMPT, forget)
        assert scope.cancelled_caught
        await eventually(lambda: server.disconnects == 1)
        await model.aclose()


async def eventually(holds: Any) -> None:
    with anyio.fail_after(3):
        while not holds():
            await anyio.sleep(0.01)


async def test_a_shape_is_asked_for_where_it_is_held() -> None:
    """Local servers are asked in words unless told otherwise; the schema goes out whole."""
    with serve_openai(["{}", "{}"]) as server:
        await complete(server)
        await complete(server, structured=True)
    in_words, held = server.requests
    assert in_words.shape is None
    assert held.shape is not None
    assert held.shape["required"] == ["tables"]
    assert held.body["response_format"]["json_schema"]["strict"] is True


async def test_a_query_is_drafted_over_http() -> None:
    """The writer's prompt, the wire and the reader fit together, held to a shape or not."""
    for structured in (False, True):
        with serve_openai(Playbook({QUESTION: SQL})) as server:
            model = open_model("m", base_url=server.base_url, structured=structured)
            draft = await drafting.write(model, Slice(WHOLE, whole=True), Context(QUESTION, NOW))
            await model.aclose()
        assert isinstance(draft, Draft)
        assert (draft.sql, draft.confidence) == (SQL, 0.9)


async def test_a_price_file_counts_money(tmp_path: Path) -> None:
    """Dollars per million tokens, by a name with a star."""
    prices = tmp_path / "prices.toml"
    prices.write_text('["m*"]\ninput = 2.0\noutput = 10.0\n')
    with serve_openai(["orders"]) as server:
        usage = (await complete(server, prices=str(prices))).usage
    assert usage.cost_usd == pytest.approx((usage.input_tokens * 2 + 2 * 10) / 1e6)


def test_known_models_are_priced_without_a_file() -> None:
    """The list that comes with genai-prices; nothing is made up for a model it lacks."""
    model = open_model("openai:gpt-4.1", api_key="k")
    assert isinstance(model, ModelOfProvider)
    spent = RequestUsage(input_tokens=1_000_000, output_tokens=1_000)
    known = ModelResponse([], usage=spent, model_name="gpt-4.1", provider_name="openai")
    unknown = ModelResponse([], usage=spent, model_name="nobody-knows", provider_name="openai")
    priced = model.usage_of(known)
    assert priced.cost_usd is not None
    assert 0.1 < priced.cost_usd < 100
    assert model.usage_of(unknown) == Usage(1, 1_000_000, 1_000, None)


async def test_closing_twice_and_asking_again_is_safe() -> None:
    """A closed model opens its connections anew."""
    with serve_openai(["a", "b"]) as server:
        model = open_model("m", base_url=server.base_url)
        assert (await model.complete(PROMPT)).text == "a"
        await model.aclose()
        await model.aclose()
        assert (await model.complete(PROMPT)).text == "b"
        await model.aclose()
