"""What Prometheus reads: rates, errors, durations, and what the speculation does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from forerun.telemetry.finished import Finished
from forerun.telemetry.gauges import Gauges
from forerun.telemetry.names import DURATION_BUCKETS
from forerun.telemetry.outcomes import Outcome
from forerun.telemetry.spans import Kind, Span

MOST_VALUES = 100
"""Of one label; those after them are told as `other`."""
OTHER = "other"
OPENMETRICS = "application/openmetrics-text"
PREFIX = "forerun_"
STATEMENT_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0)
OVERLAP_BUCKETS = (0.5, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
SHARE_BUCKETS = (0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


@dataclass
class _Bounded:
    """Values of one label, not more than `MOST_VALUES`."""

    seen: set[str] = field(default_factory=set)

    def __call__(self, value: str) -> str:
        if value not in self.seen:
            if len(self.seen) >= MOST_VALUES:
                return OTHER
            self.seen.add(value)
        return value


class Metrics:
    """Of one process."""

    def __init__(self, gauges: Gauges | None = None) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Told(gauges or Gauges()))
        self._databases, self._operations, self._errors = _Bounded(), _Bounded(), _Bounded()
        arms = ("database", "operation", "assigned", "served")
        counter, histogram = self._counter, self._histogram
        self._questions = counter("questions", "Questions that have ended.", *arms, "outcome")
        self._failed = counter("question_errors", "Questions that failed.", "database", "error")
        self._turned_away = counter("turned_away", "Questions that were not let in.", "error")
        self._seconds = histogram("question_duration_seconds", "What the asker waited.", *arms)
        self._rows = histogram(
            "first_rows_seconds", "Until the first rows were there.", "database", "served"
        )
        self._stages = histogram(
            "stage_duration_seconds", "One run of one stage.", "stage", "served", "outcome"
        )
        self._calls = histogram(
            "model_call_duration_seconds", "One call of a model.", "role", "outcome"
        )
        self._statements = histogram(
            "statement_duration_seconds",
            "One statement.",
            *("database", "outcome"),
            buckets=STATEMENT_BUCKETS,
        )
        self._queue = histogram("queue_seconds", "Waited to be admitted.")
        self._overlap = histogram(
            "overlap_factor",
            "Lengths of all stages over the whole time.",
            "served",
            buckets=OVERLAP_BUCKETS,
        )
        self._critical = histogram(
            "critical_path_share",
            "Critical path over the whole time.",
            "served",
            buckets=SHARE_BUCKETS,
        )
        self._rungs = counter("speculation", "What became of work ahead.", "rung", "outcome")
        self._saved = counter("speculation_saved_seconds", "Done by when it was needed.", "rung")
        self._wasted = counter("speculation_wasted_seconds", "Done for nothing.", "rung")
        self._tokens = counter("tokens", "Tokens of models.", "served", "kind")
        self._cost = counter("cost_usd", "US dollars, where known.", "served")
        self._cache = counter("cache_answers", "By what the cache had.", "layer", "outcome")
        self._fallbacks = counter("fallbacks", "The sequential path stepped in.", "reason")
        self._mismatches = counter(
            "shadow_mismatches", "A shadow run gave another answer.", "database"
        )

    def count(self, finished: Finished, outcome: Outcome, spans: Iterable[Span]) -> None:
        """One question, once."""
        exemplar = {"trace_id": outcome.trace_id[:32]}
        database = self._databases(outcome.database)
        arms = (database, self._operations(outcome.operation), outcome.assigned, outcome.served)
        self._questions.labels(*arms, outcome.status).inc(1, exemplar)
        self._seconds.labels(*arms).observe(outcome.ms / 1_000, exemplar)
        if outcome.has_failed:
            self._failed.labels(database, self._errors(outcome.error or OTHER)).inc(1, exemplar)
        if outcome.first_rows_ms is not None:
            rows_s = outcome.first_rows_ms / 1_000
            self._rows.labels(database, outcome.served).observe(rows_s, exemplar)
        if outcome.fallback is not None:
            self._fallbacks.labels(outcome.fallback).inc(1, exemplar)
        self._queue.observe(outcome.queued_ms / 1_000)
        self._cache.labels(outcome.cache_layer or "none", outcome.cache).inc()
        self._count_work(finished, outcome)
        self._count_spans(spans, database, outcome.served)

    def mismatched(self, database: str) -> None:
        """A shadow run gave another answer."""
        self._mismatches.labels(self._databases(database)).inc()

    def turned_away(self, error: str) -> None:
        """A question was not let in."""
        self._turned_away.labels(self._errors(error)).inc()

    def text(self, accept: str) -> tuple[bytes, str]:
        """The exposition and its content type, by what the reader accepts."""
        return exposed(self.registry, accept)

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}{name}", help_, labels, registry=self.registry)

    def _histogram(
        self, name: str, help_: str, *labels: str, buckets: Sequence[float] = DURATION_BUCKETS
    ) -> Histogram:
        return Histogram(f"{PREFIX}{name}", help_, labels, buckets=buckets, registry=self.registry)

    def _count_work(self, finished: Finished, outcome: Outcome) -> None:
        served = outcome.served
        if outcome.overlap:
            self._overlap.labels(served).observe(outcome.overlap)
            self._critical.labels(served).observe(outcome.critical_share)
        self._tokens.labels(served, "input").inc(outcome.input_tokens)
        self._tokens.labels(served, "output").inc(outcome.output_tokens)
        self._cost.labels(served).inc(max(outcome.cost_usd or 0.0, 0.0))
        for each in finished.answer.speculation:
            self._rungs.labels(each.rung.value, each.outcome.value).inc()
            if each.saved_ms > 0:
                self._saved.labels(each.rung.value).inc(each.saved_ms / 1_000)
            if each.wasted_ms > 0:
                self._wasted.labels(each.rung.value).inc(each.wasted_ms / 1_000)

    def _count_spans(self, spans: Iterable[Span], database: str, served: str) -> None:
        for span in spans:
            seconds = (span.end_ms - span.start_ms) / 1_000
            if span.kind is Kind.STAGE:
                self._stages.labels(span.name, served, span.outcome).observe(seconds)
            elif span.kind is Kind.MODEL:
                role = str(span.attributes["app.role"])
                self._calls.labels(role, span.outcome).observe(seconds)
            elif span.kind is Kind.STATEMENT:
                self._statements.labels(database, span.outcome).observe(seconds)


class _Told(Collector):
    """Gauges that are asked for when they are read."""

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        gauges = self._gauges
        if gauges.in_flight is not None:
            yield GaugeMetricFamily("forerun_in_flight", "Questions now.", gauges.in_flight())
        if gauges.queued is not None:
            yield GaugeMetricFamily("forerun_queue_length", "Waiting now.", gauges.queued())
        if gauges.breakers is not None:
            family = GaugeMetricFamily(
                "forerun_breaker_state", "1 for the state it is in.", labels=("breaker", "state")
            )
            for name, state in gauges.breakers().items():
                for each in ("closed", "half-open", "open"):
                    family.add_metric((name, each), float(each == state))
            yield family
        if gauges.telemetry is not None:
            lost = GaugeMetricFamily(
                "forerun_telemetry_lost",
                "Questions not written since the start.",
                labels=("where",),
            )
            for where, count in gauges.telemetry().items():
                lost.add_metric((where,), count)
            yield lost


def exposed(registry: Collector, accept: str) -> tuple[bytes, str]:
    """OpenMetrics, with exemplars, where that is accepted; else Prometheus text."""
    named = {each.partition(";")[0].strip() for each in accept.split(",")}
    # What is said of versions and escaping is left out: our names need none, and the library
    # fails on versions that are none.
    encode, content_type = choose_encoder(OPENMETRICS if OPENMETRICS in named else "")
    return encode(registry), content_type
