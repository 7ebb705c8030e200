"""What work has spent after who began it had left is paid by who has the good of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from forerun.events import Event, StageEnded, StageStarted, TextArrived


@dataclass(slots=True, eq=False)
class Bequest:
    """The events of one flight: they reach who began it, and when he has left, another."""

    heard: list[Event] = field(default_factory=list)
    left_at: int | None = None
    """How many there were when its beginner left."""

    def hear(self, event: Event) -> None:
        if not isinstance(event, TextArrived):
            self.heard.append(event)

    def leave(self) -> None:
        self.left_at = len(self.heard)

    def taken(self) -> Iterator[Event]:
        """What came after that, once; with the stages that it belongs to."""
        if self.left_at is None:
            return
        left_at, self.left_at = self.left_at, None
        yield from (e for e in self.heard[:left_at] if isinstance(e, StageStarted | StageEnded))
        yield from self.heard[left_at:]
