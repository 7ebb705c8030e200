"""What core calls: told of each finished question, and asked for what they add up to."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

from forerun.errors import ForerunError, Unavailable
from forerun.telemetry.buffering import Buffer
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.deriving import Derived, Deriving
from forerun.telemetry.finished import Finished
from forerun.telemetry.performance import Compare, Report, report
from forerun.telemetry.sampling import Sampler
from forerun.telemetry.spans import Sending
from forerun.telemetry.store import (
    MOST_OUTCOMES,
    Databases,
    Keeping,
    Kept,
    Page,
    TraceStore,
    UnknownTrace,
    Wanted,
    Written,
)

if TYPE_CHECKING:  # they load optional libraries
    from forerun.telemetry.exporting import Exporter
    from forerun.telemetry.logs import QuestionLog
    from forerun.telemetry.metrics import Metrics
    from forerun.telemetry.workers import Workers

Value = TypeVar("Value")

WRITE_EVERY_S = 0.5
TELL_WORKERS_EVERY_S = 2.0
FORGET_EVERY_S = METRICS_EVERY_S = 60.0
DERIVED_AT_ONCE = 50
"""Between them, the questions under way have the interpreter to themselves."""
MOST_BEHIND = 5_000
"""Questions that wait for a store or a collector: some 10 kB each."""
LAST_WRITE_S = 3.0
"""For what is left when the process ends."""
HELD_BACK = 256
"""Traces that sampling has not kept, in case that a shadow run finds another answer."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where it is told; None: not there."""

    store: TraceStore | None = None
    exporter: Exporter | None = None
    metrics: Metrics | None = None
    workers: Workers | None = None
    log: QuestionLog | None = None


