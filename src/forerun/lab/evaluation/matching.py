"""When a predicted result equals the gold one.

Column names are ignored and column order is free, as in the Spider test suite (Zhong et al.,
2020); numbers may differ by 1e-6 relative or 1e-9 absolute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TypeAlias

from forerun.domain import Value
from forerun.lab.evaluation.engines import Result
from forerun.running.comparing import Tolerance, same_cell, same_multiset

TOLERANCE = Tolerance(relative=1e-6, absolute=1e-9)

Cells: TypeAlias = tuple[Value, ...]


def matches(gold: Result, predicted: Result, ordered: bool) -> bool:
    """True when one order of the predicted columns makes the rows the gold ones.

    Rows are compared as a list when `ordered`, else as a multiset.
    """
    return gold.width == predicted.width and contains(gold, predicted, ordered)


def contains(gold: Result, predicted: Result, ordered: bool) -> bool:
    """True when some of the predicted columns match: more columns than asked for are forgiven."""
    if gold.width > predicted.width or len(gold.rows) != len(predicted.rows):
        return False
    if not gold.rows or gold.rows == predicted.rows:
        return True
    return _Search(_columns(gold), _columns(predicted), ordered).succeeds()


def same_sets(gold: Result, predicted: Result) -> bool:
    """BIRD's measure: row order and repeated rows are ignored, column order counts."""
    return set(gold.rows) == set(predicted.rows)


def _columns(result: Result) -> list[Cells]:
    return list(zip(*result.rows, strict=True))


@dataclass(frozen=True, slots=True)
class _Signature:
    """What a column holds, whatever the order of rows: for telling most columns apart."""

    numbers: list[float]
    others: Counter[str | None]

    @classmethod
    def of(cls, column: Cells) -> _Signature:
        numbers = [c for c in column if isinstance(c, int | float) and not isnan(c)]
        others = Counter(
            c if c is None else f"{type(c).__name__} {c}"
            for c in column
            if not isinstance(c, int | float) or isnan(c)
        )
        return cls(sorted(numbers), others)

    def agrees(self, other: _Signature) -> bool:
        return (
            len(self.numbers) == len(other.numbers)
            and self.others == other.others
            and _same_cells(self.numbers, other.numbers)
        )


class _Search:
    """Looks for a predicted column for each gold one, so that the rows agree.

    Columns are placed one by one, those with the fewest candidates first, and after each the
    rows placed so far must agree: a search that would be factorial stops at the first misfit.
    """

    def __init__(self, gold: list[Cells], predicted: list[Cells], ordered: bool) -> None:
        self._predicted = predicted
        self._ordered = ordered
        fitting = self._fitting_as_lists if ordered else self._fitting_as_multisets
        self._places = sorted(
            zip(gold, fitting(gold), strict=True), key=lambda place: len(place[1])
        )

    def succeeds(self) -> bool:
        return all(candidates for _, candidates in self._places) and self._place(())

    def _place(self, placed: tuple[int, ...]) -> bool:
        """True when the gold columns after the `placed` ones can be placed as well."""
        if len(placed) == len(self._places):
            return True
        tried: list[Cells] = []
        for candidate in self._places[len(placed)][1]:
            column = self._predicted[candidate]
            if candidate in placed or column in tried:
                continue
            tried.append(column)
            chosen = (*placed, candidate)
            if self._agree(chosen) and self._place(chosen):
                return True
        return False

    def _agree(self, placed: tuple[int, ...]) -> bool:
        if self._ordered or len(placed) == 1:
            return True  # the candidates were chosen by just this
        gold = list(zip(*(column for column, _ in self._places[: len(placed)]), strict=True))
        predicted = list(zip(*(self._predicted[i] for i in placed), strict=True))
        return Counter(gold) == Counter(predicted) or same_multiset(gold, predicted, TOLERANCE)

    def _fitting_as_lists(self, gold: list[Cells]) -> list[list[int]]:
        return [
            [i for i, column in enumerate(self._predicted) if _same_cells(wanted, column)]
            for wanted in gold
        ]

    def _fitting_as_multisets(self, gold: list[Cells]) -> list[list[int]]:
        signatures = [_Signature.of(column) for column in self._predicted]
        return [
            [i for i, signature in enumerate(signatures) if signature.agrees(wanted)]
            for wanted in map(_Signature.of, gold)
        ]


def _same_cells(a: Sequence[Value], b: Iterable[Value]) -> bool:
    return all(same_cell(x, y, TOLERANCE) for x, y in zip(a, b, strict=True))
