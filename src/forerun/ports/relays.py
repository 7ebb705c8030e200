"""How the processes of a service hear of each other's questions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Told:
    """What is new about one question under way."""

    stream: str
    """Names the question among all."""
    run: str
    """Tells this run of it from any other: a question may, by mistake, be run twice."""
    first: int
    """The number of the first of `events`, from 1."""
    events: Sequence[bytes] = ()
    ended: bool = False


class Heard(Enum):
    """What has come of telling it."""

    TAKEN = "taken"
    CANCELLED = "cancelled"
    """Taken, and somebody wants the question cancelled."""
    FORGOTTEN = "forgotten"
    """Not taken: of what was told before something is gone. Tell all of it again."""
    FOREIGN = "foreign"
    """Not taken: another run of the question is being told."""


class Relay(Protocol):
    """Errors of every method: `Unavailable`."""

    async def claim(self, stream: str, run: str) -> bool:
        """Whether nobody has, or had, such a question; from then on that run of it has."""

    async def tell(self, news: Sequence[Told]) -> Sequence[Heard]:
        """Pass it on; what has come of each.

        What has been passed on before may be told again. A question of which nothing is told for
        `alive_s`, not even that it lives, is lost.
        """

    async def is_known(self, stream: str) -> bool:
        """Whether anything was told of it, not too long ago."""

    def follow(self, stream: str, after: int) -> AsyncGenerator[Sequence[bytes]]:
        """What was told after that event, and what will be, until it has ended or is lost. Raises
        `EventsMissing` before it leaves one out, but after all those that come before that."""

    async def is_followed(self, stream: str) -> bool:
        """Whether somebody follows it, by `follow`."""

    async def cancel(self, stream: str) -> None:
        """Have whoever runs it cancel it."""

    async def hear_cancels(self, on_cancel: Callable[[str], None]) -> None:
        """Called with each stream that is to be cancelled, until cancelled; never raises."""

    async def aclose(self) -> None:
        """Close every connection. Safe to call twice."""
