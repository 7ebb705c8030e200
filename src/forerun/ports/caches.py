"""What is kept of answers, and what several processes keep for each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from forerun.domain import Answer, Context, Draft, Question, Shelf, ShelfStatus, Slice


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is remembered of a question, once it is understood."""

    answer: Answer | None = None
    """The answer to another wording of it."""
    draft: Draft | None = None
    """The reviewed SQL that has answered it."""
    examples: tuple[tuple[str, str], ...] = ()
    """Questions that are only like it, with the SQL that answered them."""


class Recall(Protocol):
    """Looks for an answer again, once the question is understood. Errors: none."""

    async def __call__(self, slice_: Slice, context: Context) -> Recalled: ...


MakeAnswer: TypeAlias = Callable[[Question, Recall], Awaitable[Answer]]


class AnswerCache(Protocol):
    """Answers given before."""

    async def answer(self, question: Question, make: MakeAnswer) -> Answer:
        """A kept answer, where it is still true, else the one that `make` makes.

        Errors: those of `make`, where nothing can stand in.
        """


VIEW = "any view"
"""Among the tables of what was read through a view: the tables behind it are not known."""


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

        Where purges may have been missed (before it hears at all, or when the connection was
        lost), it is called with an empty Scope, which covers everything. Raises nothing but
        cancellation.
        """

    async def lease(self, key: str, seconds: float) -> str | None:
        """A token for the only one who may work on `key` now; None while somebody else may."""

    async def release(self, key: str, token: str) -> None:
        """Give the lease back, if it is still held by `token`."""

    async def status(self) -> Sequence[ShelfStatus]:
        """What is kept, by shelf, tenant and database. May take a second."""

    async def aclose(self) -> None:
        """Close. Safe to call twice."""
