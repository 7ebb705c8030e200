"""The outside world, as narrow as we can make it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from forerun.domain import (
    Answer,
    Catalog,
    Column,
    Context,
    Draft,
    Limits,
    Question,
    Role,
    Rows,
    Shelf,
    ShelfStatus,
    Slice,
    Statement,
    Table,
    Usage,
)


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


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt. `system` and the head of `user` are stable, so providers cache them."""

    name: str
    """Name and content hash of the prompt file, `writer@1f3a…`."""
    role: Role
    system: str
    user: str
    shape: Mapping[str, Any] | None = None
    """JSON schema of the reply, for models that can be held to one; others are asked in words."""
    max_output_tokens: int = 2_000
    sample: int = 0
    """Which of several draws this is. Above 0 the model answers with warmth: draws differ."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's whole reply. `text` is the raw text (JSON text when a shape was held to)."""

    text: str
    usage: Usage
    model: str
    cut_short: bool = False
    """True when the model stopped at its token limit."""


@dataclass(frozen=True, slots=True)
class ModelAbilities:
    """What a model, by its provider, can do."""

    streams: bool = True
    """Text is handed out as it is written, not all at the end."""
    structured: bool = False
    """Replies can be held to a JSON schema."""
    cancels: bool = True
    """A call that is broken off ends at the provider too, as far as can be told from here."""
    varies: bool = True
    """Asked for another sample, it answers with warmth."""


OnText: TypeAlias = Callable[[str], Awaitable[None]]
"""Called with each piece of text as it arrives."""


class Model(Protocol):
    """One language model. Errors: the `Model…` errors, after retries of its own."""

    @property
    def name(self) -> str:
        """`provider:model`, to show and to log."""

    @property
    def abilities(self) -> ModelAbilities:
        """What may be asked of it."""

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        """Ask once. With `on_text` the reply is streamed. Cancellation closes the request."""

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        """What a call that was broken off after `said` has probably cost."""

    async def aclose(self) -> None:
        """Close every connection. Safe to call twice."""


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
    """What was laid out by another version is refused."""
    tables: tuple[str, ...]
    """Statements that make them."""
    contents: str
    """In words, to begin a sentence with: `What was learned`."""
    remedy: str
    """What to do where it cannot be kept."""


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


class Recall(Protocol):
    """Looks for an answer again, once the question is understood."""

    async def __call__(self, slice_: Slice, context: Context) -> Answer | Draft | None:
        """The answer to another wording of it; or the reviewed SQL that has answered it."""


MakeAnswer: TypeAlias = Callable[[Question, Recall], Awaitable[Answer]]


class AnswerCache(Protocol):
    """Answers given before."""

    async def answer(self, question: Question, make: MakeAnswer) -> Answer:
        """A kept answer, where it is still true, else the one that `make` makes.

        Errors: those of `make`, where nothing can stand in.
        """


@dataclass(frozen=True, slots=True)
class Labels:
    """Whose something kept is, and what it was made of: what it can be purged by."""

    shelf: Shelf
    tenant: str
    database: str
    """Names one database among all: `sales-1f3a09bc`. Holds no secret."""
    tables: frozenset[str] = frozenset()
    """`Table.key` in lower case."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What to purge: all that agrees with every part that is given."""

    tenant: str | None = None
    database: str | None = None
    table: str | None = None
    """`Table.key`, case ignored."""

    def covers(self, labels: Labels) -> bool:
        return (
            (self.tenant is None or self.tenant == labels.tenant)
            and (self.database is None or self.database == labels.database)
            and (self.table is None or self.table.lower() in labels.tables)
        )


class SharedCache(Protocol):
    """Texts that several processes, or one after another, keep for each other.

    Every call takes at most 20 ms over a network, or raises `Unavailable`; so it does when the
    cache is gone, full or answers nonsense. A call that is cancelled leaves nothing behind that
    a later call could take for its own reply.
    """

    @property
    def name(self) -> str:
        """`redis` or `disk`."""

    async def get(self, keys: Sequence[str]) -> Sequence[str | None]:
        """What is kept under each key, in one go; None for what is not there or has expired."""

    async def put(self, key: str, text: str, labels: Labels, keep_s: float) -> None:
        """Keep `text` for `keep_s` seconds, in the place of what was there."""

    async def purge(self, scope: Scope) -> int:
        """Drop what `scope` covers, tell every process, and give how many entries were dropped.

        When it returns no `get` of any process finds them.
        """

    async def hear_purges(self, on_purge: Callable[[Scope], None]) -> None:
        """Call `on_purge` for every purge by any process, within 50 ms. Runs until cancelled.

        Where purges may have been missed (the connection was lost), it is called with an empty
        Scope, which covers everything. Raises nothing but cancellation.
        """

    async def lease(self, key: str, seconds: float) -> str | None:
        """A token for the only one who may work on `key` now; None while somebody else may."""

    async def release(self, key: str, token: str) -> None:
        """Give the lease back, if it is still held by `token`."""

    async def status(self) -> Sequence[ShelfStatus]:
        """What is kept, by shelf, tenant and database. May take a second."""

    async def aclose(self) -> None:
        """Close. Safe to call twice."""
