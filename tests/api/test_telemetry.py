"""What the service tells of its questions: figures, traces, metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from forerun.access import LOOPBACK, Identity, Scope
from forerun.access.config import AuthConfig
from forerun.api.identifying import identified
from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from forerun.domain import Answer, Question, Stage, Status, TraceId, new_trace_id
from forerun.ports import ShadowRun
from forerun.telemetry.config import TelemetryConfig
from tests.api.keyed import bearer, key
from tests.api.rolling import rolling_out
from tests.api.service import (
    COUNT,
    FOREVER,
    PER_CITY,
    app_of,
    configuration,
    events_of,
    limits,
    model,
    served,
    until,
    with_model,
)

pytestmark = pytest.mark.anyio

OTHER = Identity("k2", tenant="other")
NARROW = Identity("k3", databases=frozenset({"hr", "sales"}))
ADMIN_ALONE = Identity("k4", scopes=frozenset({Scope.ADMIN}))
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNKNOWN = "0" * 32


@dataclass
class Told:
    """A service, and who is taken to ask."""

    deployment: Deployment
    asks: httpx.AsyncClient
    identity: Identity = LOOPBACK

    async def get(self, path: str, expected: int = 200, /, **params: Any) -> Any:
        response = await self.asks.get(path, params=params)
        assert response.status_code == expected, response.text
        return response.json()

    async def ask(self, question: str = COUNT, **headers: str) -> str:
        """The answer's trace id."""
        response = await self.asks.post("/v1/ask", json={"question": question}, headers=headers)
        assert response.status_code == 200, response.text
        id_: str = response.json()["trace_id"]
        return id_

    async def traces(self, **params: Any) -> list[dict[str, Any]]:
        await self.deployment.telemetry.flush()
        found: list[dict[str, Any]] = (await self.get("/v1/traces", **params))["traces"]
        return found

    async def metrics(self, accept: str = "") -> httpx.Response:
        await self.deployment.telemetry.flush()
        return await self.asks.get("/metrics", headers={"Accept": accept})


@pytest.fixture
async def told(shop_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Told]:
    configured = configuration(shop_url, limits=limits(questions=1, queue=0))
    with with_model(monkeypatch, model()):
        async with served(configured) as (deployment, asks):
            told = Told(deployment, asks)
            app_of(deployment).dependency_overrides[identified] = lambda: told.identity
            yield told


async def test_a_trace_is_found_by_the_id_of_the_answer(told: Told) -> None:
    """At once, whole, and as a picture for Perfetto."""
    id_ = await told.ask()
    trace = await told.get(f"/v1/traces/{id_}")
    assert trace["summary"]["trace_id"] == id_
    assert (trace["summary"]["operation"], trace["summary"]["database"]) == ("ask", "shop")
    names = [span["name"] for span in trace["spans"]]
    assert {"draft", "run", "SELECT customers"} <= set(names)
    picture = await told.get(f"/v1/traces/{id_}", format="chrome")
    assert set(names) <= {event["name"] for event in picture["traceEvents"]}


async def test_every_question_is_told_of_however_it_has_ended(told: Told) -> None:
    """Answered, streamed, wrong, cancelled: each with its code and what had been done by then."""
    await told.ask()
    stream = await told.asks.post("/v1/ask/stream", json={"question": PER_CITY})
    streamed = events_of(stream)[0].data["id"]
    wrong = await told.asks.post("/v1/ask", json={"question": "\u0007"})
    assert wrong.status_code == 400
    id_ = "c" * 32
    async with anyio.create_task_group() as group:
        forever = {"question": FOREVER, "id": id_}
        group.start_soon(lambda: told.asks.post("/v1/ask", json=forever))
        await until(lambda: Stage.RUN in stages_under_way(told))
        await told.asks.post(f"/v1/ask/{id_}/cancel")
    found = {each["trace_id"]: each for each in await told.traces()}
    assert sorted(
        (each["operation"], each["status"], each["error"]) for each in found.values()
    ) == [
        ("ask", "answered", None),
        ("ask", "cancelled", "cancelled"),
        ("ask", "failed", "empty_question"),
        ("stream", "answered", None),
    ]
    assert found[streamed]["operation"] == "stream"
    assert found[id_]["ms"] > 0
    cancelled = await told.get(f"/v1/traces/{id_}")
    assert "draft" in [span["name"] for span in cancelled["spans"]]
    assert len(await told.traces(status="cancelled")) == 1


def stages_under_way(told: Told) -> list[Stage]:
    asks = told.deployment._asks.values()
    spans = [span for ask in asks if not ask.done.is_set() for span in ask.recorder.trace().spans]
    return [span.stage for span in spans]


