"""Running the service: one process, or several over one socket. Blocks until it has ended."""

from __future__ import annotations

import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

import uvicorn
from uvicorn.supervisors import Multiprocess

from forerun.api.patience import Patient, give_up_who_is_gone
from forerun.api.service import Service
from forerun.app.configuration import Configuration
from forerun.app.sections import ServeSection
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
    give_up_who_is_gone(listening, serve.client_s)
    listening.set_inheritable(True)
    return listening


def run(configuration: Configuration, listening: socket.socket) -> None:
    """Serve until told to stop."""
    with closing(listening), _telling_each_other(configuration) as told:
        _run(_server(told), listening)


def _server(configuration: Configuration) -> uvicorn.Config:
    """Its own log lines go the way of ours."""
    protocol = partial(Patient, within_s=configuration.serve.client_s)
    return uvicorn.Config(
        Service(configuration),
        factory=True,
        http=cast(Any, protocol),
        workers=configuration.serve.workers,
        loop="auto",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=LAST_CONNECTIONS_S,
        timeout_worker_healthcheck=HEALTHY_WITHIN_S,
    )


def _run(server: uvicorn.Config, listening: socket.socket) -> None:
    if server.workers > 1:
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


@contextmanager
def _telling_each_other(configuration: Configuration) -> Iterator[Configuration]:
    """Several workers get a folder in which they tell each other their metrics."""
    telemetry = configuration.telemetry
    if configuration.serve.workers == 1 or telemetry.metrics_dir is not None:
        yield configuration
        return
    with tempfile.TemporaryDirectory(prefix="forerun-metrics-", ignore_cleanup_errors=True) as made:
        yield replace(configuration, telemetry=replace(telemetry, metrics_dir=made))


def _ended(number: int, frame: Any) -> None:
    """The server hands the signal on once it has ended, which would end us as a failure."""
