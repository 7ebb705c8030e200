"""What the service under load notes of itself: in little memory, which a soak measures too."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from struct import Struct
from uuid import UUID

_PACKED = Struct("16s5d2I")
"""An id, seconds, calls: 64 bytes, where the objects would be 500."""


@dataclass(frozen=True, slots=True)
class Served:
    """One question, in seconds."""

    id: str
    """32 hex digits."""
    queued_s: float
    """Waited to be let in."""
    whole_s: float
    """From its beginning until its last event stood in its log."""
    orchestrated_s: float
    """The part of it in `Forerun.ask`."""
    at_ports_s: float
    """The part of that in which it waited for a model or the database."""
    own_cpu_s: float
    """Of the event loop, outside the two ports."""
    model_calls: int
    statements: int

    @property
    def own_s(self) -> float:
        return self.whole_s - self.at_ports_s


@dataclass(slots=True)
class Figures:
    """What was measured since it was told to begin."""

    lags_s: array[float] = field(default_factory=lambda: array("f"))
    """How late the event loop woke up who had asked for a moment."""
    _served: bytearray = field(default_factory=bytearray)

    def note(self, served: Served) -> None:
        id_, *figures = astuple(served)
        self._served += _PACKED.pack(UUID(id_).bytes, *figures)

    @property
    def served(self) -> Iterator[Served]:
        """Each question, in the order in which they ended."""
        for id_, *figures in _PACKED.iter_unpack(self._served):
            yield Served(id_.hex(), *figures)