async def test_who_is_not_let_in_is_counted(told: Told) -> None:
    """And becomes no trace: there may be many of them."""
    told.deployment.admission.running = 1
    full = await told.asks.post("/v1/ask", json={"question": COUNT})
    assert full.json()["code"] == "overloaded"
    text = (await told.metrics()).text
    assert 'forerun_turned_away_total{error="overloaded"} 1.0' in text
    assert "forerun_in_flight 1.0" in text
    assert await told.traces() == []


async def test_a_tenant_sees_its_own_and_an_administrator_all(told: Told) -> None:
    """Whose a trace is, is found out by nobody else."""
    mine = await told.ask()
    told.identity = OTHER
    theirs = await told.ask()
    assert [each["trace_id"] for each in await told.traces()] == [theirs]
    assert (await told.get("/v1/performance"))["questions"] == 1
    assert (await told.get(f"/v1/traces/{mine}", 404))["code"] == "unknown_trace"
    assert (await told.get("/v1/traces", 403, tenant="default"))["code"] == "forbidden"
    told.identity = ADMIN_ALONE
    assert {each["trace_id"] for each in await told.traces()} == {mine, theirs}
    assert [each["trace_id"] for each in await told.traces(tenant="other")] == [theirs]
    assert (await told.get(f"/v1/traces/{mine}"))["summary"]["tenant"] == "default"


async def test_a_key_for_some_databases_sees_no_others(told: Told) -> None:
    """Unless it names one it sees all of its own; a trace of another is not found."""
    id_ = await told.ask()
    told.identity = replace(NARROW, databases=frozenset({"hr", "shop"}))
    assert [each["trace_id"] for each in await told.traces()] == [id_]
    assert (await told.get("/v1/performance"))["questions"] == 1
    told.identity = NARROW
    assert await told.traces() == []
    assert (await told.get("/v1/performance"))["questions"] == 0
    assert (await told.get("/v1/performance", 404, database="shop"))["code"] == "not_found"
    assert await told.traces(database="hr") == []
    await told.get(f"/v1/traces/{id_}", 404)
    told.identity = replace(NARROW, databases=frozenset())
    assert await told.traces() == []


async def test_figures_are_of_a_window_an_operation_and_a_database(told: Told) -> None:
    """Of what was not asked there are none."""
    await told.ask()
    await told.asks.post("/v1/ask/stream", json={"question": PER_CITY})
    await told.deployment.telemetry.flush()
    whole = await told.get("/v1/performance")
    assert [each["operation"] for each in whole["operations"]] == ["ask", "stream"]
    assert whole["operations"][0]["whole"]["p50_s"] > 0
    only = await told.get("/v1/performance/stream", window_s=60, database="shop")
    assert [each["operation"] for each in only["operations"]] == ["stream"]
    assert (await told.get("/v1/performance/mcp"))["questions"] == 0
    assert (await told.get("/v1/performance", window_s=1e-6))["questions"] == 0


async def test_traces_come_page_by_page(told: Told) -> None:
    """Each once, the latest first."""
    asked = [await told.ask() for _ in range(3)]
    await told.deployment.telemetry.flush()
    first = await told.get("/v1/traces", limit=2)
    rest = await told.get("/v1/traces", limit=2, cursor=first["next_cursor"])
    listed = [each["trace_id"] for each in first["traces"] + rest["traces"]]
    assert (listed, rest["next_cursor"]) == (asked[::-1], None)


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("performance", {"window_s": "nan"}, 422),
        ("performance", {"window_s": "inf"}, 422),
        ("performance", {"window_s": 0}, 422),
        ("performance", {"window_s": 1e300}, 422),
        ("performance", {"database": "a\0b"}, 422),
        ("performance/a%00b", {}, 422),
        ("performance/" + "x" * 101, {}, 422),
        ("performance", {"tenant": "x" * 201}, 422),
        ("traces", {"limit": 0}, 422),
        ("traces", {"limit": 10**30}, 422),
        ("traces", {"slower_than_ms": "nan"}, 422),
        ("traces", {"slower_than_ms": -1}, 422),
        ("traces", {"status": "odd"}, 422),
        ("traces", {"arm": "odd"}, 422),
        ("traces", {"operation": "\0"}, 422),
        ("traces", {"cursor": ""}, 422),
        ("traces", {"cursor": "\0"}, 422),
        ("traces", {"cursor": f"nan_{UNKNOWN}"}, 422),
        ("traces", {"cursor": "9" * 400 + f".0_{UNKNOWN}"}, 422),
        ("traces", {"cursor": "odd"}, 422),
        ("traces/odd", {}, 422),
        (f"traces/{UNKNOWN}", {"format": "odd"}, 422),
        (f"traces/{UNKNOWN}", {}, 404),
    ],
)
async def test_what_cannot_be_is_refused(
    told: Told, path: str, params: dict[str, Any], status: int
) -> None:
    """With problem details, and never as a fault of our own."""
    problem = await told.get(f"/v1/{path}", status, **params)
    assert problem["status"] == status


