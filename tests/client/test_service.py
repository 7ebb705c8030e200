"""The client against the real service, also through a connection that misbehaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urlsplit

import anyio
import pytest

from forerun.app import Forerun
from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from forerun.client import (
    Accepted,
    Answered,
    Client,
    Patience,
    RowsShown,
    StageChanged,
    StatementShown,
    TextArrived,
)
from forerun.domain import Answer, Status, new_trace_id
from forerun.errors import BadInput, Cancelled, IdTaken, NotFound, ServiceUnreachable
from forerun.testing.proxy import MisbehavingProxy, misbehaving_proxy
from tests.api.service import (
    COUNT,
    FOREVER,
    PER_CITY,
    SETTINGS,
    configuration,
    model,
    served_at,
    shop,
    until,
    with_model,
)
from tests.client.raw import QUICK

pytestmark = pytest.mark.anyio
SLOWLY_S = 0.02
HASTY = Patience(tries=2, pause_s=0.001, connect_s=0.5, reply_s=0.3)
SERVE = ServeSection(state="memory", heartbeat_s=0.1, resume_s=2.0)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return shop(tmp_path_factory.mktemp("client") / "shop.duckdb")


@asynccontextmanager
async def service(
    url: str, monkeypatch: pytest.MonkeyPatch, token_s: float = 0.0
) -> AsyncIterator[tuple[Deployment, str]]:
    """A service that listens, with a model that writes so slowly."""
    with with_model(monkeypatch, model(token_delay_s=token_s)):
        async with served_at(configuration(url, serve=SERVE)) as (deployment, address):
            yield deployment, address


@asynccontextmanager
async def behind_a_proxy(
    url: str, monkeypatch: pytest.MonkeyPatch, patience: Patience = QUICK
) -> AsyncIterator[tuple[Deployment, MisbehavingProxy, Client]]:
    async with service(url, monkeypatch, SLOWLY_S) as (deployment, address):
        port = urlsplit(address).port or 0
        async with (
            misbehaving_proxy("127.0.0.1", port) as proxy,
            Client(f"http://127.0.0.1:{proxy.port}", patience=patience) as client,
        ):
            yield deployment, proxy, client


def told(answer: Answer) -> tuple[object, ...]:
    """What an answer says, without its times."""
    return answer.status, answer.sql, answer.rows, answer.summary, answer.chart, answer.suggestions


async def test_an_answer_is_as_it_would_be_here(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values, types, summary and chart; it can be read again, and made a table."""
    async with service(url, monkeypatch) as (_, address), Client(address) as client:
        answer = await client.ask(PER_CITY, database="shop", max_rows=10, timeout_s=20)
        async with Forerun(url, settings=SETTINGS) as here:
            assert told(answer) == told(await here.ask(PER_CITY, max_rows=10))
        assert list(answer.to_pandas().columns) == ["city", "customers"]
        assert await client.answer(answer.trace_id) == answer


