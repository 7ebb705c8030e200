"""The audit log as it is kept: lines that only grow, each chained to all before it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from forerun.access import tables
from forerun.access.audit.records import to_text
from forerun.domain.chain import START, linked_hash
from forerun.errors import Unavailable
from forerun.ports import SQLStore, SQLValue, Transaction

PAGE = 2_000
BEFORE_ALL = -(2**62)
REMOVED_AT_ONCE = 20_000


class Kind(StrEnum):
    QUESTION = "question"
    ACT = "act"
    REFUSED = "refused"
    """Tries of one asker, beside those that have lines: `{"refused": {"rate_limited": 990}, …}`."""
    LOST = "lost"
    """So many lines could not be written down: `{"questions": 12}`."""
    ANCHOR = "anchor"
    """Old lines were removed: `{"through": 500, "hash": …}`, the number and hash of the last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written down. `id` tells whether it is there already."""

    at: float
    """Seconds since 1970."""
    kind: str
    """A `Kind`, unless somebody has changed it."""
    tenant: str
    body: str
    """JSON."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in its place."""

    number: int
    entry: Entry
    previous_hash: str
    hash: str

    @property
    def body(self) -> dict[str, Any]:
        """Raises `Unavailable` for one that somebody has spoilt."""
        try:
            body: dict[str, Any] = json.loads(self.entry.body)
        except ValueError as spoilt:
            raise Unavailable(
                f"Line {self.number} of the audit log cannot be read.",
                "See where it was changed: forerun audit verify.",
            ) from spoilt
        return body


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the chain holds."""

    lines: int
    first: int | None
    last: int | None
    last_hash: str | None
    """To be noted elsewhere: whoever can write to the store can make a whole new chain."""
    broken_at: int | None
    """The number of the first line that does not follow from those before it."""


class Trail:
    """Errors of every method: `Unavailable`."""

    def __init__(self, store: SQLStore) -> None:
        self._store = store

    async def append(self, entries: Sequence[Entry]) -> None:
        """All of them, once, however often it is called with the same.

        The last one tells whether they are there: it is removed last.
        """

        def append(tx: Transaction) -> None:
            if not tx.rows(tables.HAS_LINE, entries[-1].id):
                _add(tx, entries)

        if entries:
            await self._store.write(append)

    async def lines(
        self, since: float = 0.0, tenant: str | None = None, most: int = 100
    ) -> Sequence[Line]:
        """The latest first; of one tenant, or of all."""
        rows = await self._store.read(lambda tx: tx.rows(tables.LINES, since, tenant, most))
        return [_line_from(row) for row in rows]

    async def verify(self) -> Standing:
        """Every line, a page at a time; it may grow meanwhile, and be cut by `remove_before`."""
        while True:
            begins = await self._store.read(_beginning)
            standing = await self._walk()
            if standing.broken_at is None or await self._store.read(_beginning) == begins:
                return standing

    async def _walk(self) -> Standing:
        first: Line | None = None
        last: Line | None = None
        count, anchors = 0, set[tuple[int, str]]()
        while page := await self._page(last.number if last is not None else BEFORE_ALL):
            for line in page:
                if last is not None and not _follows(line, last.number, last.hash):
                    return Standing(count, _number(first), line.number, None, line.number)
                if last is None and not _follows(line, line.number - 1, line.previous_hash):
                    return Standing(0, line.number, line.number, None, line.number)
                if line.entry.kind == Kind.ANCHOR:
                    anchors.add((line.body["through"], line.body["hash"]))
                first, last, count = first or line, line, count + 1
        if first is None or last is None:
            return Standing(0, None, None, None, None)
        begins_well = (first.number, first.previous_hash) == (1, START) or (
            (first.number - 1, first.previous_hash) in anchors
        )
        broken_at = None if begins_well else first.number
        return Standing(count, first.number, last.number, last.hash, broken_at)

    async def remove_before(self, at: float) -> int:
        """Lines from the beginning on that are older; how many. An anchor in the chain says where
        it begins now, so that nobody can cut it unseen."""
        removed = 0
        last = await self._store.read(_last_number)
        while some := await self._store.write(lambda tx: _remove_some(tx, at, last)):
            removed += some
        return removed

    async def _page(self, after: int) -> list[Line]:
        rows = await self._store.read(lambda tx: tx.rows(tables.LINES_AFTER, after, PAGE))
        return [_line_from(row) for row in rows]


def _add(tx: Transaction, entries: Sequence[Entry]) -> None:
    rows = tx.rows(tables.LAST_LINE)
    number, hash_ = (int(rows[0][0]), str(rows[0][1])) if rows else (0, START)
    added = []
    for entry in entries:
        number, previous_hash = number + 1, hash_
        hash_ = _hash(number, entry, previous_hash)
        added.append((number, *_said(entry), previous_hash, hash_))
    tx.add("audit", added)


def _beginning(tx: Transaction) -> list[tuple[Any, ...]]:
    return tx.rows(tables.FIRST_LINE)


def _last_number(tx: Transaction) -> int:
    rows = tx.rows(tables.LAST_LINE)
    return int(rows[0][0]) if rows else 0


def _remove_some(tx: Transaction, at: float, last: int) -> int:
    """No further than `last`: the anchors that are added meanwhile may count as old, too.

    The anchor is added first: it needs the last line, which may be among those removed.
    """
    begins = _beginning(tx)
    if not begins:
        return 0
    first = int(begins[0][0])
    [(kept,)] = tx.rows(tables.FIRST_KEPT, at)
    old = last if kept is None else min(last, int(kept) - 1)
    through = min(old, first + REMOVED_AT_ONCE - 1)
    if through < first:
        return 0
    [(hash_,)] = tx.rows(tables.HASH_OF, through)
    body = to_text({"through": through, "hash": hash_})
    _add(tx, [Entry(time.time(), Kind.ANCHOR, "", body)])
    return tx.change(tables.REMOVE_THROUGH, through)


def _follows(line: Line, number: int, hash_: str) -> bool:
    return (line.number, line.previous_hash, line.hash) == (
        number + 1,
        hash_,
        _hash(number + 1, line.entry, hash_),
    )


def _hash(number: int, entry: Entry, previous_hash: str) -> str:
    return linked_hash([number, *_said(entry)], previous_hash)


def _said(entry: Entry) -> tuple[SQLValue, ...]:
    return (entry.id, float(entry.at), str(entry.kind), entry.tenant, entry.body)


def _line_from(row: Sequence[Any]) -> Line:
    number, id_, at, kind, tenant, body, previous_hash, hash_ = row
    return Line(number, Entry(at, kind, tenant, body, id_), previous_hash, hash_)


def _number(line: Line | None) -> int | None:
    return None if line is None else line.number
