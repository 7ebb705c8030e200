"""What is remembered from one process to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, TypeAlias, TypeVar


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How often work done ahead of time was used and was wasted. Counts may be fractions."""

    used: float = 0.0
    wasted: float = 0.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one stage took once."""

    database: str
    stage: str
    complexity: str
    seconds: float


class Store(Protocol):
    """What is remembered from one process to the next. Errors: `Unavailable`."""

    async def outcomes(self) -> Mapping[tuple[str, str], Outcomes]:
        """By rung and question class."""

    async def add_outcomes(self, added: Mapping[tuple[str, str], Outcomes]) -> None:
        """Add to what is there; several processes may do so at once."""

    async def timings(self, database: str, most: int) -> Sequence[Timing]:
        """The last `most` timings of each stage and complexity, oldest first."""

    async def add_timings(self, added: Sequence[Timing]) -> None:
        """Append."""

    async def aclose(self) -> None:
        """Close. Safe to call twice."""


Result = TypeVar("Result")
SQLValue: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Layout:
    """The tables of a store, which are made when it is first used."""

    name: str
    """Tells them from those of others in the same place. Of a to z."""
    version: int
    """What was laid out by another version is refused, unless `upgrades` has the way from it."""
    tables: tuple[str, ...]
    """Statements that make them."""
    contents: str
    """In words, to begin a sentence with: `What was learned`."""
    remedy: str
    """What to do where it cannot be kept."""
    upgrades: tuple[tuple[str, ...], ...] = ()
    """Statements that each make one version the next; the last of them makes this one."""

    def missing(self, version: int) -> tuple[str, ...] | None:
        """Statements that bring what is laid out (0: nothing) to this version; None where it cannot
        be brought there."""
        if version == 0:
            return self.tables
        behind = self.version - version
        if not 0 <= behind <= len(self.upgrades):
            return None
        return tuple(chain.from_iterable(self.upgrades[len(self.upgrades) - behind :]))


class Transaction(Protocol):
    """Statements of one transaction, in SQL that SQLite and PostgreSQL both understand.

    `?` stands for a value. Every method blocks.
    """

    def rows(self, sql: str, *values: SQLValue) -> list[tuple[Any, ...]]:
        """What a query gives."""

    def change(self, sql: str, *values: SQLValue) -> int:
        """Do it; how many rows of the table it changed."""

    def add(self, table: str, rows: Sequence[Sequence[SQLValue]]) -> int:
        """Add whole rows, except those whose key is there already; how many were new."""


class SQLStore(Protocol):
    """Tables that several processes use, in a file or on a server.

    `work` runs in a worker thread and sees one moment of the store. What it raises takes back
    whatever it has changed. Errors: `Unavailable`; then, too, nothing was changed, unless the
    connection was lost while the change was being confirmed: then all of it was, or nothing.
    """

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """What `work` gives, which changes nothing."""

    async def write(self, work: Callable[[Transaction], Result], *, lasting: bool = True) -> Result:
        """The same for work that changes something. One at a time, among all processes.

        What is not `lasting` is not waited for until it is on the disk, which takes most of the
        time: it outlives its process, but not the machine if that ends within about a second.
        """

    async def aclose(self) -> None:
        """Close every connection. Safe to call twice."""
