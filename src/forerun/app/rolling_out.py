"""The rollout of one process, wired from the settings: flags, experiments, shadow runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup

from forerun.adapters.stores import IN_MEMORY
from forerun.app.experimenting import open_experiments
from forerun.app.settings import Settings, variable
from forerun.errors import BadSetting, ForerunError
from forerun.orchestrators.shadowing import ShadowPolicy, Shadows
from forerun.orchestrators.trials import Trials
from forerun.rollout.experiments.conducting import Conductor
from forerun.rollout.experiments.watching import Watch
from forerun.rollout.flags import Editor, Flags, Overrides, Rollout

LAST_STORE_S = 2.0


@dataclass
class RollingOut:
    """What decides who takes the parallel path. Without a flag file there is none."""

    flags: Flags
    watch: Watch
    conductor: Conductor | None
    settings: Settings

    async def start(self, group: TaskGroup) -> Trials:
        """Read the flags, follow them in `group`, and take part in experiments."""
        await self.opened()
        group.start_soon(self.flags.watch)
        if self.conductor is not None:
            group.start_soon(self.conductor.run)

        def background(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
            group.start_soon(work)

        policy = ShadowPolicy(self.settings.max_shadows, self.settings.timeout)
        return Trials(self.watch, Shadows(background, self.watch, policy))

    async def opened(self) -> Trials:
        """The flags as they are now, followed by nobody; no experiments and nothing unseen."""
        await self.flags.open()
        return Trials(self.watch)

    async def aclose(self) -> None:
        """Store what was seen last, if the store answers soon."""
        self.flags.close()
        if self.conductor is not None:
            with suppress(ForerunError), anyio.move_on_after(LAST_STORE_S):
                await self.conductor.store_seen()
            await self.conductor.store.aclose()


def open_rollout(settings: Settings, database: str) -> RollingOut | None:
    """None without a flag file, unless something is killed. Raises `MissingExtra` or
    `BadDatabaseURL`."""
    flags = open_flags(settings)
    if settings.flags is None and not flags.overrides.killed:
        return None
    watch = Watch(Rollout(flags), database)
    conductor = None
    if settings.experiments is not None:
        store = open_experiments(settings.experiments)
        conductor = Conductor(store, flags, Editor(flags), watch, settling_s=settings.timeout)
    return RollingOut(flags, watch, conductor, settings)


def open_flags(settings: Settings) -> Flags:
    """The flags of the file that the settings name, and what the environment says of them."""
    path = None if settings.flags is None else Path(settings.flags).expanduser()
    return Flags(path, _overrides(settings))


@asynccontextmanager
async def opened_flags(settings: Settings) -> AsyncIterator[Flags]:
    """The same, read, and closed at the end."""
    flags = open_flags(settings)
    try:
        await flags.open()
        yield flags
    finally:
        flags.close()


@asynccontextmanager
async def conducting(settings: Settings) -> AsyncIterator[Conductor]:
    """The experiments of the settings and the flags that carry them out, to act on them from a
    process that answers no questions. Raises `BadSetting` where no place is named for them.
    """
    store = open_experiments(_shared(settings.experiments))
    try:
        async with opened_flags(settings) as flags:
            watch = Watch(Rollout(flags), database="")
            yield Conductor(store, flags, Editor(flags), watch)
    finally:
        await store.aclose()


def need_flag_file(settings: Settings) -> None:
    """Raises `BadSetting` where the settings name none."""
    if settings.flags is None:
        raise BadSetting(
            f"{variable('flags')} is not set, so there is no flag file.",
            f"Set {variable('flags')} to one, for the processes that answer and for this one.",
        )


def _shared(place: str | None) -> str:
    if place is None or place == IN_MEMORY:
        said = "is not set" if place is None else f"is {IN_MEMORY}: of the process that answers"
        raise BadSetting(
            f"{variable('experiments')} {said}, so there are no experiments to look into.",
            f"Set {variable('experiments')} to a file or to postgresql://…, for the processes "
            "that answer and for this one.",
        )
    return place


def _overrides(settings: Settings) -> Overrides:
    """`ENABLE_PARALLEL` and `PARALLEL_THRESHOLD` as they were given, in code or outside."""
    given = settings.source_of("parallel_threshold") != "default"
    told = Overrides.read(settings.flag_variables)
    return Overrides(
        settings.enable_parallel if settings.source_of("enable_parallel") != "default" else None,
        settings.parallel_threshold if given else None,
        told.flags,
        told.killed,
    )
