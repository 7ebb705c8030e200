"""How far the columns of a recursive query get: watched for some steps, then drawn on.

What is measured of an expression, its size or its largest number, is remembered here as well, so
that no query is measured twice, however often it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Generic, TypeVar

from sqlglot import exp

from forerun.checking.arithmetic import number
from forerun.checking.origins import Origins, Recursive, is_inside

Measured = TypeVar("Measured")

ROUNDS = 4
"""In which a recursion is watched, for each of its columns: each may wait for the one before."""
APART = 12
"""Columns that are watched each by itself; of more, all are taken for the longest."""
WALKED = 20.0
"""Steps of a recursion that ends when the data does: how deep hierarchies are."""


@dataclass(slots=True)
class Growth:
    """Watches the recursive queries of a statement, one at a time, by any way of measuring."""

    origins: Origins
    round: int = 0
    """Which assumptions hold for now; 0 where none is made."""
    assumed: dict[tuple[str, int], Mapping[str, float]] = field(default_factory=dict)
    """What the columns of the query that is watched are taken for."""
    live: list[int] = field(default_factory=lambda: [0])
    """The rounds that will be gone on with: what was measured in others is not asked for again."""
    _rounds: int = 0
    _ends: dict[int, float] = field(default_factory=dict)
    _watched: dict[tuple[str, int], exp.CTE] = field(default_factory=dict)
    _reached: dict[tuple[str, int], Mapping[str, float]] = field(default_factory=dict)

    def of(self, column: Recursive, what: str, measure: Callable[[exp.Expr], float]) -> float:
        """How far one column gets; infinite where it multiplies at every step."""
        key = what, id(column.query)
        known = self.assumed.get(key)
        if known is None:
            known = self.columns(column.query, what, measure)
        return known.get(column.name, max(known.values(), default=inf))

    def columns(
        self, query: exp.CTE, what: str, measure: Callable[[exp.Expr], float]
    ) -> Mapping[str, float]:
        """The same of every column."""
        key = what, id(query)
        if key not in self._reached:
            held = (k == key or (w is not query and is_inside(query, w)) for k, w in self.watched)
            if any(held):  # a recursion within a recursion is not followed
                return {}
            self._reached[key] = self._watch(query, key, measure)
        return self._reached[key]

    def steps(self, query: exp.CTE) -> float:
        if id(query) not in self._ends:
            self._ends[id(query)] = steps_of(query)
        return self._ends[id(query)]

    @property
    def watched(self) -> Sequence[tuple[tuple[str, int], exp.CTE]]:
        return tuple(self._watched.items())

    def _watch(
        self, query: exp.CTE, key: tuple[str, int], measure: Callable[[exp.Expr], float]
    ) -> Mapping[str, float]:
        """What is assumed of other queries has no part in it: those are not read in this one."""
        before = self.round, self.assumed
        self._watched[key] = query
        self.live.append(0)
        try:
            return self._steps(query, key, measure)
        finally:
            self.round, self.assumed = before
            self.live.pop()
            del self._watched[key]

    def _steps(
        self, query: exp.CTE, key: tuple[str, int], measure: Callable[[exp.Expr], float]
    ) -> Mapping[str, float]:
        columns = self.origins.columns(query)
        together = len(columns) > APART
        rounds = ROUNDS * (2 if together else len(columns) + 1)
        past: list[dict[str, float]] = [dict.fromkeys(columns, 0.0)]
        while len(past) <= rounds:
            self._rounds += 1
            self.round, self.assumed = self._rounds, {key: past[-1]}
            self.live[-1] = self.round
            reached = {n: max(map(measure, v), default=0.0) for n, v in columns.items()}
            longest = max(reached.values(), default=0.0)
            past.append(dict.fromkeys(columns, longest) if together else reached)
            if past[-1] == past[-2]:
                return past[-1]
        half, end, steps = past[rounds // 2], past[rounds], self.steps(query)
        return {name: drawn_on(half[name], end[name], rounds / 2, steps) for name in columns}


@dataclass(slots=True)
class Measures(Generic[Measured]):
    """What has been measured of the expressions of a statement."""

    growth: Growth
    endless: Measured
    """Of what leads back to itself."""
    _known: dict[int, dict[int, Measured]] = field(default_factory=dict)
    """By round, and by expression."""

    def of(self, node: exp.Expr, measure: Callable[[exp.Expr], Measured]) -> Measured:
        known = self._known.get(self.growth.round)
        if known is None:
            for gone in self._known.keys() - self.growth.live:
                del self._known[gone]
            known = self._known[self.growth.round] = {}
        if id(node) not in known:
            known[id(node)] = self.endless
            known[id(node)] = measure(node)
        return known[id(node)]


def drawn_on(half: float, end: float, rounds: float, steps: float) -> float:
    """A column that only adds grows as much in the second half of the rounds as in the first."""
    if end == half:
        return end
    return half + (end - half) / rounds * steps if end <= 2.1 * half else inf


def steps_of(query: exp.CTE) -> float:
    """After how many steps a recursion ends: the farthest number in its conditions or LIMIT."""
    tests = query.this.find_all(exp.Where, exp.Join, exp.Limit)
    numbers = (number(node) for test in tests for node in test.walk())
    return max((abs(n) for n in numbers if n is not None), default=WALKED)
