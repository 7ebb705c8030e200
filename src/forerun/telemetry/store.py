"""Outcomes and traces in the tables of a file or a server, bounded by age and size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any, TypeAlias

from forerun.errors import BadInput, NotFound, Unavailable
from forerun.ports import SQLStore, SQLValue, Transaction
from forerun.telemetry import tables
from forerun.telemetry.documents import spans_from
from forerun.telemetry.outcomes import Outcome
from forerun.telemetry.spans import Span

LARGEST_PAGE = 200
MOST_OUTCOMES = 200_000
"""That figures are made of: the latest. As many are read and counted in a second or two."""
_WIDTH = len(fields(Outcome))


class UnknownTrace(NotFound):
    """There is none, it is not kept any more, or it is another tenant's."""

    code = "unknown_trace"


@dataclass(frozen=True, slots=True)
class Keeping:
    """For how long, and how much."""

    trace_hours: float = 72.0
    spans: int = 100_000
    outcome_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Written:
    """What one question leaves: always its outcome, and its trace where that is kept."""

    outcome: Outcome
    spans: int = 0
    document: str | None = None


Databases: TypeAlias = str | frozenset[str] | None
"""One, several, or (None) whichever."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which traces. None: whichever."""

    tenant: str | None = None
    """None for an administrator only: every tenant's."""
    database: Databases = None
    status: str | None = None
    arm: str | None = None
    """As served."""
    operation: str | None = None
    slower_than_ms: float | None = None
    since: float | None = None
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One trace of a list."""

    outcome: Outcome
    spans: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some traces, the latest first."""

    traces: tuple[Listed, ...]
    next_cursor: str | None
    """A cursor for those after them; None where these are the last."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One trace."""

    outcome: Outcome
    spans: tuple[Span, ...]
    """Empty where only the outcome is kept: see sampling."""


class TraceStore:
    """Its tables are those of `tables.LAYOUT`. Every method raises `Unavailable`."""

    def __init__(self, store: SQLStore) -> None:
        self._store = store

    async def add(self, written: Sequence[Written], mismatched: Iterable[str] = ()) -> None:
        """All, or nothing. What is there already stays as it is: a batch may be written again."""
        outcomes = [_row(each.outcome) for each in written]
        traces: list[Sequence[SQLValue]] = [
            (each.outcome.trace_id, each.outcome.started_at, each.spans, _kept(each.document))
            for each in written
            if each.document is not None
        ]
        marks = list(mismatched)

        def add(tx: Transaction) -> None:
            if outcomes:
                tx.add("outcomes", outcomes)
            if traces:
                tx.add("traces", traces)
            for trace_id in marks:
                tx.change(tables.MARK_MISMATCH, trace_id)

        await self._store.write(add, lasting=False)

    async def forget(self, keeping: Keeping, now: float) -> None:
        """Drop what is too old, and the oldest traces where there are too many spans."""

        def forget(tx: Transaction) -> None:
            tx.change(tables.FORGET_OUTCOMES, now - 86_400 * keeping.outcome_days)
            tx.change(tables.FORGET_TRACES, now - 3_600 * keeping.trace_hours)
            [(first,)] = tx.rows(tables.FIRST_TOO_MANY, keeping.spans)
            if first is not None:
                tx.change(tables.FORGET_UP_TO, first)

        await self._store.write(forget, lasting=False)

    async def seen(
        self, since: float, tenant: str | None, database: Databases, operation: str | None
    ) -> Sequence[Outcome]:
        """Outcomes since then, seconds since 1970; the oldest first, `MOST_OUTCOMES` at most."""
        also, values = _clauses(
            "", {"tenant": tenant, "database": database, "operation": operation}
        )
        sql = tables.SEEN.format(also="".join(f"AND {clause} " for clause in also))
        rows = await self._store.read(lambda tx: tx.rows(sql, since, *values, MOST_OUTCOMES))
        return [Outcome(*row) for row in reversed(rows)]

    async def page(self, wanted: Wanted, limit: int = 50, cursor: str | None = None) -> Page:
        """Traces that are kept, the latest first. Raises `BadInput` for a cursor not ours."""
        limit = max(1, min(limit, LARGEST_PAGE))
        also, values = _wanted(wanted)
        if cursor is not None:
            at, trace_id = _from_cursor(cursor)
            also.append("(o.started_at < ? OR (o.started_at = ? AND o.trace_id < ?))")
            values += [at, at, trace_id]
        sql = tables.PAGE.format(also=" AND ".join(also) or "1 = 1")
        rows = await self._store.read(lambda tx: tx.rows(sql, *values, limit + 1))
        listed = tuple(Listed(Outcome(*row[:_WIDTH]), row[_WIDTH]) for row in rows[:limit])
        return Page(listed, _cursor(listed[-1].outcome) if len(rows) > limit else None)

    async def one(self, trace_id: str, tenant: str | None) -> Kept:
        """Raises `UnknownTrace`, also for another tenant's: that it is there is theirs to know."""
        rows = await self._store.read(lambda tx: tx.rows(tables.ONE, trace_id))
        found = [row for row in rows if tenant is None or Outcome(*row[:_WIDTH]).tenant == tenant]
        if not found:
            raise unknown_trace(trace_id)
        [(*parts, document)] = found
        return Kept(Outcome(*parts), _spans(document))

    async def aclose(self) -> None:
        await self._store.aclose()


