"""A shop in a SQLite file, what is asked about it, and what is right at each moment.

What is right is worked out in Python from what was in the tables, not by SQL.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from forerun.domain import Question

ORDERS, VISITS = "orders", "visits"
ALL, OPEN = "all", "open"
"""What permissions allow: every order, or those that are open."""


@dataclass(frozen=True)
class Topic:
    """Something to ask, in two wordings."""

    wordings: tuple[str, str]
    sql: str
    tables: frozenset[str]

    @property
    def name(self) -> str:
        return self.wordings[0]


_MINE = "tenant = :tenant AND (open OR :permissions = 'all')"
TOPICS = (
    Topic(("sum", "how much"), f"SELECT sum(value) FROM orders WHERE {_MINE}", frozenset({ORDERS})),
    Topic(
        ("list", "which ones"),
        f"SELECT value FROM orders WHERE {_MINE} ORDER BY id",
        frozenset({ORDERS}),
    ),
    Topic(
        ("both", "all in all"),
        f"SELECT (SELECT count(*) FROM orders WHERE {_MINE}), count(*) FROM visits"
        " WHERE tenant = :tenant",
        frozenset({ORDERS, VISITS}),
    ),
    Topic(
        ("today", "how many today"),
        "SELECT count(*) FROM visits WHERE tenant = :tenant AND day = :day",
        frozenset({VISITS}),
    ),
    Topic(("dice", "at random"), f"SELECT count(*) FROM orders WHERE {_MINE}", frozenset({ORDERS})),
    Topic(
        ("moment", "right now"), f"SELECT max(value) FROM orders WHERE {_MINE}", frozenset({ORDERS})
    ),
    Topic(
        ("unclear", "which do you mean"),
        "SELECT count(*) FROM pragma_table_info('orders')",
        frozenset({ORDERS}),
    ),
)
BY_WORDS = {words: topic for topic in TOPICS for words in topic.wordings}
AGAIN = "and again"
"""A follow-up: it means what was asked before."""

Row = tuple[object, ...]


def topic_of(question: Question) -> Topic:
    text = question.text.rstrip("? ").strip()
    if text == AGAIN:
        return BY_WORDS[question.conversation[-1].standalone]
    return BY_WORDS[text]


@dataclass(frozen=True)
class State:
    """What the tables held from one moment on."""

    since: float
    data: int
    schema: int
    orders: tuple[tuple[str, int, bool], ...]
    visits: tuple[tuple[str, str], ...]

    def right(self, question: Question) -> tuple[list[Row], bool]:
        """The rows that a question gets in this state, and whether there were more."""
        asker, name = question.asker, topic_of(question).name
        mine = [
            value
            for tenant, value, is_open in self.orders
            if tenant == asker.tenant and (is_open or asker.permissions == ALL)
        ]
        days = [day for tenant, day in self.visits if tenant == asker.tenant]
        today = question.now.date().isoformat()
        rows: dict[str, list[Row]] = {
            "sum": [(sum(mine) if mine else None,)],
            "list": [(value,) for value in mine],
            "both": [(len(mine), len(days))],
            "today": [(days.count(today),)],
            "dice": [(len(mine),)],
            "moment": [(max(mine, default=None),)],
            "unclear": [(4 + self.schema,)],
        }
        most = question.limits.max_rows
        return rows[name][:most], len(rows[name]) > most


@dataclass
class Shop:
    """One file, written to and asked. Every write is remembered."""

    path: Path
    states: list[State] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._file = sqlite3.connect(self.path, isolation_level=None)
        self._file.executescript(
            "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;"
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, tenant TEXT, value INTEGER, open BOOL);"
            "CREATE TABLE visits (tenant TEXT, day TEXT);"
        )

    def close(self) -> None:
        self._file.close()

    @property
    def now(self) -> State:
        return self.states[-1]

    def write(self, at: float, tenant: str, value: int, day: date) -> None:
        """One order more, and one visit."""
        self._file.execute(
            "INSERT INTO orders (tenant, value, open) VALUES (?, ?, ?)", (tenant, value, value % 2)
        )
        self._file.execute("INSERT INTO visits VALUES (?, ?)", (tenant, day.isoformat()))
        self._remember(at, written=True)

    def alter(self, at: float) -> None:
        """One column more."""
        number = self.now.schema if self.states else 0
        self._file.execute(f"ALTER TABLE orders ADD COLUMN more_{number} INTEGER")
        self._remember(at, written=False)

    def run(self, question: Question) -> tuple[list[Row], bool]:
        """The rows by SQL, and whether there were more than the asker's limit."""
        parameters = {
            "tenant": question.asker.tenant,
            "permissions": question.asker.permissions,
            "day": question.now.date().isoformat(),
        }
        rows = self._file.execute(topic_of(question).sql, parameters).fetchall()
        most = question.limits.max_rows
        return rows[:most], len(rows) > most

    def states_between(self, begin: float, end: float) -> Iterator[State]:
        """Those in which the tables were at some moment from `begin` to `end`."""
        first = bisect_right([state.since for state in self.states], begin) - 1
        for state in self.states[max(first, 0) :]:
            if state.since <= end:
                yield state

    def _remember(self, at: float, *, written: bool) -> None:
        orders = self._file.execute("SELECT tenant, value, open FROM orders ORDER BY id").fetchall()
        visits = self._file.execute("SELECT tenant, day FROM visits").fetchall()
        before = self.states[-1] if self.states else State(at, 0, 0, (), ())
        schema = before.schema + (not written)
        of_it = tuple((tenant, value, bool(is_open)) for tenant, value, is_open in orders)
        self.states.append(State(at, before.data + 1, schema, of_it, tuple(visits)))
