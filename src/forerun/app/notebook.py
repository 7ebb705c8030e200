"""`forerun.ask` for scripts and notebooks: one question, no event loop to think of."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os import PathLike

import anyio

from forerun.app.forerun import Forerun
from forerun.app.settings import Settings
from forerun.domain import Answer


def ask(  # noqa: PLR0913 - each is the asker's to choose
    question: str,
    database: str | PathLike[str],
    *,
    model: str | None = None,
    settings: Settings | None = None,
    max_rows: int | None = None,
    timeout_s: float | None = None,
    guess: bool | None = None,
) -> Answer:
    """Answer one question and close everything again.

    In a notebook, where an event loop already runs, the work is done in a thread of its own.
    """

    async def answered() -> Answer:
        async with Forerun(database, model=model, settings=settings) as forerun:
            return await forerun.ask(question, max_rows=max_rows, timeout_s=timeout_s, guess=guess)

    run = partial(anyio.run, answered)
    if not _loop_runs():
        return run()
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(run).result()


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
