"""Telemetry wired from its configuration: the only place that opens its store and its outlets."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from forerun.adapters.stores import open_sql
from forerun.errors import BadSetting, MissingExtra
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.gauges import Gauges
from forerun.telemetry.performance import Compare, Ratio
from forerun.telemetry.store import TraceStore
from forerun.telemetry.tables import LAYOUT
from forerun.telemetry.telemetry import Outlets, Telemetry

if TYPE_CHECKING:  # they load optional libraries
    from forerun.telemetry.exporting import Exporter
    from forerun.telemetry.logs import QuestionLog


def open_telemetry(config: TelemetryConfig, gauges: Gauges | None = None) -> Telemetry:
    """Everything that the configuration names; `gauges` is what only the process can tell.

    Nothing is connected to before the first write. Metrics, and lines that nobody asked for, are
    left out where their libraries are not installed. Raises `BadDatabaseURL` or `MissingExtra`.
    """
    outlets = Outlets(open_traces(config.store), _exporter(config), log=_log(config))
    if not config.metrics or not _has("prometheus_client"):
        return Telemetry(config, outlets, compare_arms())
    from forerun.telemetry.metrics import Metrics
    from forerun.telemetry.workers import Workers

    def lost() -> dict[str, int]:
        return telemetry.lost()

    metrics = Metrics(replace(gauges or Gauges(), telemetry=lost))
    workers = None
    if config.metrics_dir is not None:
        folder = Path(config.metrics_dir).expanduser()
        workers = Workers(metrics.registry, folder, str(os.getpid()))
    telemetry = Telemetry(
        config, replace(outlets, metrics=metrics, workers=workers), compare_arms()
    )
    return telemetry


@asynccontextmanager
async def looking_at(store: str | None) -> AsyncIterator[Telemetry]:
    """What is kept, for a process that answers no questions.

    Raises `BadSetting` where no place is named.
    """
    if store is None:
        raise BadSetting(
            "No place is named where traces and figures are kept.",
            "Give --store, or set FORERUN_TELEMETRY_STORE, for the processes that answer and for "
            "this one.",
        )
    config = TelemetryConfig(store=store, metrics=False, log="none")
    telemetry = Telemetry(config, Outlets(open_traces(store)), compare_arms())
    try:
        yield telemetry
    finally:
        await telemetry.aclose()


def open_traces(place: str | None) -> TraceStore | None:
    """The store in the file at `place`, at a `postgresql://` URL, or, with `memory`, of this
    process alone. Raises `BadDatabaseURL` or `MissingExtra`."""
    return None if place is None else TraceStore(open_sql(place, LAYOUT))


def log_as_lines(config: TelemetryConfig) -> None:
    """Have this process log whatever it logs in the form of `config`; for its first lines."""
    _need("structlog", "Log lines")
    from forerun.telemetry.logs import line_handler

    form = "auto" if config.log == "none" else config.log
    logging.basicConfig(handlers=[line_handler(form)], level=logging.WARNING)


def compare_arms() -> Compare | None:
    """Confidence sequences of the rollout's statistics; None where they are not installed."""
    return compared if _has("scipy") else None


def compared(sequential: Sequence[float], parallel: Sequence[float]) -> tuple[Ratio, ...]:
    """Ratios of times, parallel over sequential, that hold whenever one looks. Loads numpy."""
    import numpy as np

    from forerun.rollout.statistics.boundaries import Boundary
    from forerun.rollout.statistics.intervals import asymptotic
    from forerun.rollout.statistics.means import ratio_of_means
    from forerun.rollout.statistics.quantiles import ratio_of_quantiles

    control, candidate = (np.sort(np.log(np.asarray(arm))) for arm in (sequential, parallel))
    effects = (
        ratio_of_means(control, candidate, "mean_time"),
        ratio_of_quantiles(control, candidate, 0.5, "p50_time"),
        ratio_of_quantiles(control, candidate, 0.95, "p95_time"),
    )
    intervals = [asymptotic(effect, Boundary()) for effect in effects]
    return tuple(Ratio(i.metric, i.estimate, i.low, i.high, i.fault) for i in intervals)


def _exporter(config: TelemetryConfig) -> Exporter | None:
    if config.otlp_endpoint is None:
        return None
    _need("opentelemetry", "Sending to an OpenTelemetry collector")
    from forerun import __version__
    from forerun.telemetry.exporting import Collector, Exporter

    collector = Collector(
        config.otlp_endpoint,
        config.headers(),
        config.otlp_timeout,
        config.service_name,
        __version__,
    )
    return Exporter(collector)


def _log(config: TelemetryConfig) -> QuestionLog | None:
    if config.log == "none" or (config.log == "auto" and not _has("structlog")):
        return None
    _need("structlog", "One log line a question")
    from forerun.telemetry.logs import QuestionLog

    return QuestionLog(config.log, content=config.content)


def _has(library: str) -> bool:
    return find_spec(library) is not None


def _need(library: str, needed_for: str) -> None:
    if not _has(library):
        raise MissingExtra("serve", needed_for)
