"""One run: a service in a process of its own, its askers in this one."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeAlias

import anyio

from forerun.app.configuration import Configuration
from forerun.errors import MissingExtra, Unavailable
from forerun.lab.load.asking import Asker, Ending, Wish, Wishes
from forerun.lab.load.census import Census
from forerun.lab.load.noting import Figures
from forerun.lab.load.planning import Load
from forerun.lab.load.processes import Taken, taken_by
from forerun.lab.load.providing import provide
from forerun.lab.load.reporting import (
    Left,
    Machine,
    Memory,
    Report,
    counted,
    growth,
    times_of,
)
from forerun.lab.load.sdk import sdk_cpu_ms
from forerun.lab.load.serving import Order

Serve: TypeAlias = Callable[[Configuration, Load, Connection], None]
"""Runs the service in a fresh process: tells its port over the pipe, then obeys it."""
OnProgress: TypeAlias = Callable[[int, float], None]
"""Told how many questions have ended, and after how many seconds."""

SAMPLED_EVERY_S = 0.25
STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 60.0
QUIET_S = 1.5
QUIET_WITHIN_S = 30.0
WARMING_ASKERS = 3
PAUSE_AFTER_ERROR_S = 0.5
"""A service that fails at once is not asked thousands of times."""


def run_load(load: Load, serve: Serve, on_progress: OnProgress = lambda *_: None) -> Report:
    """`serve` must be a function of a module, for the other process imports it."""
    with tempfile.TemporaryDirectory(prefix="forerun-load-") as folder, ExitStack() as stack:
        configuration = load.configuration(Path(folder))
        if load.over_http:
            provider = stack.enter_context(_process(provide, load))
            at_provider = replace(configuration.settings, model_url=provider.told())
            configuration = replace(configuration, settings=at_provider)
        service = stack.enter_context(_process(serve, configuration, load))
        return anyio.run(_Run(load, configuration, service, on_progress).report)


@dataclass(frozen=True, slots=True)
class _Process:
    """A process that we have started, and the pipe to it."""

    process: BaseProcess
    pipe: Connection

    @property
    def pid(self) -> int:
        return self.process.pid or 0

    def told(self) -> Any:
        """What it says first. Raises `Unavailable` where it says nothing."""
        try:
            if self.pipe.poll(STARTS_WITHIN_S):
                return self.pipe.recv()
        except EOFError:
            pass
        raise Unavailable("The service under load did not start.", "Its own words are above.")

    async def obeys(self, order: Order) -> Any:
        self.pipe.send(order)
        with anyio.fail_after(STARTS_WITHIN_S):
            await anyio.wait_readable(self.pipe.fileno())
        return self.pipe.recv()

    def stop(self) -> int | None:
        """Its exit status."""
        self.process.terminate()
        self.process.join(STOPS_WITHIN_S)
        return self.process.exitcode


@contextmanager
def _process(work: Callable[..., None], *given: Any) -> Iterator[_Process]:
    """A fresh interpreter that does `work`; gone afterwards, whatever happens."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(*given, theirs))
    process.start()
    theirs.close()
    try:
        yield _Process(process, ours)
    finally:
        ours.close()
        if process.is_alive():
            process.terminate()
            process.join(STOPS_WITHIN_S)
        if process.is_alive():
            process.kill()
        process.join()


