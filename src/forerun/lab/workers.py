"""Worker processes, one a core, none of which outlives what it works for."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import ParamSpec

Given = ParamSpec("Given")


@contextmanager
def worker_processes(
    begin: Callable[Given, None], *args: Given.args, **kwargs: Given.kwargs
) -> Generator[ProcessPoolExecutor]:
    """Each has called `begin` first. Left by an error or by Ctrl-C, they are ended at once,
    whatever they are about; an executor by itself would wait until all was done.

    Each is a fresh interpreter: DuckDB's threads do not survive a fork.
    """
    others = set(active_children())
    workers = ProcessPoolExecutor(
        os.cpu_count() or 1, get_context("spawn"), _begun, (begin, args, kwargs)
    )
    with workers:
        done = False
        try:
            yield workers
            done = True
        finally:
            for child in () if done else set(active_children()) - others:
                child.terminate()


def _begun(
    begin: Callable[Given, None], args: tuple[object, ...], kwargs: dict[str, object]
) -> None:
    """Ctrl-C reaches a whole group of processes: that it ends is for the one in front to say."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    begin(*args, **kwargs)  # type: ignore[arg-type]


def _end_with_parent() -> None:
    """Killed, it can tell nobody."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
