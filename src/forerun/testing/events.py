"""What was emitted, kept for a test to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forerun.events import Event, listening


@contextmanager
def recorded_events() -> Iterator[list[Event]]:
    """A list that fills with every event emitted inside the block, in order."""
    events: list[Event] = []
    with listening(events.append):
        yield events
