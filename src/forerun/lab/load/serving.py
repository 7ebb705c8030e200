"""The service under load: as it always runs, but for its models, and measured from within."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any

import anyio
import anyio.to_thread

from forerun.app import Forerun
from forerun.app.configuration import Configuration
from forerun.app.models import Roles
from forerun.app.serving import Ask, Deployment
from forerun.domain import Answer, TraceId
from forerun.lab.load import census
from forerun.lab.load.noting import Figures, Served
from forerun.lab.load.planning import SIMULATED, Load
from forerun.lab.load.stepping import count_steps
from forerun.lab.load.waiting import TimedDatabase, TimedModel, Waits, noted, ours
from forerun.ports import Database, Model
from forerun.stages import Models
from forerun.testing.simulator import Interval, SimulatedModel

LAG_LOOKED_AT_EVERY_S = 0.02


class Order(StrEnum):
    """What the bench tells the service, over a pipe."""

    CENSUS = "census"
    """Give a `Census`."""
    BEGIN = "begin"
    """Forget what was measured so far, and measure."""
    FIGURES = "figures"
    """Give `Figures`."""


class _Uncounted(list[Interval]):
    """A simulated model notes each of its calls; in a soak that would be the memory that grows."""

    def append(self, call: Interval) -> None:
        pass


@dataclass(slots=True)
class _Measuring:
    """Notes what becomes of each question of one service."""

    figures: Figures = field(default_factory=Figures)
    _noted: dict[str, tuple[Waits, float, float]] = field(default_factory=dict)

    def note(self, id_: str, waits: Waits, began_at: float) -> None:
        self._noted[id_] = waits, began_at, perf_counter()

    def ended(self, ask: Ask) -> None:
        noted, ended_at = self._noted.pop(ask.id, None), perf_counter()
        if noted is None:
            return
        waits, began_at, answered_at = noted
        self.figures.note(
            Served(
                ask.id,
                ask.queued_s,
                ended_at - began_at,
                answered_at - began_at,
                waits.union_s(began_at, ended_at),
                waits.cpu_s,
                waits.model_calls,
                waits.statements,
            )
        )

    async def look_at_the_loop(self) -> None:
        """Until cancelled."""
        due = perf_counter()
        while True:
            await anyio.sleep(max(0.0, due - perf_counter()))
            woken_at = perf_counter()
            while due <= woken_at:  # also for those who would have asked meanwhile
                self.figures.lags_s.append(woken_at - due)
                due += LAG_LOOKED_AT_EVERY_S


class MeasuredForerun(Forerun):
    """With simulated models, and every call of a port timed."""

    def __init__(self, measuring: _Measuring, load: Load, database: str, **given: Any) -> None:
        self._measuring = measuring
        self._load = load
        super().__init__(database, **given)

    async def ask(self, text: str, *, id_: TraceId | None = None, **given: Any) -> Answer:
        waits, began_at = noted(), perf_counter()
        try:
            return await super().ask(text, id_=id_, **given)
        finally:
            self._measuring.note(str(id_), waits, began_at)

    def _connected(self, url: str) -> Database:
        return TimedDatabase(super()._connected(url))

    def _opened_roles(self) -> Roles:
        if self._load.over_http:
            return _timed(super()._opened_roles())
        model = SimulatedModel(self._load.engine(), name=SIMULATED, calls=_Uncounted())
        return _timed(Roles(Models(model, model, model, model)))


def _timed(roles: Roles) -> Roles:
    held = roles.models
    models = Models(*map(_in_time, (held.analyst, held.writer, held.reviewer, held.narrator)))
    return replace(roles, models=models)


def _in_time(model: Model | None) -> Model | None:
    return None if model is None else TimedModel(model)


@dataclass(frozen=True, slots=True)
class Measured:
    """Opens a measured deployment, which answers over `pipe` while it is open."""

    load: Load
    pipe: Connection

    @asynccontextmanager
    async def __call__(self, configuration: Configuration) -> AsyncGenerator[Deployment]:
        count_steps(ours)
        measuring = _Measuring()
        answering = partial(MeasuredForerun, measuring, self.load)
        opened = Deployment(configuration, answering=answering, watching=measuring.ended)
        async with opened as deployment, anyio.create_task_group() as group:
            group.start_soon(measuring.look_at_the_loop)
            folder = Path(configuration.serve.state or ".").parent
            group.start_soon(self._obey, deployment, measuring, folder)
            yield deployment
            group.cancel_scope.cancel()

    async def _obey(self, deployment: Deployment, measuring: _Measuring, folder: Path) -> None:
        while True:
            await anyio.wait_readable(self.pipe.fileno())
            try:
                order = self.pipe.recv()
            except EOFError:  # the bench is gone: so is the reason to serve
                signal.raise_signal(signal.SIGTERM)
                return
            match order:
                case Order.CENSUS:
                    self.pipe.send(census.taken(deployment, folder))
                case Order.BEGIN:
                    measuring.figures = Figures()
                    self.pipe.send(None)
                case Order.FIGURES:
                    await anyio.to_thread.run_sync(self._send, measuring.figures)

    def _send(self, figures: Figures) -> None:
        """Those of thousands of questions are more than a pipe takes at once, and the event loop
        has set it not to wait."""
        os.set_blocking(self.pipe.fileno(), True)
        self.pipe.send(figures)