class Telemetry:
    """Told of each finished question; derives and writes in the background.

    `run` it in a task group: without it, what is observed waits for `flush` and `aclose`.
    """

    def __init__(
        self, config: TelemetryConfig, outlets: Outlets, compare: Compare | None = None
    ) -> None:
        self.config = config
        self._outlets = outlets
        self._compare = compare
        self._keeping = Keeping(config.trace_hours, config.max_spans, config.outcome_days)
        sampler = Sampler(config.trace_share)
        self._deriving = Deriving(sampler, config.content, outlets.metrics, outlets.log)
        self._observed: Buffer[Finished] = Buffer(
            self._derive, config.buffer, attempts=1, batch=DERIVED_AT_ONCE
        )
        behind = min(config.buffer, MOST_BEHIND)
        self._writing: Buffer[Written | str] = Buffer(self._store, behind)
        self._sending: Buffer[Sending] = Buffer(self._send, behind, attempts=1)
        self._held: dict[str, Written] = {}
        self._counting = anyio.Lock()
        self._faults = 0
        self._closed = False

    def observe(self, finished: Finished) -> None:
        """Never blocks and never raises: what finds no room is dropped and counted."""
        self._observed.put(finished.without_rows())

    def mismatched(self, trace_id: str, database: str) -> None:
        """A shadow run gave another answer than the question of this trace, which is kept then."""
        if self._outlets.metrics is not None:
            self._outlets.metrics.mismatched(database)
        if self._outlets.store is None:
            return
        _remember(self._deriving.contradicted, trace_id, None)
        if (held := self._held.pop(trace_id, None)) is not None:
            self._writing.put(held)
        self._writing.put(trace_id)

    def turned_away(self, error_code: str) -> None:
        """A question was not let in: only counted, since there may be many of them."""
        if self._outlets.metrics is not None:
            self._outlets.metrics.turned_away(error_code)

    def lost(self) -> dict[str, int]:
        """Questions that were not told since the start, by where; batches, of metrics."""
        exporter = self._outlets.exporter
        return {
            "buffer": self._observed.dropped + self._observed.lost,
            "store": self._writing.dropped + self._writing.lost,
            "otlp": self._sending.dropped + self._sending.lost,
            "otlp_metrics": 0 if exporter is None else exporter.metric_failures,
            "faults": self._faults + self._deriving.faults,
        }

    async def run(self) -> None:
        """The writer, for a task group; until it is cancelled."""
        outlets = self._outlets
        async with anyio.create_task_group() as group:
            group.start_soon(_every, WRITE_EVERY_S, self._write)
            if outlets.exporter is not None:
                group.start_soon(_every, WRITE_EVERY_S, self._sending.empty)
                group.start_soon(_every, METRICS_EVERY_S, outlets.exporter.send_metrics)
            if outlets.store is not None:
                group.start_soon(_every, FORGET_EVERY_S, self.forget)
            if outlets.workers is not None:
                group.start_soon(_every, TELL_WORKERS_EVERY_S, self._tell_workers)

    async def flush(self) -> None:
        """Write what was observed so far, and send it."""
        await self._write()
        await self._sending.empty()

    async def aclose(self) -> None:
        """Write and send what is left, if that is soon done, and close. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        outlets = self._outlets
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(LAST_WRITE_S):
                await self._write()
            if outlets.exporter is not None:
                with anyio.move_on_after(LAST_WRITE_S):
                    await self._sending.empty()
                    await outlets.exporter.send_metrics()
                await outlets.exporter.aclose()
            if outlets.workers is not None:
                await anyio.to_thread.run_sync(outlets.workers.remove)
            if outlets.store is not None:
                await outlets.store.aclose()

    def metrics_text(self, accept: str) -> tuple[bytes, str]:
        """What Prometheus reads, and its content type, by what the request's `Accept` says.

        Reads the other workers' files where there are several: call it in a thread. Raises
        `Unavailable` where metrics are switched off.
        """
        metrics, workers = self._outlets.metrics, self._outlets.workers
        if metrics is None:
            raise Unavailable(
                "Metrics are switched off, or cannot be counted.",
                "Set metrics in [telemetry] to true; pip install 'forerun[serve]'.",
            )
        return metrics.text(accept) if workers is None else workers.text(accept)

    async def performance(
        self,
        window_s: float,
        operation: str | None = None,
        *,
        database: Databases = None,
        tenant: str | None = None,
    ) -> Report:
        """Figures of the last `window_s` seconds. `tenant` None: of all. Raises `Unavailable`.

        With every question that has ended in this process. One at a time: of many questions they
        take a second, which questions under way need too.
        """
        async with self._counting:
            await self._write()
            since = time.time() - window_s
            seen = await self._kept().seen(since, tenant, database, operation)
            work = partial(report, seen, since, window_s, self._compare, MOST_OUTCOMES)
            return await anyio.to_thread.run_sync(work)

    async def traces(self, wanted: Wanted, limit: int = 50, cursor: str | None = None) -> Page:
        """Traces that are kept, the latest first. Raises `BadInput` and `Unavailable`.

        The first page begins with what has just ended in this process.
        """
        if cursor is None:
            await self._write()
        return await self._kept().page(wanted, limit, cursor)

    async def trace(self, trace_id: str, tenant: str | None = None) -> Kept:
        """One of them. `tenant` None: whosever. Raises `UnknownTrace` and `Unavailable`.

        One that ended here a moment ago is written first.
        """
        try:
            return await self._kept().one(trace_id, tenant)
        except UnknownTrace:
            await self._write()
            return await self._kept().one(trace_id, tenant)

    async def forget(self) -> None:
        """Drop what is too old or too much; where the store does not answer, the next time."""
        try:
            await self._kept().forget(self._keeping, time.time())
        except ForerunError:
            self._writing.failures += 1

    def _kept(self) -> TraceStore:
        if self._outlets.store is None:
            raise Unavailable(
                "No traces and figures are kept.",
                "Set store in [telemetry] to a file, or leave it out.",
            )
        return self._outlets.store

    async def _write(self) -> None:
        await self._observed.empty()
        await self._writing.empty()

    async def _derive(self, batch: Sequence[Finished]) -> None:
        """In a thread, which holds up no question; to its end, so that none counts twice."""
        with anyio.CancelScope(shield=True):
            for derived in await anyio.to_thread.run_sync(self._deriving.of, list(batch)):
                self._pass_on(derived)

    def _pass_on(self, derived: Derived) -> None:
        if self._outlets.exporter is not None:
            self._sending.put(derived.sending)
        if self._outlets.store is None:
            return
        self._writing.put(derived.written)
        if derived.withheld is not None:
            _remember(self._held, derived.withheld.outcome.trace_id, derived.withheld)

    async def _store(self, batch: Sequence[Written | str]) -> None:
        """Questions, and ids of those that a shadow run contradicted."""
        written = [each for each in batch if isinstance(each, Written)]
        await self._kept().add(written, [each for each in batch if isinstance(each, str)])

    async def _send(self, batch: Sequence[Sending]) -> None:
        assert self._outlets.exporter is not None  # noqa: S101 - else nothing is put there
        await self._outlets.exporter.send(list(batch))

    async def _tell_workers(self) -> None:
        assert self._outlets.workers is not None  # noqa: S101 - else it is not started
        try:
            await anyio.to_thread.run_sync(self._outlets.workers.write)
        except OSError:
            self._faults += 1


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await anyio.sleep(seconds)
        await work()


def _remember(kept: dict[str, Value], key: str, value: Value) -> None:
    """The latest `HELD_BACK` of them."""
    kept[key] = value
    if len(kept) > HELD_BACK:
        del kept[next(iter(kept))]
