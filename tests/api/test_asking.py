"""Questions over HTTP: the same answer as anywhere, told as it comes about, and cancelled."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest

from forerun import Forerun
from forerun.access import LOOPBACK, Identity, Scope
from forerun.api.identifying import identified
from forerun.app.sections import DatabaseSection, ServeSection
from forerun.app.serving import Asked, Deployment, owner_of
from forerun.app.serving.databases import Databases
from forerun.domain import Answer, Status
from forerun.errors import Draining
from forerun.wire import answer_to_json
from tests.api.service import (
    COUNT,
    FOREVER,
    PER_CITY,
    QUERIES,
    SETTINGS,
    app_over,
    client,
    configuration,
    events_of,
    limits,
    model,
    served,
    until,
    with_model,
)

pytestmark = pytest.mark.anyio

ANN = Identity("key-1", "acme", "ann")
BEA = Identity("key-2", "umbrella", "bea", frozenset({Scope.ASK}))


@pytest.fixture
async def service(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Deployment, httpx.AsyncClient]]:
    with with_model(monkeypatch, model()):
        async with served(configuration(shop_url)) as running:
            yield running


def without_times(wire: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in wire.items() if name not in ("timings", "trace_id")}


async def test_an_answer_is_the_same_object_as_on_the_command_line(
    service: tuple[Deployment, httpx.AsyncClient], shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Field by field what `forerun ask --json` prints, apart from times and ids."""
    _, asks = service
    response = await asks.post("/v1/ask", json={"question": PER_CITY})
    with with_model(monkeypatch, model()):
        async with Forerun(shop_url, settings=SETTINGS) as forerun:
            answer: Answer = await forerun.ask(PER_CITY)
    assert response.status_code == 200
    printed = json.loads(json.dumps(answer_to_json(answer)))
    assert without_times(response.json()) == without_times(printed)
    assert response.json()["rows"] == [["Bremen", 1], ["Kiel", 2]]


