"""Work that is given up the moment its client has gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from starlette.requests import ClientDisconnect, Request

Result = TypeVar("Result")


async def unless_gone(request: Request, work: Callable[[], Awaitable[Result]]) -> Result:
    """What `work` gives. It is cancelled, and `ClientDisconnect` raised, once the client leaves.

    The body must have been read by then: what comes after it is the end of the connection.
    """
    results: list[Result] = []

    async def watch(scope: anyio.CancelScope) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(watch, group.cancel_scope)
            results.append(await work())
            group.cancel_scope.cancel()
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    if not results:
        raise ClientDisconnect
    return results[0]
