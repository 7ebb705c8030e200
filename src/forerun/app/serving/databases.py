"""The databases of a service, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio

from forerun.access import Identity
from forerun.app.configuration import Configuration
from forerun.app.forerun import Forerun
from forerun.errors import BadInput, ForerunError, NotFound

REACHED_WITHIN_S = 3.0
ASKED_AGAIN_S = 2.0
OpenForerun: TypeAlias = Callable[..., Forerun]
"""Takes a URL, and `settings`."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether a database has answered, and why not."""

    error: ForerunError | None
    at: float


@dataclass(slots=True, eq=False)
class Databases:
    """Opened at the start, all of them; one that does not answer keeps nobody from the others."""

    opened: Mapping[str, Forerun]
    _reached: dict[str, Reached] = field(default_factory=dict)

    @classmethod
    async def open(
        cls,
        configuration: Configuration,
        stack: AsyncExitStack,
        answering: OpenForerun = Forerun,
    ) -> Databases:
        """Until `stack` is closed. Raises `BadInput` for a database that there cannot be."""
        opened = {
            name: await stack.enter_async_context(
                answering(section.url, settings=configuration.settings_of(name))
            )
            for name, section in configuration.databases.items()
        }
        return cls(opened)

    def seen_by(self, identity: Identity) -> Mapping[str, Forerun]:
        """Those that may be asked."""
        return {name: each for name, each in self.opened.items() if identity.may_ask(name)}

    def find(self, name: str | None, identity: Identity) -> tuple[str, Forerun]:
        """The database of that name, or the only one. Raises `NotFound`, `Forbidden` or
        `BadInput` where none is named and there are several."""
        seen = self.seen_by(identity)
        if name is None and len(seen) == 1:
            return next(iter(seen.items()))
        if name is None:
            raise BadInput(
                f"There are {len(seen)} databases, and the question does not say which it is for.",
                f"Name one as database: {', '.join(seen) or 'none may be asked'}.",
            )
        identity.require_database(name)
        if name not in seen:
            raise NotFound(f"There is no database {name}.", "List them: GET /v1/databases.")
        return name, seen[name]

    async def reach(self) -> Mapping[str, ForerunError | None]:
        """Which of them answer, asked side by side and at most every other second."""
        async with anyio.create_task_group() as group:
            for name in self.opened:
                group.start_soon(self._reach, name)
        return {name: reached.error for name, reached in self._reached.items()}

    async def warm_up(self) -> None:
        """Read their structure, so that the first question need not wait for it."""
        async with anyio.create_task_group() as group:
            for forerun in self.opened.values():
                group.start_soon(_warm_up, forerun)

    async def _reach(self, name: str) -> None:
        last = self._reached.get(name)
        if last is not None and anyio.current_time() - last.at < ASKED_AGAIN_S:
            return
        error = await _error_of(self.opened[name])
        self._reached[name] = Reached(error, anyio.current_time())


async def _error_of(forerun: Forerun) -> ForerunError | None:
    try:
        with anyio.fail_after(REACHED_WITHIN_S):
            await forerun.reach()
    except ForerunError as error:
        return error
    except TimeoutError:
        return ForerunError(f"It did not answer within {REACHED_WITHIN_S:g} s.")
    return None


async def _warm_up(forerun: Forerun) -> None:
    try:
        await forerun.catalog()
    except ForerunError:
        return  # whoever asks is told