async def test_a_stream_tells_everything_in_order_and_ends_with_the_answer(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """Events are numbered from 1; SQL comes before rows, rows before the answer."""
    _, asks = service
    response = await asks.post("/v1/ask/stream", json={"question": PER_CITY})
    events = events_of(response)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    names = [event.name for event in events]
    assert (names[0], names[-1]) == ("accepted", "answer")
    assert names.index("text") < names.index("sql") < names.index("rows") < names.index("answer")
    sql = next(event.data for event in events if event.name == "sql")
    assert (sql["branch"], sql["provisional"]) == ("main", False)
    assert events[-1].data["rows"] == [["Bremen", 1], ["Kiel", 2]]
    assert events[-1].data["trace_id"] == events[0].data["id"]


async def test_the_summary_streams_before_it_is_final(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """What was shown of it word by word is, put together, what the answer says."""
    _, asks = service
    events = events_of(await asks.post("/v1/ask/stream", json={"question": PER_CITY}))
    said = [event.data for event in events if event.name == "summary"]
    streamed = "".join(each["text"] for each in said if each["provisional"])
    assert len(said) > 2
    assert streamed == said[-1]["text"] == events[-1].data["summary"]


async def test_what_was_seen_is_not_sent_again(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """With Last-Event-ID, by either route, a stream goes on after that event."""
    _, asks = service
    body = {"question": COUNT, "id": uuid.uuid4().hex}
    events = events_of(await asks.post("/v1/ask/stream", json=body))
    seen = {"Last-Event-ID": "3"}
    again = events_of(await asks.post("/v1/ask/stream", json=body, headers=seen))
    resumed = events_of(await asks.get(f"/v1/ask/{body['id']}/stream", headers=seen))
    assert again == resumed == events[3:]


async def test_who_has_had_the_last_event_need_not_come_back(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """He gets 204, at which a browser's event source gives up; a stream without any event would
    look as if it had been cut off."""
    _, asks = service
    body = {"question": COUNT, "id": uuid.uuid4().hex}
    events = events_of(await asks.post("/v1/ask/stream", json=body))
    last = {"Last-Event-ID": str(len(events))}
    again = await asks.post("/v1/ask/stream", json=body, headers=last)
    resumed = await asks.get(f"/v1/ask/{body['id']}/stream", headers=last)
    assert [each.status_code for each in (again, resumed)] == [204, 204]


async def test_who_comes_back_late_gets_the_answer_as_the_next_event(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """By either route, once the events are forgotten, however many he has had: not nothing. Then
    there is nothing to come back for, so that a browser does not come back for ever."""
    deployment, asks = service
    body = {"question": COUNT, "id": uuid.uuid4().hex}
    events = events_of(await asks.post("/v1/ask/stream", json=body))
    with anyio.fail_after(20):
        while not await deployment.keeper.store.answer(owner_of(LOOPBACK), body["id"]):
            await anyio.sleep(0.02)
    deployment._asks.clear()
    seen = {"Last-Event-ID": "7"}
    again = events_of(await asks.post("/v1/ask/stream", json=body, headers=seen))
    resumed = events_of(await asks.get(f"/v1/ask/{body['id']}/stream", headers=seen))
    assert again == resumed
    assert [(each.id > 7, each.name) for each in resumed] == [(True, "answer")]
    assert resumed[0].data == events[-1].data
    seen = {"Last-Event-ID": str(resumed[0].id)}
    over = (
        await asks.post("/v1/ask/stream", json=body, headers=seen),
        await asks.get(f"/v1/ask/{body['id']}/stream", headers=seen),
    )
    assert [each.status_code for each in over] == [204, 204]


async def test_a_question_with_an_id_is_asked_once(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """The same id gives the same answer, byte for byte, also once its events are forgotten; for
    another question it is refused."""
    deployment, asks = service
    id_ = str(uuid.uuid4())
    first = await asks.post("/v1/ask", json={"question": COUNT, "id": id_})
    assert first.json()["trace_id"] == id_.replace("-", "")
    deployment._asks.clear()
    again = await asks.post("/v1/ask", json={"question": COUNT, "id": id_})
    other = await asks.post("/v1/ask", json={"question": PER_CITY, "id": id_})
    read = await asks.get(f"/v1/answers/{id_}")
    assert first.content == again.content == read.content
    assert (other.status_code, other.json()["code"]) == (409, "id_taken")


async def test_a_question_is_cancelled_with_its_statement(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """A statement that would run for hours ends at once, and the waiting asker is told."""
    deployment, asks = service
    id_ = uuid.uuid4().hex
    responses: list[httpx.Response] = []

    async def ask() -> None:
        responses.append(await asks.post("/v1/ask", json={"question": FOREVER, "id": id_}))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await until(lambda: any(b"event: sql" in f for f in _frames(deployment)))
        cancelled = await asks.post(f"/v1/ask/{id_}/cancel")
    assert cancelled.json() == {"id": id_, "cancelled": True}
    assert (responses[0].status_code, responses[0].json()["code"]) == (409, "cancelled")
    assert deployment.admission.running == 0
    again = await asks.post(f"/v1/ask/{id_}/cancel")
    assert again.json() == {"id": id_, "cancelled": False}


def _frames(deployment: Deployment) -> list[bytes]:
    return [frame for ask in deployment._asks.values() for frame in ask.log.frames]


async def test_nothing_of_one_tenant_is_there_for_another(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """Another's question, answer, stream and conversation are not found, as if there were none."""
    deployment, _ = service
    ids = {"id": uuid.uuid4().hex, "conversation_id": "ours"}
    async with asked_by(deployment, ANN) as ann, asked_by(deployment, BEA) as bea:
        assert (await ann.post("/v1/ask", json={"question": COUNT, **ids})).status_code == 200
        for method, path in (
            ("GET", f"/v1/answers/{ids['id']}"),
            ("GET", f"/v1/ask/{ids['id']}/stream"),
            ("POST", f"/v1/ask/{ids['id']}/cancel"),
            ("GET", "/v1/conversations/ours"),
            ("DELETE", "/v1/conversations/ours"),
        ):
            hers, his = await ann.request(method, path), await bea.request(method, path)
            assert (hers.status_code in (200, 204), his.status_code) == (True, 404), path
        assert (await bea.get("/v1/conversations")).json() == {"conversations": []}
        theirs = await bea.post("/v1/ask", json={"question": PER_CITY, **ids})
        assert theirs.json()["rows"] == [["Bremen", 1], ["Kiel", 2]]


async def test_only_who_may_administer_sees_and_drops_what_is_kept(
    service: tuple[Deployment, httpx.AsyncClient],
) -> None:
    """The cache's routes are forbidden without the scope admin."""
    deployment, asks = service
    async with asked_by(deployment, ANN) as ann:
        for method, path in (("GET", "/v1/cache"), ("GET", "/v1/cache/shop")):
            assert (await ann.request(method, path)).status_code == 403
        assert (await ann.delete("/v1/cache/shop")).json()["code"] == "forbidden"
    assert (await asks.delete("/v1/cache/shop")).json() == {"dropped": 0}
    assert (await asks.get("/v1/cache/shop")).json()["tally"]["hits"] == 0


async def test_a_database_must_be_named_where_there_are_several(shop_url: str) -> None:
    """Each answers by its name; one that the key is not for is not found, like one that is not
    there."""
    sections = {"shop": DatabaseSection(shop_url), "other": DatabaseSection(shop_url)}
    async with served(configuration(shop_url, databases=sections)) as (deployment, asks):
        unnamed = await asks.post("/v1/ask", json={"question": COUNT})
        named = await asks.post("/v1/ask", json={"question": COUNT, "database": "other"})
        missing = await asks.post("/v1/ask", json={"question": COUNT, "database": "nope"})
        only_shop = Identity("key", databases=frozenset({"shop"}))
        async with asked_by(deployment, only_shop) as hers:
            closed = await hers.post("/v1/ask", json={"question": COUNT, "database": "other"})
            alone = await hers.post("/v1/ask", json={"question": COUNT})
            listed = await hers.get("/v1/databases")
    assert (unnamed.status_code, "shop, other" in unnamed.json()["hint"]) == (400, True)
    assert (named.status_code, missing.status_code, closed.status_code) == (200, 404, 404)
    assert alone.status_code == 200
    assert listed.json() == {"databases": [{"name": "shop", "dialect": "duckdb"}]}


@asynccontextmanager
async def asked_by(deployment: Deployment, identity: Identity) -> AsyncIterator[httpx.AsyncClient]:
    with app_over(deployment) as app:
        app.dependency_overrides[identified] = lambda: identity
        async with client(app) as asks:
            yield asks


async def test_a_full_service_says_when_to_come_back(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is answered, one waits, and the third is sent away with Retry-After; who waited too long
    is sent away, too."""
    full = configuration(shop_url, limits=limits(questions=1, queue=1, queue_s=0.2))
    with with_model(monkeypatch, model()):
        async with served(full) as (deployment, asks):
            statuses: list[tuple[int, str | None]] = []

            async def ask(question: str) -> None:
                response = await asks.post("/v1/ask", json={"question": question})
                statuses.append((response.status_code, response.headers.get("retry-after")))

            async with anyio.create_task_group() as group:
                group.start_soon(ask, FOREVER)
                await until(lambda: deployment.admission.running == 1)
                group.start_soon(ask, COUNT)
                await until(lambda: deployment.admission.waiting == 1)
                await ask(PER_CITY)
                assert statuses == [(503, "1")]
                await until(lambda: len(statuses) == 2)
                assert statuses[1] == (503, "1")
                await asks.post(f"/v1/ask/{next(iter(deployment._asks))[1]}/cancel")
            assert deployment.admission.running == 0
            assert (await asks.post("/v1/ask", json={"question": COUNT})).status_code == 200


async def test_drained_it_ends_what_is_under_way_and_begins_nothing(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not ready but alive; a quick question is answered, one that takes too long is cancelled and
    told so, a new one is sent elsewhere."""
    with with_model(monkeypatch, model(token_delay_s=0.005)):
        serve = ServeSection(state="memory", drain_s=3.0)
        async with served(configuration(shop_url, serve=serve)) as (deployment, asks):
            told: dict[str, httpx.Response] = {}

            async def ask(question: str) -> None:
                told[question] = await asks.post("/v1/ask", json={"question": question})

            async with anyio.create_task_group() as group:
                group.start_soon(ask, FOREVER)
                group.start_soon(ask, COUNT)
                await until(lambda: deployment.admission.running == 2)
                group.start_soon(deployment.drain)
                await until(lambda: deployment.draining)
                assert (await asks.get("/readyz")).json()["status"] == "draining"
                assert (await asks.get("/healthz")).status_code == 200
                await ask(PER_CITY)
    assert told[PER_CITY].json()["code"] == told[FOREVER].json()["code"] == "draining"
    assert told[COUNT].status_code == 200
    assert told[FOREVER].status_code == 503


async def test_drained_it_waits_for_queries_of_askers_own(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for questions: one that ends in time is answered, one that does not is told why."""
    told: list[Status | str] = []
    with with_model(monkeypatch, model()):
        serve = ServeSection(state="memory", drain_s=1.0)
        async with served(configuration(shop_url, serve=serve)) as (deployment, _):

            async def run(query: str) -> None:
                try:
                    told.append((await deployment.sql(Asked(query), LOOPBACK)).status)
                except Draining as error:
                    told.append(error.code)

            async with anyio.create_task_group() as group:
                group.start_soon(run, QUERIES[FOREVER])
                group.start_soon(run, QUERIES[COUNT])
                await until(lambda: deployment.admission.running == 2)
                with anyio.fail_after(5):
                    await deployment.drain()
                await until(lambda: len(told) == 2)
            assert deployment.admission.running == 0
    assert told == [Status.ANSWERED, "draining"]


async def test_a_query_that_cannot_be_begun_keeps_no_place(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong once it was let in."""
    with with_model(monkeypatch, model()):
        async with served(configuration(shop_url)) as (deployment, _):
            monkeypatch.setattr(Databases, "asker", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await deployment.sql(Asked(QUERIES[COUNT]), LOOPBACK)
            assert deployment.admission.running == 0


async def test_who_waits_while_it_is_drained_is_sent_elsewhere(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room of a question that is cancelled is nobody's any more."""
    with with_model(monkeypatch, model()):
        serve = ServeSection(state="memory", drain_s=0.2)
        one = configuration(shop_url, serve=serve, limits=limits(questions=1, queue=5))
        async with served(one) as (deployment, asks):
            told: list[str] = []

            async def ask() -> None:
                response = await asks.post("/v1/ask", json={"question": FOREVER})
                told.append(response.json()["code"])

            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(ask)
                await until(lambda: deployment.admission.waiting == 2)
                await deployment.drain()
                await until(lambda: len(told) == 3)
    assert told == ["draining"] * 3
    assert deployment.admission.running == 0
