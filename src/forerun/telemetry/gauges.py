"""What only the process itself can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gauges:
    """Asked at each scrape, from whichever thread; None: not told."""

    in_flight: Callable[[], float] | None = None
    queued: Callable[[], float] | None = None
    breakers: Callable[[], Mapping[str, str]] | None = None
    """Name of what it guards, and its state: closed, half-open or open."""
    telemetry: Callable[[], Mapping[str, int]] | None = None
    """Questions that telemetry dropped or lost, by where."""
