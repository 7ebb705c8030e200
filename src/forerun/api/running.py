"""Running the service: one process, or several over one socket. Blocks until it has ended."""

from __future__ import annotations

import signal
import socket
from contextlib import closing
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from forerun.api.service import Opening, Service
from forerun.app.configuration import Configuration
from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from forerun.errors import BadInput

LAST_CONNECTIONS_S = 5
BACKLOG = 2_048
HEALTHY_WITHIN_S = 60
"""A process answers its parent only once it has loaded everything: seconds, on a busy machine."""


def bind(serve: ServeSection) -> socket.socket:
    """The socket that the service listens on. Raises `BadInput` where it cannot be had."""
    family = socket.AF_INET6 if ":" in serve.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((serve.host, serve.port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise BadInput(
            f"Nothing can listen on {serve.host}, port {serve.port}: {error}.",
            "Use another --port (0: a free one), or stop what listens there.",
        ) from None
    listening.set_inheritable(True)
    return listening


def run(
    configuration: Configuration, listening: socket.socket, opening: Opening = Deployment
) -> None:
    """Serve until told to stop. `opening` opens what is served, in each process."""
    server = uvicorn.Config(
        Service(configuration, opening),
        factory=True,
        workers=configuration.serve.workers,
        loop="auto",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=LAST_CONNECTIONS_S,
        timeout_worker_healthcheck=HEALTHY_WITHIN_S,
    )
    with closing(listening):
        if configuration.serve.workers > 1:
            Multiprocess(server, sockets=[listening]).run()
            return
        before = {number: signal.signal(number, _ended) for number in (signal.SIGTERM,)}
        try:
            uvicorn.Server(server).run(sockets=[listening])
        except KeyboardInterrupt:
            return
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _ended(number: int, frame: Any) -> None:
    """The server hands the signal on once it has ended, which would end us as a failure."""