async def test_what_happens_is_told_as_it_happens(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of the model, the stages, the SQL, the rows, and the answer at the end."""
    async with service(url, monkeypatch, 0.001) as (_, address), Client(address) as client:
        seen = [event async for event in client.stream(PER_CITY)]
    kinds = {type(event) for event in seen}
    assert kinds >= {Accepted, StageChanged, TextArrived, StatementShown, RowsShown, Answered}
    assert isinstance(seen[0], Accepted)
    last = seen[-1]
    assert isinstance(last, Answered)
    assert last.answer.rows in [event.rows for event in seen if isinstance(event, RowsShown)]


async def test_a_conversation_is_remembered_by_the_service(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its turns can be listed, read and deleted, and another client goes on with it."""
    async with service(url, monkeypatch) as (_, address):
        async with Client(address) as client:
            talk = client.conversation(database="shop")
            await talk.ask(COUNT)
        async with Client(address) as client:
            await client.conversation(talk.id).ask(PER_CITY)
            turns = await client.conversation(talk.id).turns()
            assert [turn["question"] for turn in turns] == [COUNT, PER_CITY]
            assert [each["id"] for each in await client.conversations()] == [talk.id]
            await client.delete_conversation(talk.id)
            with pytest.raises(NotFound):
                await client.read_conversation(talk.id)


async def test_what_there_is_can_be_seen(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The databases, and the structure of each."""
    async with service(url, monkeypatch) as (_, address), Client(address + "/") as client:
        assert await client.databases() == [{"name": "shop", "dialect": "duckdb"}]
        schema = await client.schema("shop")
        assert [table["name"] for table in schema["tables"]] == ["customers", "numbers"]
        with pytest.raises(NotFound, match="no database nowhere"):
            await client.schema("nowhere")
        with pytest.raises(NotFound):
            await client.answer(new_trace_id())


async def test_an_id_is_asked_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Again it gives the same answer, and for another question it is taken."""
    async with service(url, monkeypatch) as (_, address), Client(address) as client:
        id_ = new_trace_id()
        first = await client.ask(COUNT, id=id_)
        assert await client.ask(COUNT, id=id_) == first
        assert first.trace_id == id_
        with pytest.raises(IdTaken):
            await client.ask(PER_CITY, id=id_)


async def test_a_question_is_cancelled_by_its_id(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever follows it is told so."""
    async with service(url, monkeypatch) as (deployment, address), Client(address) as client:
        events = client.stream(FOREVER, timeout_s=30)
        accepted = await anext(events)
        assert isinstance(accepted, Accepted)
        assert await client.cancel(accepted.id)
        with pytest.raises(Cancelled):
            _ = [event async for event in events]
        await until(lambda: deployment.admission.running == 0)


async def test_leaving_early_cancels_everything(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By leaving the loop, and by being cancelled oneself; at once, not after `resume_s`."""
    async with service(url, monkeypatch) as (deployment, address), Client(address) as client:
        async with aclosing(client.stream(FOREVER)) as events:
            async for event in events:
                if isinstance(event, StatementShown):
                    break
        await until(lambda: deployment.admission.running == 0, within_s=1.0)
        with anyio.move_on_after(0.3) as waiting:
            await client.ask(FOREVER)
        assert waiting.cancelled_caught
        await until(lambda: deployment.admission.running == 0, within_s=1.0)


async def test_bad_input_is_told_as_such(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the service's words."""
    async with service(url, monkeypatch) as (_, address), Client(address) as client:
        with pytest.raises(BadInput, match="question"):
            await client.ask("   ")


@pytest.mark.parametrize("trouble", ["reset", "half_close"])
async def test_a_cut_connection_is_gone_on_with(
    url: str, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """In the middle of the model's words; no word is lost or comes twice, and nothing is done
    twice."""
    async with behind_a_proxy(url, monkeypatch) as (deployment, proxy, client):
        words, answer = "", None
        async for event in client.stream(PER_CITY):
            if isinstance(event, TextArrived) and event.role == "writer":
                words += event.text
                if len(words) < 20:
                    await getattr(proxy, trouble)()
                    proxy.behave()
            if isinstance(event, Answered):
                answer = event.answer
        assert answer is not None
        assert answer.sql is not None
        assert words.count("SELECT") == 1
        assert answer.usage.model_calls == 2
        assert deployment.admission.running == 0


async def test_a_slow_connection_is_only_slow(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays are waited for."""
    async with behind_a_proxy(url, monkeypatch) as (_, proxy, client):
        proxy.delay_s = 0.05
        assert (await client.ask(COUNT)).status is Status.ANSWERED


async def test_garbage_in_between_is_no_answer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that were no event are given up after some tries; then all is well again."""
    async with behind_a_proxy(url, monkeypatch, HASTY) as (_, proxy, client):
        proxy.garble()
        with pytest.raises(ServiceUnreachable):
            await client.ask(COUNT)
        proxy.behave()
        assert (await client.ask(COUNT)).status is Status.ANSWERED


async def test_a_service_that_falls_silent_is_given_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sign of life for so long: the connection is made again, in vain, and that is told."""
    async with behind_a_proxy(url, monkeypatch, HASTY) as (_, proxy, client):
        events = client.stream(PER_CITY)
        while not isinstance(await anext(events), TextArrived):
            pass
        proxy.hang()
        with pytest.raises(ServiceUnreachable, match="nothing for too long"):
            _ = [event async for event in events]
