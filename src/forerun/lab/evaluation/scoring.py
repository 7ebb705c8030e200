"""Is a predicted query right? It must give the gold's rows on every copy of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import TypeAlias

from forerun.errors import StatementFailed
from forerun.lab.evaluation.engines import Engine, Result, open_engine
from forerun.lab.evaluation.locating import Source
from forerun.lab.evaluation.matching import contains, matches, same_sets
from forerun.lab.evaluation.reading import Item

ORIGINAL = "original"

Results: TypeAlias = Mapping[str, Result]
"""What a query gives, by the copy of the database: the original and its variants."""


@dataclass(frozen=True, slots=True)
class Score:
    """Whether a query is right, by each measure; `strict` is the one that counts."""

    strict: bool = False
    """Equal rows on the database and on every variant."""
    single: bool = False
    """Equal rows on the database alone: what published figures mostly mean."""
    lenient: bool = False
    """As strict, but more columns than asked for are forgiven."""
    same_set: bool = False
    """BIRD's measure: the same set of rows on the database alone."""
    empty_gold: bool = False
    """The gold gives no rows on any copy, so that every empty result passes."""
    copies: int = 0
    """On how many copies of the database there was a gold result to compare with."""
    problem: str | None = None
    """Why the query did not run."""


class GoldFailed(Exception):
    """The gold query itself does not run here, so that nothing can be compared."""


def compare(golds: Sequence[Results], predicted: Results, *, ordered: bool) -> Score:
    """Score what a query gave; copies missing in `predicted` are those where it did not run.

    One gold must be met on every copy, not one here and another there.
    """
    everywhere = golds[0].keys()
    empty = not any(result.rows for result in golds[0].values())

    def right(same: Callable[[Result, Result], bool], copies: Iterable[str]) -> bool:
        if empty:
            return all(copy in predicted and not predicted[copy].rows for copy in copies)
        return any(
            all(copy in predicted and same(gold[copy], predicted[copy]) for copy in copies)
            for gold in golds
        )

    equal = partial(matches, ordered=ordered)
    single = right(equal, [ORIGINAL])
    return Score(
        strict=single and right(equal, everywhere),
        single=single,
        lenient=right(partial(contains, ordered=ordered), everywhere),
        same_set=right(same_sets, [ORIGINAL]),
        empty_gold=empty,
        copies=len(everywhere),
    )


class Examiner:
    """One database with its variants, open until everything asked about it is scored.

    `where` is the file, for PostgreSQL the URL. Blocking: for a worker thread.
    """

    def __init__(self, source: Source, where: str) -> None:
        self._places = {ORIGINAL: where} | {n: str(path) for n, path in source.variants.items()}
        self._dialect = source.dialect
        self._engines: dict[str, Engine] = {}
        self._known: dict[tuple[str, str], Result | StatementFailed] = {}
        self._stopped = False

    def __enter__(self) -> Examiner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for engine in self._engines.values():
            engine.close()

    def stop(self) -> None:
        """End the running query and refuse every later one; from another thread."""
        self._stopped = True
        for engine in self._engines.values():
            engine.interrupt()

    def score(self, item: Item, sql: str | None) -> Score:
        """Compare `sql` (None: there is none) with the golds of `item`. Raises `GoldFailed`."""
        golds = self._golds(item)
        predicted, problem = self._predicted(sql, golds[0]) if sql is not None else ({}, None)
        return replace(compare(golds, predicted, ordered=item.ordered), problem=problem)

    def result(self, sql: str) -> Result | None:
        """All rows on the database itself; None where the query does not run."""
        try:
            return self._run(ORIGINAL, sql)
        except StatementFailed:
            return None

    def _predicted(self, sql: str, copies: Iterable[str]) -> tuple[Results, str | None]:
        """What `sql` gives, up to the first copy where it does not run, and why not."""
        predicted: dict[str, Result] = {}
        for copy in copies:
            try:
                predicted[copy] = self._run(copy, sql)
            except StatementFailed as error:
                return predicted, f"{copy}: {error.message}"
        return predicted, None

    def _golds(self, item: Item) -> tuple[Results, ...]:
        """The first gold on the copies where it runs; the others if they run on all of these."""
        best, *others = item.golds
        try:
            first = {ORIGINAL: self._remembered(ORIGINAL, best)}
        except StatementFailed as error:
            raise GoldFailed(error.message) from error
        for variant in item.variants:
            if variant in self._places and (result := self._attempted(variant, best)):
                first[variant] = result
        also = ({copy: self._attempted(copy, gold) for copy in first} for gold in others)
        whole = tuple({c: r for c, r in results.items() if r is not None} for results in also)
        return (first, *(results for results in whole if len(results) == len(first)))

    def _attempted(self, copy: str, gold: str) -> Result | None:
        try:
            return self._remembered(copy, gold)
        except StatementFailed:
            return None

    def _remembered(self, copy: str, gold: str) -> Result:
        """A gold's result: many questions share one gold, and many answers are it."""
        known = self._known.get((copy, gold))
        if known is None:
            try:
                known = self._run(copy, gold)
            except StatementFailed as error:
                known = error
            self._known[copy, gold] = known
        if isinstance(known, StatementFailed):
            raise known
        return known

    def _run(self, copy: str, sql: str) -> Result:
        if self._stopped:
            raise StatementFailed("Stopped.")
        known = self._known.get((copy, sql))
        if isinstance(known, Result):
            return known
        if copy not in self._engines:
            self._engines[copy] = open_engine(self._dialect, self._places[copy])
        return self._engines[copy].fetch(sql)
