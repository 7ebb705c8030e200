"""Spans and the GenAI metrics to an OpenTelemetry collector, by OTLP over HTTP."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import anyio.to_thread
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Histogram
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event as SDKEvent
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from forerun.domain.branches import MAIN
from forerun.errors import Unavailable
from forerun.telemetry import names
from forerun.telemetry.spans import Attributes, Kind, Sending, Span, Value

# Its errors are counted by us; without a handler they would all go to standard error.
logging.getLogger("opentelemetry").addHandler(logging.NullHandler())

_CLIENTS = frozenset({Kind.MODEL, Kind.STATEMENT})
_SCOPE = InstrumentationScope(names.SCOPE, None, names.SCHEMA_URL)
_TRACE_ID = re.compile("[0-9a-f]{32}")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


@dataclass(frozen=True, slots=True)
class Collector:
    """Where they go."""

    endpoint: str
    """Base URL, without `/v1/traces`."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 10.0
    service_name: str = "forerun"
    version: str = ""
    """Of the service."""


class Exporter:
    """One collector. What fails is raised to the buffer in front of it."""

    def __init__(self, collector: Collector) -> None:
        base, headers = collector.endpoint.rstrip("/"), dict(collector.headers)
        self._resource = Resource.create(
            {"service.name": collector.service_name, "service.version": collector.version}
        )
        self._spans = OTLPSpanExporter(
            f"{base}/v1/traces", headers=headers, timeout=collector.timeout_s
        )
        self._metrics = GenAIMetrics(
            _CountingExporter(f"{base}/v1/metrics", headers=headers, timeout=collector.timeout_s),
            self._resource,
        )
        self._closed = False

    @property
    def metric_failures(self) -> int:
        """Batches of metrics that could not be sent."""
        return self._metrics.exporter.failures

    async def send(self, batch: Sequence[Sending]) -> None:
        """In a worker thread, which is left alone when this is cancelled. Raises `Unavailable`."""
        await anyio.to_thread.run_sync(self._send, batch, abandon_on_cancel=True)

    async def send_metrics(self) -> None:
        """What has been measured so far; its failures are counted."""
        await anyio.to_thread.run_sync(self._metrics.send, abandon_on_cancel=True)

    async def aclose(self) -> None:
        """Waits for nobody: a retry under way ends at once. Safe to call twice."""
        if not self._closed:
            self._closed = True
            await anyio.to_thread.run_sync(self._shut, abandon_on_cancel=True)

    def _send(self, batch: Sequence[Sending]) -> None:
        for sending in batch:
            self._metrics.record(sending.spans)
        spans = [span for sending in batch for span in readable(sending, self._resource)]
        if spans and self._spans.export(spans) is not SpanExportResult.SUCCESS:
            raise Unavailable("The collector did not take the spans.")

    def _shut(self) -> None:
        self._spans.shutdown()  # type: ignore[no-untyped-call]
        self._metrics.shut()


class _CountingExporter(OTLPMetricExporter):
    """The reader in front of it keeps to itself whether it worked."""

    failures = 0

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **kwargs: object
    ) -> MetricExportResult:
        result = super().export(metrics_data, timeout_millis=timeout_millis)
        self.failures += result is not MetricExportResult.SUCCESS
        return result


