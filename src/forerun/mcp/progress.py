"""Which stage of the pipeline is at work, for a client that waits."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.session import ServerSession

from forerun.domain import Stage
from forerun.events import Event, StageStarted, listening

TOTAL = len([stage for stage in Stage if stage is not Stage.REPAIR])
"""Repairs are not foreseen. Not every question needs every stage: the last step may be a leap."""


@dataclass(slots=True, eq=False)
class Steps:
    """A step for each stage as it begins for the first time, on whichever branch."""

    send: MemoryObjectSendStream[Stage]
    begun: set[Stage] = field(default_factory=set)

    def hear(self, event: Event) -> None:
        if isinstance(event, StageStarted) and event.stage not in self.begun | {Stage.REPAIR}:
            self.begun.add(event.stage)
            with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                # What outlives the call, a refresh of what is kept, say, is no longer reported.
                self.send.send_nowait(event.stage)


@asynccontextmanager
async def reporting(session: ServerSession) -> AsyncIterator[None]:
    """Report to the client what is begun inside the block, also in tasks started from it."""
    send, receive = anyio.create_memory_object_stream[Stage](math.inf)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_report, receive, session)
            with send, listening(Steps(send).hear):
                yield
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _report(receive: MemoryObjectReceiveStream[Stage], session: ServerSession) -> None:
    with receive:
        step = 0
        async for stage in receive:
            step += 1
            await session.report_progress(step, TOTAL, f"{stage.value}: {stage.doing}")
