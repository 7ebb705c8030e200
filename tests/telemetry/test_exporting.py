"""Spans and metrics at a real collector, also where that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import anyio
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from forerun.app.telemetry import open_telemetry
from forerun.domain import TraceId
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.telemetry import Telemetry
from forerun.testing.proxy import misbehaving_proxy
from tests.telemetry.collector import Collector, collecting
from tests.telemetry.samples import START, failed, finished

pytestmark = pytest.mark.anyio
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CONFIG = TelemetryConfig(log="none", metrics=False, otlp_timeout=5.0, store="memory")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


def sending_to(url: str, **changes: Any) -> Telemetry:
    return open_telemetry(replace(CONFIG, otlp_endpoint=url, **changes))


def attributes(span: Span) -> dict[str, object]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "")
        for each in span.attributes
    }


async def test_spans_arrive_as_they_happened(collector: Collector) -> None:
    """Ids from the trace, times from the question's beginning, parents, kinds and status."""
    question, broken = finished(), failed()
    telemetry = sending_to(collector.url, otlp_headers="Authorization=Bearer x", service_name="us")
    telemetry.observe(question)
    telemetry.observe(broken)
    await telemetry.flush()
    await telemetry.aclose()
    mine = [s for s in collector.spans if s.trace_id.hex() == question.answer.trace_id]
    assert len(mine) == 13
    workflow, link, analyse, chat = mine[:4]
    begin = int(START.timestamp()) * 1_000_000_000
    assert (workflow.start_time_unix_nano, workflow.end_time_unix_nano) == (
        begin, begin + 1_000_000_000,
    )  # fmt: skip
    assert link.parent_span_id == workflow.span_id != b""
    assert chat.parent_span_id == analyse.span_id
    assert (chat.kind, analyse.kind) == (Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_INTERNAL)
    assert attributes(chat)["gen_ai.usage.input_tokens"] == 900
    assert attributes(link) == {"app.stage": "link", "app.critical_path": True}
    [guessed] = [s for s in mine if s.name == "run" and attributes(s).get("app.wasted")]
    assert attributes(guessed)["app.branch"] == "draft-ahead"
    assert [event.name for event in workflow.events] == ["feature_flag.evaluation"]
    [fault] = [s for s in collector.spans if attributes(s).get("error.type")]
    assert fault.status.code == Status.STATUS_CODE_ERROR
    assert attributes(fault)["error.type"] == "model_unreachable"
    assert collector.services == {"us"}
    assert collector.headers["authorization"] == "Bearer x"
    assert telemetry.lost()["otlp"] == 0


async def test_spans_hang_below_the_callers(collector: Collector) -> None:
    """In its trace; where it keeps none, none is sent, and ours is kept all the same."""
    telemetry = sending_to(collector.url)
    kept = finished(traceparent=CALLER)
    unkept = finished(traceparent=f"{CALLER[:-2]}00")
    telemetry.observe(kept)
    telemetry.observe(unkept)
    await telemetry.flush()
    assert {span.trace_id.hex() for span in collector.spans} == {CALLER[3:35]}
    assert collector.spans[0].parent_span_id.hex() == CALLER[36:52]
    assert attributes(collector.spans[0])["app.trace_id"] == kept.answer.trace_id
    assert (await telemetry.trace(unkept.answer.trace_id)).spans
    await telemetry.aclose()


@pytest.mark.parametrize("id_", ["order-17", "0" * 32, "", "漢\ud800"])
async def test_ids_of_another_form_are_sent_too(collector: Collector, id_: str) -> None:
    """As ids of OpenTelemetry's form, always the same; the id itself goes along."""
    telemetry = sending_to(collector.url, store=None)
    for _ in range(2):
        telemetry.observe(finished(trace_id=TraceId(id_), tenant=id_, orchestrator=id_))
    await telemetry.flush()
    await telemetry.aclose()
    assert telemetry.lost()["otlp"] == 0
    assert len({span.trace_id for span in collector.spans}) == 1
    assert len(collector.spans[0].trace_id) == 16


