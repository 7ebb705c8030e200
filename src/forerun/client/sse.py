"""Server-sent events out of bytes, however they are cut.

The rules are those of the HTML standard, section 9.2.6, "Interpreting an event stream".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event as it was sent."""

    name: str
    data: str
    id: str


class EventTooLong(ValueError):
    """More bytes than one event may have."""


@dataclass(slots=True, eq=False)
class EventParser:
    """Fed with pieces of a stream as they come. What the stream ends amid of is no event."""

    most_bytes: int
    """Of one event; beyond it `EventTooLong` is raised."""
    _line: list[bytes] = field(default_factory=list)
    """Pieces of the line whose end has not come yet."""
    _size: int = 0
    """Bytes of the event so far."""
    _after_cr: bool = False
    _at_beginning: bool = True
    _name: str = ""
    _data: list[str] = field(default_factory=list)
    _id: str = ""

    def feed(self, piece: bytes) -> list[ServerSentEvent]:
        """The events that are complete with this piece."""
        if not piece:
            return []
        if self._after_cr and piece.startswith(b"\n"):  # of a line end that was cut in two
            piece = piece[1:]
        self._after_cr = piece.endswith(b"\r")
        *lines, rest = _LINE_END.split(piece)
        events = []
        for line in lines:
            self._gather(line)
            if (event := self._take_line()) is not None:
                events.append(event)
        self._gather(rest)
        return events

    def _gather(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self.most_bytes:
            raise EventTooLong(f"an event is longer than {self.most_bytes:,} bytes")
        if piece:
            self._line.append(piece)

    def _take_line(self) -> ServerSentEvent | None:
        """Read the line that has come to its end. An empty one ends the event."""
        line = b"".join(self._line)
        self._line.clear()
        if self._at_beginning:
            self._at_beginning = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        self._take_field(name, value.removeprefix(" "))
        return None

    def _take_field(self, name: str, value: str) -> None:
        """Anything else, comments among it, means nothing here."""
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _dispatch(self) -> ServerSentEvent | None:
        name, data = self._name or "message", self._data
        self._name, self._data, self._size = "", [], 0
        return ServerSentEvent(name, "\n".join(data), self._id) if data else None
