"""A sample of the bench over a real HTTP server: real sockets, a real SDK, real statements.

The provider is `scale` times as quick as it says. What our side and the SDK take is not to be
multiplied by that, so a question's seconds are those with no call in flight, as they are, and the
union of its calls' planned intervals, divided by the scale.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread

from forerun import demo
from forerun.app import Settings, connect, open_model
from forerun.domain import Role
from forerun.lab.latency.driving import Bench, answerer_of, ask
from forerun.lab.latency.measuring import Measured, union_s
from forerun.lab.latency.questions import cases
from forerun.lab.latency.reporting import Report
from forerun.lab.latency.running import COMPLEX_SHARE, OnProgress, Sample, report_of
from forerun.lab.latency.strategies import Strategy, strategies
from forerun.ports import Model
from forerun.stages import Models
from forerun.testing.simulator import PROFILES, Profile
from forerun.testing.simulator.server import SimulatedServer, serve_simulated

STRONG, SMALL = "simulated-strong", "simulated-small"


def run_over_http(sample: Sample, on_progress: OnProgress = lambda *_: None) -> Report:
    """Every strategy on the sample, one after another, in real time."""
    found: dict[str, list[Measured]] = {}
    rows = strategies()
    with _price_file(PROFILES[sample.profile]) as prices:
        for done, row in enumerate(rows, start=1):
            found[row.name] = anyio.run(_drive, row, sample, prices)
            on_progress(done, len(rows), row.name)
    return report_of(sample.profile, sample.questions, sample.seed, found, sample.scale)


async def _drive(row: Strategy, sample: Sample, prices: str) -> list[Measured]:
    chosen = cases(round(sample.questions / COMPLEX_SHARE), sample.seed)
    settings = Settings(
        state="memory",
        parallel_threshold=30.0 * sample.scale,
        second_value=0.01 / sample.scale,
        prices=prices,
    )
    bench = Bench(PROFILES[sample.profile], chosen, sample.seed, settings)
    database = connect(str(demo.path()))
    with serve_simulated(bench.engine(row), sample.scale) as server:
        models, opened = await _models(row, server, settings)
        answerer = await answerer_of(row, bench, database, models)
        try:
            return [
                _at_scale_1(await ask(answerer, case), server, sample.scale)
                for case in bench.cases_of(row)
            ]
        finally:
            for model in opened:
                await model.aclose()
            await database.aclose()


async def _models(
    row: Strategy, server: SimulatedServer, settings: Settings
) -> tuple[Models, Sequence[Model]]:
    at_server = replace(settings, model_url=server.base_url)
    strong = await anyio.to_thread.run_sync(open_model, STRONG, at_server)
    small = await anyio.to_thread.run_sync(open_model, SMALL, at_server)

    def of(role: Role) -> Model:
        return small if role in row.small else strong

    roles = (Role.ANALYST, Role.WRITER, Role.REVIEWER, Role.NARRATOR)
    return Models(*map(of, roles)), (strong, small)


def _at_scale_1(measured: Measured, server: SimulatedServer, scale: float) -> Measured:
    """The same question with the provider at its own speed."""
    began = measured.began_at
    calls = [(call.began_at, call.ends_at) for call in server.calls]
    server.calls.clear()

    def stretched(seconds: float | None) -> float | None:
        if seconds is None:
            return None
        in_flight = union_s(calls, began, began + seconds)
        return seconds - in_flight + in_flight / scale

    return replace(
        measured,
        seconds=stretched(measured.seconds) or 0.0,
        first_rows_s=stretched(measured.first_rows_s),
        predicted_s=None if measured.predicted_s is None else measured.predicted_s / scale,
        wasted_ms=measured.wasted_ms / scale,
    )


@contextmanager
def _price_file(profile: Profile) -> Iterator[str]:
    """The simulated models' prices, as our settings read them."""
    tables = [
        f'["{name}"]\ninput = {speed.input_usd}\noutput = {speed.output_usd}\n'
        f"cached_input = {speed.cached_usd}\n"
        for name, speed in ((STRONG, profile.strong), (SMALL, profile.small))
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices.toml"
        path.write_text("\n".join(tables), encoding="utf-8")
        yield str(path)