def unknown_trace(trace_id: str) -> UnknownTrace:
    return UnknownTrace(
        f"There is no trace {trace_id[:80]}.",
        "It may be too old to be kept. List those that are: forerun traces list.",
    )


def _row(outcome: Outcome) -> Sequence[SQLValue]:
    return [_kept(value) if isinstance(value, str) else value for value in astuple(outcome)]


def _kept(text: str | None) -> str | None:
    """PostgreSQL keeps no NUL, and neither keeps half a character."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "").encode(errors="replace").decode()


def _spans(document: str | None) -> tuple[Span, ...]:
    try:
        return () if document is None else spans_from(document)
    except ValueError as broken:
        raise Unavailable("A trace is kept in a form that cannot be read.") from broken


def _wanted(wanted: Wanted) -> tuple[list[str], list[SQLValue]]:
    equal = {
        "tenant": wanted.tenant,
        "database": wanted.database,
        "status": wanted.status,
        "served": wanted.arm,
        "operation": wanted.operation,
    }
    also, values = _clauses("o.", equal)
    for clause, least in (("o.ms > ?", wanted.slower_than_ms), ("o.started_at >= ?", wanted.since)):
        if least is not None:
            also.append(clause)
            values.append(least)
    return also, values


def _clauses(of: str, equal: dict[str, Databases]) -> tuple[list[str], list[SQLValue]]:
    """The names are ours; whatever comes from outside is a value."""
    clauses, values = list[str](), list[SQLValue]()
    for name, wanted in equal.items():
        if wanted is None:
            continue
        any_of = [wanted] if isinstance(wanted, str) else sorted(wanted)
        signs = ", ".join("?" for _ in any_of)
        clauses.append(f"{of}{name} IN ({signs})" if any_of else "1 = 0")
        values += map(_kept, any_of)
    return clauses, values


def _cursor(outcome: Outcome) -> str:
    return f"{outcome.started_at!r}_{outcome.trace_id}"


def _from_cursor(cursor: str) -> tuple[float, str]:
    at, is_ours, trace_id = cursor.partition("_")
    try:
        when: Any = float(at) if is_ours else None
    except ValueError:
        when = None
    if when is None or when != when or abs(when) == float("inf"):
        raise BadInput(
            f"{cursor[:80]!r} is no cursor of a list of traces.",
            "Give what `next` said, or leave it out for the first page.",
        )
    return when, _kept(trace_id) or ""
