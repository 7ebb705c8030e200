"""The rollout of one process, wired from the settings: flags, experiments, shadow runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyio.abc import TaskGroup

from forerun.app.experimenting import open_experiments
from forerun.app.settings import Settings
from forerun.orchestrators.shadowing import ShadowPolicy, Shadows
from forerun.orchestrators.trials import Trials
from forerun.rollout.experiments.conducting import Conductor
from forerun.rollout.experiments.watching import Watch
from forerun.rollout.flags import Editor, Flags, Overrides, Rollout


@dataclass
class RollingOut:
    """What decides who takes the parallel path. Without a flag file there is none."""

    flags: Flags
    watch: Watch
    conductor: Conductor | None
    settings: Settings

    async def start(self, group: TaskGroup) -> Trials:
        """Read the flags, follow them in `group`, and take part in experiments."""
        await self.flags.open()
        group.start_soon(self.flags.watch)
        if self.conductor is not None:
            group.start_soon(self.conductor.run)

        def background(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
            group.start_soon(work)

        policy = ShadowPolicy(self.settings.max_shadows, self.settings.timeout)
        return Trials(self.watch, Shadows(background, self.watch, policy))

    async def aclose(self) -> None:
        self.flags.close()
        if self.conductor is not None:
            await self.conductor.store.aclose()


def open_rollout(settings: Settings, database: str) -> RollingOut | None:
    """None without a flag file. Raises `MissingExtra` or `BadDatabaseURL`."""
    if settings.flags is None:
        return None
    flags = open_flags(settings)
    watch = Watch(Rollout(flags), database)
    conductor = None
    if settings.experiments is not None:
        store = open_experiments(settings.experiments)
        conductor = Conductor(store, flags, Editor(flags), watch)
    return RollingOut(flags, watch, conductor, settings)


def open_flags(settings: Settings) -> Flags:
    """The flags of the file that the settings name, and what the environment says of them."""
    path = None if settings.flags is None else Path(settings.flags).expanduser()
    return Flags(path, _overrides(settings))


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
