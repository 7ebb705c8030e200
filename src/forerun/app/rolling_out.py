"""The rollout of one process, wired from the settings: flags, experiments, shadow runs.

One for all databases of the process: it follows one flag file and carries experiments out once,
however many databases take part in them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup

from forerun.adapters.stores import IN_MEMORY
from forerun.app.experimenting import open_experiments
from forerun.app.settings import Settings, variable
from forerun.errors import BadDatabaseURL, BadSetting, ForerunError, MissingExtra
from forerun.orchestrators.shadowing import ShadowPolicy, Shadows
from forerun.orchestrators.trials import Trials
from forerun.rollout.experiments.conducting import QUICK_LOOK_S, Conductor
from forerun.rollout.experiments.flag_trail import FlagTrail
from forerun.rollout.experiments.store import ExperimentStore
from forerun.rollout.experiments.watching import Watch
from forerun.rollout.flags import Editor, Flags, Overrides, Rollout
from forerun.telemetry.contradictions import Contradictions

LAST_STORE_S = 2.0
OWN_TRAIL = ".audit.sqlite"
"""After the flag file's name: its audit trail, where no place is named for experiments."""


@dataclass
class RollingOut:
    """What decides who takes the parallel path. Without a flag file there is none."""

    flags: Flags
    editor: Editor
    watch: Watch
    conductor: Conductor | None
    trail: FlagTrail | None
    settings: Settings
    shadows: Shadows | None = None
    """Of all databases together; None before `start`."""
    _is_open: bool = False

    async def start(
        self, group: TaskGroup, mismatched: Callable[[str], None] | None = None
    ) -> None:
        """Read the flags, follow them in `group`, and take part in experiments.

        `mismatched` is told the trace id of an answer that a shadow run contradicts.
        """
        await self.open()
        group.start_soon(self.flags.watch)
        if self.conductor is not None:
            self.conductor.look_s = QUICK_LOOK_S
            group.start_soon(self.conductor.run)

        def background(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
            group.start_soon(work)

        policy = ShadowPolicy(self.settings.max_shadows, self.settings.timeout)
        watched = self.watch.of("")
        told = watched if mismatched is None else Contradictions(watched, mismatched)
        self.shadows = Shadows(background, told, policy)

    async def open(self) -> None:
        """The flags as they are now, followed by nobody until `start`. Safe to call twice."""
        if not self._is_open:
            await self.flags.open()
            self._is_open = True

    def trials(self, database: str) -> Trials:
        """As one database takes part in it; before `start` nothing runs unseen."""
        return Trials(self.watch.of(database), self.shadows)

    async def aclose(self) -> None:
        """Store what was seen last, if the store answers soon. Safe to call twice."""
        self.flags.close()
        if self.conductor is not None:
            with suppress(ForerunError), anyio.move_on_after(LAST_STORE_S):
                await self.conductor.store_seen()
        if self.trail is not None:
            await self.trail.settle_or_leave(LAST_STORE_S)
            await self.trail.store.aclose()
        if self.conductor is not None:
            await self.conductor.store.aclose()


def open_rollout(settings: Settings) -> RollingOut | None:
    """None without a flag file, unless something is killed. Raises `MissingExtra` or
    `BadDatabaseURL`.

    For `Forerun(..., rollout=…)` of several databases: `start` it in a task group of the process
    before them, and `aclose` it after them.
    """
    flags = open_flags(settings)
    if settings.flags is None and not flags.overrides.killed:
        return None
    store = None if settings.experiments is None else open_experiments(settings.experiments)
    trail = _trail(settings, store)
    editor = _editor(flags, trail)
    watch = Watch(Rollout(flags))
    conductor = None
    if store is not None:
        conductor = Conductor(store, flags, editor, watch, settling_s=settings.timeout, trail=trail)
    return RollingOut(flags, editor, watch, conductor, trail, settings)


def open_flags(settings: Settings) -> Flags:
    """The flags of the file that the settings name, and what the environment says of them."""
    return Flags(_flag_file(settings), _overrides(settings))


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
async def opened_rollout(
    settings: Settings, *, store_must_open: bool = True
) -> AsyncIterator[RollingOut]:
    """Flags, experiments and trail, to act on them from a process that answers no questions.

    Raises `BadSetting` where no flag file is named, and what opening the store does; unless it need
    not open, for a kill.
    """
    need_flag_file(settings)
    try:
        rollout = open_rollout(settings)
    except (BadDatabaseURL, MissingExtra):
        if store_must_open:
            raise
        rollout = open_rollout(replace(settings, experiments=None))
    assert rollout is not None  # noqa: S101 - there is a flag file
    try:
        await rollout.open()
        yield rollout
    finally:
        await rollout.aclose()


@asynccontextmanager
async def conducting(settings: Settings) -> AsyncIterator[Conductor]:
    """The experiments of the settings and the flags that carry them out, to act on them from a
    process that answers no questions. Raises `BadSetting` where no place is named for them.
    """
    async with AsyncExitStack() as stack:
        store = open_experiments(_shared(settings.experiments))
        stack.push_async_callback(store.aclose)
        flags = await stack.enter_async_context(opened_flags(settings))
        trail = None if settings.flags is None else FlagTrail(store, _flag_file(settings))
        yield Conductor(store, flags, _editor(flags, trail), Watch(Rollout(flags)), trail=trail)


def need_flag_file(settings: Settings) -> None:
    """Raises `BadSetting` where the settings name none."""
    if settings.flags is None:
        raise BadSetting(
            f"{variable('flags')} is not set, so there is no flag file.",
            f"Set {variable('flags')} to one, for the processes that answer and for this one.",
        )


def _flag_file(settings: Settings) -> Path | None:
    return None if settings.flags is None else Path(settings.flags).expanduser()


def _editor(flags: Flags, trail: FlagTrail | None) -> Editor:
    return Editor(flags) if trail is None else Editor(flags, trail.note)


def _trail(settings: Settings, store: ExperimentStore | None) -> FlagTrail | None:
    """With the experiments, where these outlive the process; else in a file beside the flags."""
    path = _flag_file(settings)
    if path is None or not path.parent.is_dir():  # no file can be changed there
        return None
    if store is not None and settings.experiments != IN_MEMORY:
        return FlagTrail(store, path)
    return FlagTrail(open_experiments(str(path.with_name(path.name + OWN_TRAIL))), path)


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
