"""A deployment that is opened beside the first messages: a host that starts a process waits for its
tools, and need not wait for databases to answer and for a provider's SDK to load."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from forerun.app.serving import Deployment


class Opening:
    """The deployment, for who needs it, once it is open."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._open = anyio.Event()
        self._close = anyio.Event()

    async def opened(self) -> Deployment:
        await self._open.wait()
        return self._deployment

    @classmethod
    @asynccontextmanager
    async def of(cls, deployment: Deployment) -> AsyncIterator[Opening]:
        """Opened from the beginning of the block on, closed at its end. Raises what keeps it from
        being opened, whatever the block does meanwhile."""
        opening = cls(deployment)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(opening._run)
                yield opening
                if opening._open.is_set():
                    opening._close.set()
                else:
                    group.cancel_scope.cancel()
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _run(self) -> None:
        async with self._deployment:
            self._open.set()
            await self._close.wait()
