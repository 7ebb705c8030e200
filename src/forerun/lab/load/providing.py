"""The simulated provider in a process of its own, where it takes no time from the service."""

from __future__ import annotations

from multiprocessing.connection import Connection

from forerun.lab.load.planning import Load
from forerun.testing.simulator.server import serve_simulated


def provide(load: Load, pipe: Connection) -> None:
    """Tell the base URL, and serve until the pipe is closed."""
    with serve_simulated(load.engine()) as server:
        pipe.send(server.base_url)
        try:
            pipe.recv()
        except EOFError:
            return