class GenAIMetrics:
    """The histograms of the conventions, over all questions; sent when told to."""

    def __init__(self, exporter: _CountingExporter, resource: Resource) -> None:
        self.exporter = exporter
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=math.inf)
        self._provider = MeterProvider([reader], resource, shutdown_on_exit=False)
        meter = self._provider.get_meter(names.SCOPE, None, names.SCHEMA_URL)

        def histogram(name: str, unit: str, buckets: Sequence[float]) -> Histogram:
            return meter.create_histogram(
                name, unit=unit, explicit_bucket_boundaries_advisory=buckets
            )

        self._calls = histogram(names.CLIENT_DURATION, "s", names.DURATION_BUCKETS)
        self._tokens = histogram(names.CLIENT_TOKENS, "{token}", names.TOKEN_BUCKETS)
        self._first = histogram(names.CLIENT_FIRST_CHUNK, "s", names.DURATION_BUCKETS)
        self._workflows = histogram(names.WORKFLOW_DURATION, "s", names.DURATION_BUCKETS)
        self._statements = histogram(names.DB_DURATION, "s", names.DB_DURATION_BUCKETS)

    def record(self, spans: Sequence[Span]) -> None:
        for span in spans:
            seconds = (span.end_ms - span.start_ms) / 1_000
            if span.kind is Kind.WORKFLOW:
                self._workflows.record(seconds, _of(span, names.GEN_AI_WORKFLOW))
            elif span.kind is Kind.STATEMENT:
                about = (names.DB_SYSTEM, names.DB_NAMESPACE, names.DB_OPERATION)
                self._statements.record(seconds, _of(span, *about))
            elif span.kind is Kind.MODEL:
                self._record_call(span, seconds)

    def _record_call(self, span: Span, seconds: float) -> None:
        about = (names.GEN_AI_OPERATION, names.GEN_AI_PROVIDER, names.GEN_AI_MODEL)
        of, said = _of(span, *about), span.attributes
        self._calls.record(seconds, of)
        for name, kind in (
            (names.GEN_AI_INPUT_TOKENS, "input"),
            (names.GEN_AI_OUTPUT_TOKENS, "output"),
        ):
            self._tokens.record(float(said[name]), of | {names.GEN_AI_TOKEN_TYPE: kind})
        if names.GEN_AI_FIRST_CHUNK in said:
            self._first.record(float(said[names.GEN_AI_FIRST_CHUNK]), of)

    def send(self) -> None:
        self._provider.force_flush()

    def shut(self) -> None:
        self._provider.shutdown()


def _of(span: Span, *about: str) -> dict[str, str | int | float | bool]:
    said = {name: span.attributes[name] for name in about if name in span.attributes}
    return said if span.error is None else said | {names.ERROR_TYPE: span.error}


def readable(sending: Sending, resource: Resource) -> Iterator[ReadableSpan]:
    """As the SDK would have made them, had it watched; none where the caller keeps no trace."""
    caller = sending.caller
    if caller is not None and not caller.is_sampled:
        return
    trace_id = _number(sending.trace_id if caller is None else caller.trace_id)

    def context(span_id: str, *, remote: bool = False) -> SpanContext:
        return SpanContext(trace_id, int(span_id, 16), remote, _SAMPLED)

    def at(ms: float) -> int:
        return round(1_000_000 * (1_000 * sending.started_at + ms))

    above = None if caller is None else context(caller.span_id, remote=True)
    for span in sending.spans:
        yield ReadableSpan(
            str(_whole(span.name)),
            context(span.id),
            above if span.parent is None else context(span.parent),
            resource,
            _attributes(span),
            [SDKEvent(e.name, e.attributes, timestamp=at(e.at_ms)) for e in span.events],
            kind=SpanKind.CLIENT if span.kind in _CLIENTS else SpanKind.INTERNAL,
            status=Status(StatusCode.UNSET if span.error is None else StatusCode.ERROR),
            start_time=at(span.start_ms),
            end_time=at(span.end_ms),
            instrumentation_scope=_SCOPE,
        )


def _whole(value: Value) -> Value:
    """Half a character in one text would cost the batch."""
    if isinstance(value, str) and not value.isascii():
        return value.encode(errors="replace").decode()
    return value


def _number(trace_id: str) -> int:
    """Of 128 bits; an id that is not of OpenTelemetry's form becomes one that is."""
    if _TRACE_ID.fullmatch(trace_id) and (number := int(trace_id, 16)):
        return number
    return int.from_bytes(blake2b(trace_id.encode(errors="replace"), digest_size=16).digest())


def _attributes(span: Span) -> Attributes:
    """What is as usual is left out: each attribute costs as much as a span's own fields."""
    said = {name: _whole(value) for name, value in span.attributes.items()}
    if span.branch != MAIN:
        said[names.APP_BRANCH] = span.branch
    if span.outcome != "ok" and span.kind is not Kind.WORKFLOW:
        said[names.APP_OUTCOME] = span.outcome
    if span.wasted:
        said[names.APP_WASTED] = True
    if span.critical:
        said[names.APP_CRITICAL] = True
    if span.error is not None:
        said[names.ERROR_TYPE] = span.error
    return said