async def test_metrics_have_the_names_and_buckets_of_the_conventions(collector: Collector) -> None:
    telemetry = sending_to(collector.url)
    telemetry.observe(finished())
    await telemetry.flush()
    await telemetry.aclose()
    found = {metric.name: metric for metric in collector.metrics}
    assert found.keys() == {
        "gen_ai.client.operation.duration", "gen_ai.client.token.usage",
        "gen_ai.client.operation.time_to_first_chunk", "gen_ai.workflow.duration",
        "db.client.operation.duration",
    }  # fmt: skip
    [point] = found["gen_ai.client.operation.duration"].histogram.data_points
    assert point.count == 3
    assert list(point.explicit_bounds)[:3] == [0.01, 0.02, 0.04]
    assert list(point.explicit_bounds)[-1] == 81.92
    tokens = found["gen_ai.client.token.usage"].histogram.data_points
    assert sorted(int(each.sum) for each in tokens) == [300, 2700]


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_collector_that_refuses_is_counted(collector: Collector, status: int) -> None:
    """Nothing is raised, the store has the trace, and the next batch goes through."""
    telemetry = sending_to(collector.url)
    collector.status = status
    question = finished()
    telemetry.observe(question)
    await telemetry.flush()
    assert telemetry.lost()["otlp"] == 1
    assert (await telemetry.trace(question.answer.trace_id)).spans
    collector.status = 200
    telemetry.observe(finished())
    await telemetry.flush()
    assert telemetry.lost()["otlp"] == 1
    assert len(collector.spans) == 13
    await telemetry.aclose()


@pytest.mark.parametrize("status", [500, 503])
async def test_a_collector_in_trouble_is_asked_again_within_its_time(
    collector: Collector, status: int
) -> None:
    telemetry = sending_to(collector.url, otlp_timeout=0.3)
    collector.status = status
    telemetry.observe(finished())
    await telemetry.flush()
    assert telemetry.lost()["otlp"] == 1
    assert collector.requests >= 1
    await telemetry.aclose()


async def test_a_slow_collector_holds_up_neither_questions_nor_the_store(
    collector: Collector,
) -> None:
    """While it is waited for, what is observed is written."""
    telemetry = sending_to(collector.url, otlp_timeout=0.8)
    collector.delay_s = 0.5
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            telemetry.observe(finished())
            group.start_soon(telemetry.flush)
            while not collector.requests:
                await anyio.sleep(0.01)
            later = finished(number=9)
            telemetry.observe(later)
            await telemetry._write()
            assert not collector.spans
            assert (await telemetry.trace(later.answer.trace_id)).spans
            group.cancel_scope.cancel()
        await telemetry.aclose()


async def test_connections_that_are_reset_are_counted(collector: Collector) -> None:
    port = int(collector.url.rpartition(":")[2])
    async with misbehaving_proxy("127.0.0.1", port) as proxy:
        telemetry = sending_to(f"http://127.0.0.1:{proxy.port}", otlp_timeout=0.3)
        await proxy.reset()
        telemetry.observe(finished())
        await telemetry.flush()
        assert telemetry.lost()["otlp"] == 1
        proxy.behave()
        telemetry.observe(finished())
        await telemetry.flush()
        assert telemetry.lost()["otlp"] == 1
        assert len(collector.spans) == 13
        await telemetry.aclose()


async def test_nobody_there_is_counted(capfd: pytest.CaptureFixture[str]) -> None:
    """And told nobody on standard error, question after question."""
    telemetry = sending_to("http://127.0.0.1:9", otlp_timeout=0.2)
    telemetry.observe(finished())
    await telemetry.flush()
    await telemetry.aclose()
    assert telemetry.lost()["otlp"] == 1
    assert telemetry.lost()["otlp_metrics"] >= 1
    assert capfd.readouterr().err == ""
