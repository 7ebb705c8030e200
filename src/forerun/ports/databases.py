"""Databases, as narrow as we can make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table


@dataclass(frozen=True, slots=True)
class Plan:
    """What the database expects a statement to cost. None where it does not say."""

    rows: float | None = None
    """Estimated rows of the result."""
    cost: float | None = None
    """In the database's own unit."""


@dataclass(frozen=True, slots=True)
class DatabaseAbilities:
    """What a database, by its driver, can do."""

    cancels: bool = True
    """A statement can be stopped while it runs."""
    concurrent: int = 5
    """Statements that may run side by side."""
    plans: bool = True
    """EXPLAIN finds out, without running it, whether a statement can be run."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a database holds at one moment. The same text twice: nothing changed in between.

    The text may change although nothing that matters did. None where the database cannot tell.
    """

    data: str | None = None
    """Of rows and schema both."""
    schema: str | None = None
    """Of tables, columns, keys, comments and rights alone."""


class Database(Protocol):
    """One database, read only. Every method is cancellable down to the driver.

    Errors: `Unavailable` when it cannot be reached, `StatementFailed` when it refuses a
    statement, `StatementTimedOut` when the server-side timeout ends one.
    """

    @property
    def name(self) -> str:
        """To show and to log; holds no secret."""

    @property
    def dialect(self) -> str:
        """sqlglot's name of the dialect."""

    @property
    def abilities(self) -> DatabaseAbilities:
        """What may be asked of it."""

    async def read_structure(self) -> Catalog:
        """Tables, views, columns, keys, comments and (estimated) row counts, no samples.

        A fixed number of set-based queries, however many tables there are.
        """

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        """`columns` of `table` with up to `limit` distinct values each, in one bounded query."""

    async def explain(self, statement: Statement) -> Plan:
        """Ask the planner, run nothing."""

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        """Run in a read-only transaction that is always rolled back.

        At most `limits.max_rows + 1` rows are asked of the database; at most
        `limits.max_bytes` of values are kept.
        """

    async def version(self) -> Version:
        """What the database holds now, as cheaply as can be told; see docs/caching.md.

        Whatever was committed before the call is in what it gives.
        """

    async def warnings(self) -> tuple[str, ...]:
        """What makes this connection less safe than it should be (superuser, …)."""

    async def aclose(self) -> None:
        """Close every connection. Safe to call twice."""