@dataclass(slots=True)
class _Run:
    load: Load
    configuration: Configuration
    service: _Process
    on_progress: OnProgress
    wishes: Wishes = field(init=False)
    endings: list[Ending] = field(default_factory=list)
    samples: list[tuple[int, int]] = field(default_factory=list)
    """Questions ended, and bytes of memory then."""
    in_time: int = 0
    asked: int = 0
    _began_at: float = 0.0

    def __post_init__(self) -> None:
        self.wishes = Wishes(self.load.cases)

    async def report(self) -> Report:
        sdk_ms = await self._sdk_ms()
        port = await self._listening()
        await self._warm_up(port)
        before, _ = await self._quiet(None)
        await self.service.obeys(Order.BEGIN)
        began, askers_began = taken_by(self.service.pid), time.process_time()
        await self._asking(port)
        seconds = time.perf_counter() - self._began_at
        ended, askers_cpu_s = taken_by(self.service.pid), time.process_time() - askers_began
        busy = os.getloadavg()[0]
        after, settled_s = await self._quiet(before)
        rested = taken_by(self.service.pid)
        figures: Figures = await self.service.obeys(Order.FIGURES)
        status = self.service.stop()
        machine = Machine(
            1_000 * (ended.cpu_s - began.cpu_s) / max(1, len(self.endings)),
            1_000 * (ended.loop_cpu_s - began.loop_cpu_s) / max(1, len(self.endings)),
            (ended.cpu_s - began.cpu_s) / seconds,
            askers_cpu_s / seconds,
            busy,
            os.cpu_count() or 1,
            sdk_ms,
        )
        memory = self._memory(began, rested)
        left = Left(before, after, settled_s, status)
        return self._told(figures, seconds, machine, memory, left)

    async def _sdk_ms(self) -> float | None:
        try:
            return await sdk_cpu_ms(self.load)
        except MissingExtra:
            return None

    async def _listening(self) -> int:
        """The port of the service, once it takes connections."""
        port = int(self.service.told())
        with anyio.fail_after(STARTS_WITHIN_S):
            while True:
                try:
                    stream = await anyio.connect_tcp("127.0.0.1", port)
                except OSError:
                    await anyio.sleep(0.05)
                    continue
                await stream.aclose()
                return port

    async def _warm_up(self, port: int) -> None:
        """What is made once, with the first questions, is neither time of theirs nor a leak."""

        async def ask() -> None:
            asker = Asker(port, self.load.mode)
            for wish in self.wishes.next_three():
                await asker.ask(wish)
            await asker.aclose()

        async with anyio.create_task_group() as group:
            for _ in range(WARMING_ASKERS):
                group.start_soon(ask)

    async def _quiet(self, before: Census | None) -> tuple[Census, float]:
        """What the service holds once that has not changed for a while, or is as it was before."""
        began_at = same_since = time.perf_counter()
        last: Census = await self.service.obeys(Order.CENSUS)
        while (at := time.perf_counter()) - began_at < QUIET_WITHIN_S:
            still = before is None and at - same_since > QUIET_S
            if last == before or (still and not last.questions):
                break
            await anyio.sleep(0.1)
            now: Census = await self.service.obeys(Order.CENSUS)
            if now != last:
                last, same_since = now, time.perf_counter()
        return last, same_since - began_at

    async def _asking(self, port: int) -> None:
        self._began_at = time.perf_counter()
        async with anyio.create_task_group() as watching:
            watching.start_soon(self._sample)
            async with anyio.create_task_group() as group:
                for number in range(self.load.askers):
                    after_s = self.load.ramp_s * number / self.load.askers
                    group.start_soon(self._ask_on, Asker(port, self.load.mode), after_s)
            watching.cancel_scope.cancel()

    async def _ask_on(self, asker: Asker, after_s: float) -> None:
        await anyio.sleep(after_s)
        try:
            while self._goes_on():
                for wish in self.wishes.next_three():
                    if not self._goes_on():
                        break
                    await self._ask(asker, wish)
        finally:
            await asker.aclose()

    async def _ask(self, asker: Asker, wish: Wish) -> None:
        self.asked += 1
        ending = await asker.ask(wish)
        self.endings.append(ending)
        if ending.error is not None:
            await anyio.sleep(PAUSE_AFTER_ERROR_S)
        seconds = time.perf_counter() - self._began_at
        self.in_time += self.load.questions is not None or seconds <= self.load.seconds
        self.on_progress(len(self.endings), seconds)

    def _goes_on(self) -> bool:
        if self.load.questions is not None:
            return self.asked < self.load.questions
        return time.perf_counter() - self._began_at < self.load.seconds

    async def _sample(self) -> None:
        while True:
            self.samples.append((len(self.endings), taken_by(self.service.pid).memory_bytes))
            await anyio.sleep(SAMPLED_EVERY_S)

    def _memory(self, began: Taken, rested: Taken) -> Memory:
        peak = max(memory for _, memory in self.samples)
        slope = growth(self.samples) if self.load.questions is not None else None
        return Memory(began.memory_bytes, peak, rested.memory_bytes, slope)

    def _told(
        self, figures: Figures, seconds: float, machine: Machine, memory: Memory, left: Left
    ) -> Report:
        endings, number = self.endings, max(1, len(self.endings))
        window_s = seconds if self.load.questions is not None else self.load.seconds
        return Report(
            self._about(),
            len(endings),
            seconds,
            self.in_time / window_s,
            counted(ending.status for ending in endings),
            counted(_error(ending) for ending in endings),
            counted(ending.strategy for ending in endings),
            sum(ending.shed > 0 for ending in endings),
            sum(ending.fell_back for ending in endings),
            sum(each.model_calls for each in figures.served) / number,
            sum(each.statements for each in figures.served) / number,
            sum(ending.events for ending in endings) / number,
            sum(ending.bytes for ending in endings) / number,
            times_of(endings, figures),
            machine,
            memory,
            left,
        )

    def _about(self) -> dict[str, Any]:
        settings, changed = self.configuration.settings, self.load.changed_settings()
        names = (
            *changed,
            "max_parallel",
            "max_sequential",
            "shed_above",
            "max_speculations",
            "max_statements",
        )
        return {
            **asdict(self.load),
            "ramp_s": self.load.ramp_s,
            "limits.questions": self.configuration.limits.questions,
            "serve.linger_s": self.configuration.serve.linger_s,
            **{name: value for name in names if (value := getattr(settings, name)) is not None},
        }


def _error(ending: Ending) -> str | None:
    """A failed answer that names no error is one all the same."""
    if ending.error is None and ending.status == "failed":
        return "failed"
    return ending.error
