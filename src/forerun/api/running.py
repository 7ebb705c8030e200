"""Running the service: one process, or several over one socket. Blocks until it has ended."""

from __future__ import annotations

import logging
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from forerun.api.service import Beside, Opening, Service
from forerun.app.configuration import Configuration
from forerun.app.serving import Deployment
from forerun.app.serving.listening import doors_of
from forerun.app.serving.patience import Patient
from forerun.errors import ForerunError

LAST_CONNECTIONS_S = 5
BACKLOG = 2_048
HEALTHY_WITHIN_S = 60
"""A process answers its parent only once it has loaded everything: seconds, on a busy machine."""


class NotStarted(ForerunError):
    """One of several processes could not be started, and so neither are the others."""

    code = "not_started"


def run(
    configuration: Configuration,
    listening: socket.socket,
    opening: Opening = Deployment,
    beside: Beside | None = None,
) -> None:
    """Serve until told to stop. `opening` opens what is served, in each process; `beside` is
    another interface to it. Raises what keeps it from being opened."""
    with doors_of(listening) as doors, _telling_each_other(configuration) as told:
        service = Service(told, opening, beside)
        try:
            with _told_once(service):
                _run(_server(told, service), doors)
        except SystemExit:
            if service.refused:
                raise service.refused[0] from None
            raise


@contextmanager
def _told_once(service: Service) -> Iterator[None]:
    """Why the service cannot be opened in this process is raised, and so not logged as well."""

    def still_to_tell(_: logging.LogRecord) -> bool:
        return not service.refused

    log = logging.getLogger("uvicorn.error")
    log.addFilter(still_to_tell)
    try:
        yield
    finally:
        log.removeFilter(still_to_tell)


def _server(configuration: Configuration, service: Service) -> uvicorn.Config:
    """Its own log lines go the way of ours."""
    protocol = partial(Patient, within_s=configuration.serve.client_s)
    return uvicorn.Config(
        service,
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


def _run(server: uvicorn.Config, doors: list[socket.socket]) -> None:
    if server.workers > 1:
        processes = Multiprocess(server, sockets=doors)
        processes.run()
        if any(each.exitcode == STARTUP_FAILURE for each in processes.processes):
            raise NotStarted("A process of the service could not start.", "Its log line says why.")
        return
    before = {number: signal.signal(number, _ended) for number in (signal.SIGTERM,)}
    try:
        uvicorn.Server(server).run(sockets=doors)
    except KeyboardInterrupt:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _telling_each_other(configuration: Configuration) -> Iterator[Configuration]:
    """Several workers get a folder in which they tell each other their metrics, and one in which
    they see what another has told of already."""
    telemetry = configuration.telemetry
    if configuration.serve.workers == 1:
        yield configuration
        return
    with (
        tempfile.TemporaryDirectory(prefix="forerun-metrics-", ignore_cleanup_errors=True) as made,
        tempfile.TemporaryDirectory(prefix="forerun-told-", ignore_cleanup_errors=True) as told_in,
    ):
        telemetry = replace(telemetry, metrics_dir=telemetry.metrics_dir or made)
        yield replace(configuration, telemetry=telemetry, told_in=told_in)


def _ended(number: int, frame: Any) -> None:
    """The server hands the signal on once it has ended, which would end us as a failure."""