async def test_metrics_come_in_the_format_that_is_accepted(told: Told) -> None:
    """With exemplars where there can be; whatever an `Accept` holds, never a fault."""
    id_ = await told.ask()
    plain = await told.metrics("text/plain;version=0.0.4")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'forerun_breaker_state{breaker="shop/database",state="closed"} 1.0' in plain.text
    prometheus = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    rich = await told.metrics(prometheus)
    assert rich.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert f'trace_id="{id_}"' in rich.text
    odd = await told.metrics("application/openmetrics-text;version=odd;escaping=;q=x,\t;;=")
    assert odd.status_code == 200
    assert odd.text.endswith("# EOF\n")


async def test_metrics_are_told_to_strangers_only_where_nobody_has_a_key(shop_url: str) -> None:
    """The first key closes them, also to programs of the same machine, which a proxy may be that
    does not say so: then to an administrator, or to everybody where that is switched on."""
    public = TelemetryConfig(log="none", metrics_public=True)
    auth = AuthConfig(keys="memory", remember_s=0.0)
    both = frozenset({Scope.ASK, Scope.ADMIN})
    async with served(configuration(shop_url, auth=auth)) as (deployment, stranger):
        assert (await stranger.get("/metrics")).status_code == 200
        askers, admins = await key(deployment), await key(deployment, "default", "", both)
        assert (await stranger.get("/metrics")).status_code == 401
        assert (await stranger.get("/metrics", headers=bearer(askers))).status_code == 403
        assert (await stranger.get("/metrics", headers=bearer(admins))).status_code == 200
    async with served(configuration(shop_url, auth=auth, telemetry=public)) as (deployment, asks):
        await key(deployment)
        assert (await asks.get("/metrics")).status_code == 200


async def test_without_a_store_and_metrics_it_says_what_to_set(shop_url: str) -> None:
    """Questions are answered as ever."""
    nothing = TelemetryConfig(store="none", metrics=False, log="none")
    configured = configuration(shop_url, telemetry=nothing)
    async with served(configured) as (deployment, asks):
        told = Told(deployment, asks)
        assert "store" in (await told.get("/v1/traces", 503))["hint"]
        assert "metrics" in (await told.get("/metrics", 503))["hint"]
        await told.ask()


async def test_the_caller_is_passed_on(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it came; one that cannot be read keeps nobody from asking."""
    observed: list[str | None] = []
    telemetry = told.deployment.telemetry
    monkeypatch.setattr(telemetry, "observe", lambda each: observed.append(each.traceparent))
    await told.ask(traceparent=CALLER)
    await told.ask(traceparent="odd")
    await told.ask()
    assert observed == [CALLER, "odd", None]


async def test_what_is_under_way_is_written_before_the_end(shop_url: str, tmp_path: Path) -> None:
    """The file beside the state holds it, for the next process."""
    kept = ServeSection(state=str(tmp_path / "state.sqlite"))
    configured = configuration(shop_url, serve=kept)
    async with served(configured) as (deployment, asks):
        id_ = await Told(deployment, asks).ask()
        await deployment.drain()
    assert (tmp_path / "state.sqlite.telemetry.sqlite").exists()
    async with served(configured) as (deployment, asks):
        assert (await Told(deployment, asks).get(f"/v1/traces/{id_}"))["summary"]["spans"] > 0


async def test_a_shadow_run_that_differs_marks_the_trace_and_is_counted(
    shop_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the name that the service has for the database, whichever rollout they share."""
    with with_model(monkeypatch, model()):
        async with rolling_out(shop_url, tmp_path) as rolling:
            told = Told(rolling.deployment, rolling.asks)
            id_ = await told.ask()
            assert rolling.deployment.rollout is not None
            shadows = rolling.deployment.rollout.shadows
            assert shadows is not None
            shadows.rollout.shadowed(differing(id_))
            [summary] = await told.traces()
            assert summary["mismatch"]
            counted = 'forerun_shadow_mismatches_total{database="shop"} 1.0'
            assert counted in (await told.metrics()).text


def differing(id_: str) -> ShadowRun:
    """A parallel run that has found other rows than the asker was shown."""
    question = Question(COUNT, datetime.now(UTC), id=TraceId(id_))
    shown = Answer(COUNT, Status.ANSWERED, "", "", TraceId(id_))
    found = replace(shown, trace_id=new_trace_id())
    return ShadowRun(question, "simple", shown, found, 1.0, 0.5, "1 row became 2.")
