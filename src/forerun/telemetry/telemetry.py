"""What core calls: told of each finished question, and asked for what they add up to."""

from __future__ import annotations

from forerun.telemetry.finished import Finished


class Telemetry:
    """Told of each finished question; writes in the background."""

    def observe(self, finished: Finished) -> None:
        """Never blocks and never raises: what cannot be kept is dropped and counted."""

    async def run(self) -> None:
        """The writer, for a task group; until it is cancelled."""

    async def flush(self) -> None:
        """Write what was observed so far."""

    async def aclose(self) -> None:
        """Write what is left, if the store answers soon, and close it. Safe to call twice."""

    def metrics_text(self, accept: str) -> tuple[bytes, str]:
        """What Prometheus reads, and its content type, by what the request's `Accept` says."""
        raise NotImplementedError
