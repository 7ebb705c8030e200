"""What telemetry costs a question: processor time of observing, deriving and writing it.

    PYTHONPATH=. python scripts/measure_telemetry.py [--questions 2000] [--store FILE]
        [--otlp URL] [--log json] [--service]

The question is one of the parallel path: 8 stages, 3 model calls and 2 statements, 13 spans. With
`--service` it is one of the demo that a service answers from its cache, with all telemetry and
without any by turns.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import anyio
from tests.telemetry.samples import finished

from forerun.access import LOOPBACK
from forerun.access.config import AuthConfig
from forerun.app.configuration import Configuration
from forerun.app.sections import DatabaseSection, ServeSection
from forerun.app.serving import Asked, Deployment
from forerun.app.settings import Settings
from forerun.app.telemetry import open_telemetry
from forerun.domain import Kind, ResultColumn, Rows, StatementRun
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.finished import Finished

ROWS = Rows((ResultColumn("a", "INTEGER", Kind.INTEGER),), ((1,),) * 1_000)
SQL = (
    "SELECT r.name AS region, COUNT(DISTINCT c.id) AS customers FROM customers AS c "
    "JOIN regions AS r ON r.id = c.region_id WHERE c.status = 'active' AND c.id > {number} "
    "GROUP BY r.name ORDER BY customers DESC LIMIT 1001"
)
CACHED = "How many customers are there per region?"
TURNS = 20


def question(number: int) -> Finished:
    """Each with statements of its own, which nobody has read before."""
    one = finished(number=number, queued_ms=1.0, rows=ROWS, chart={"mark": "bar"})
    runs = tuple(
        StatementRun(SQL.format(number=2 * number + n), run.branch, *times(run), run.outcome)
        for n, run in enumerate(one.answer.trace.statements)
    )
    trace = replace(one.answer.trace, statements=runs)
    return replace(one, answer=replace(one.answer, trace=trace), started_at=datetime.now(UTC))


def times(run: StatementRun) -> tuple[float, float]:
    return run.start_ms, run.end_ms


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


async def measure(config: TelemetryConfig, count: int) -> None:
    telemetry = open_telemetry(config)
    telemetry.observe(question(0))
    await telemetry.flush()  # opens the store, loads what is loaded late
    questions = [question(n) for n in range(1, count + 1)]
    began, cpu = time.perf_counter(), time.process_time()
    for each in questions:
        telemetry.observe(each)
    observed, observed_cpu = time.perf_counter() - began, time.process_time() - cpu
    cpu = time.process_time()
    await telemetry._observed.empty()
    derived_cpu = time.process_time() - cpu
    cpu = time.process_time()
    await telemetry.flush()
    written_cpu = time.process_time() - cpu
    cpu = time.process_time()
    text, _ = telemetry.metrics_text("application/openmetrics-text; version=1.0.0")
    scraped_cpu = time.process_time() - cpu
    began = time.perf_counter()
    await telemetry.performance(3_600)
    figures = time.perf_counter() - began
    began = time.perf_counter()
    await telemetry.trace(questions[-1].answer.trace_id)
    shown = time.perf_counter() - began
    tell(f"observe           {1e6 * observed / count:8.2f} µs a question (wall)")
    tell(f"observe           {1e6 * observed_cpu / count:8.2f} µs of CPU")
    tell(f"spans, figures    {1e6 * derived_cpu / count:8.1f} µs of CPU")
    tell(f"writing           {1e6 * written_cpu / count:8.1f} µs of CPU")
    whole = observed_cpu + derived_cpu + written_cpu
    tell(f"together          {1e6 * whole / count:8.1f} µs of CPU a question")
    tell(f"a scrape          {1e3 * scraped_cpu:8.2f} ms of CPU, {len(text):,} bytes")
    tell(f"figures           {1e3 * figures:8.1f} ms over {count:,} questions")
    tell(f"one trace         {1e3 * shown:8.2f} ms")
    tell(f"lost              {telemetry.lost()}")
    await telemetry.aclose()


class Asking:
    """One service, asked the same again and again."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.observed_s: list[float] = []
        self.cpu_s: list[float] = []
        """A question, in each turn."""
        observe = deployment.telemetry.observe

        def timed(question: Finished) -> None:
            began = time.perf_counter()
            observe(question)
            self.observed_s.append(time.perf_counter() - began)

        deployment.telemetry.observe = timed  # type: ignore[assignment]

    async def ask(self, count: int) -> None:
        """Until all that it costs is paid, also in the background."""
        began = time.process_time()
        for _ in range(count):
            found = await self.deployment.begin(Asked(CACHED), LOOPBACK, "ask")
            await self.deployment.answered(found)
        await self.deployment.telemetry.flush()
        self.cpu_s.append((time.process_time() - began) / count)


async def measure_service(store: str, count: int) -> None:
    """The cost of telemetry is the difference: all else, and the machine, are the same for both."""

    def service(telemetry: TelemetryConfig) -> Deployment:
        return Deployment(
            Configuration(
                settings=Settings(state="memory"),
                databases={"demo": DatabaseSection("demo")},
                serve=ServeSection(state="memory"),
                auth=AuthConfig(keys="memory", audit="none"),
                telemetry=telemetry,
            )
        )

    off = TelemetryConfig(store="none", metrics=False, log="none")
    async with (
        service(TelemetryConfig(store=store, log="none", buffer=count + 10)) as with_it,
        service(off) as without,
    ):
        both = Asking(with_it), Asking(without)
        for each in both:
            await each.ask(20)
            each.observed_s.clear()
            each.cpu_s.clear()
        for turn in range(TURNS):
            for each in both if turn % 2 else reversed(both):
                await each.ask(count // TURNS)
        observed = quantiles(both[0].observed_s, n=20)
        told, untold = (1e3 * median(each.cpu_s) for each in both)
        more = 1e3 * median(map(float.__sub__, both[0].cpu_s, both[1].cpu_s))
        tell(f"observe           {1e3 * observed[9]:8.3f} ms, {1e3 * observed[18]:.3f} at the 95th")
        tell(f"a cached question {told:8.2f} ms of CPU, {untold:.2f} without telemetry")
        tell(f"of telemetry      {more:8.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=2_000)
    parser.add_argument("--store")
    parser.add_argument("--otlp")
    parser.add_argument("--log", default="none")
    parser.add_argument("--service", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = given.store or str(Path(folder) / "telemetry.db")
        if given.service:
            anyio.run(measure_service, store, given.questions)
            return
        config = TelemetryConfig(
            store=store,
            otlp_endpoint=given.otlp,
            log=given.log,
            buffer=given.questions + 10,
        )
        anyio.run(measure, config, given.questions)
        if not given.store:
            size = sum(path.stat().st_size for path in Path(folder).iterdir())
            tell(f"on disk           {size / given.questions:8.0f} bytes a question")


if __name__ == "__main__":
    main()
