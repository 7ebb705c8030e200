"""The part of a catalog that matters to one question, found by words alone.

Tables are ranked by BM25 (Robertson & Zaragoza, 2009) over the stems of their names, comments
and sampled values, then joined up: tables on the foreign-key paths between chosen ones are
always kept, so that what was chosen can be joined.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forerun.catalog.derived import Derived
from forerun.catalog.words import stem, stems
from forerun.domain import Catalog, Metric, Slice, Table

_SATURATION = 1.2
_LENGTH_SHARE = 0.4
_NAME, _COLUMN, _COMMENT, _VALUE = 6.0, 2.0, 0.7, 1.0
_FROM_NEIGHBOUR = 0.15
"""Share of a table's score that its foreign-key neighbours get."""
_FLOOR = 0.08
"""A table scoring less than this share of the best is noise, as long as some were found."""
_LONGEST_PATH = 4
_STOP = frozenset(
    map(
        stem,
        re.findall(
            r"\w+",
            "a an the of in on at by to for from with and or not is are was were be how many "
            "much what which who when where show list find give all each every per than that "
            "there their its it do does did have has had number count id",
        ),
    )
)


def link(question: str, catalog: Catalog, max_tables: int = 12) -> Slice:
    """The tables of `catalog` that `question` may need, in catalog order.

    A catalog of at most `max_tables` is sent whole. Where no word agrees, the tables that most
    others refer to are taken. Bridge tables between chosen ones come on top of `max_tables`.
    """
    index = _indexes.of(catalog)
    joins = index.joins(question)
    if len(catalog.tables) <= max_tables:
        return Slice(catalog, whole=True, joins=joins)
    ranked = index.rank(question) or index.central()
    chosen = index.bridged(ranked[: max(max_tables, 1)])
    whole = len(chosen) == len(catalog.tables)
    return Slice(catalog.only(chosen), whole=whole, joins=joins)


def widen(slice_: Slice, question: str, catalog: Catalog, max_tables: int) -> Slice:
    """The slice with those tables that `question` would choose if it might have so many."""
    ranked = link(question, catalog, max_tables)
    chosen = {table.key for part in (slice_, ranked) for table in part.catalog.tables}
    keys = [table.key for table in catalog.tables if table.key in chosen]
    return Slice(catalog.only(keys), whole=len(keys) == len(catalog.tables))


@dataclass(frozen=True, slots=True)
class _Posting:
    table: int
    weight: float
    """How often and where the word occurs in the table, names counting most."""


class _Index:
    """Words to tables, and tables to their foreign-key neighbours, of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.keys = [table.key for table in catalog.tables]
        self.postings: dict[str, list[_Posting]] = {}
        lengths: list[float] = []
        for number, table in enumerate(catalog.tables):
            weights = _weights(table, [m for m in catalog.metrics if m.table == table.key])
            lengths.append(sum(weights.values()))
            for word, weight in weights.items():
                self.postings.setdefault(word, []).append(_Posting(number, weight))
        mean = sum(lengths) / max(len(lengths), 1) or 1.0
        self.norms = [1 - _LENGTH_SHARE + _LENGTH_SHARE * length / mean for length in lengths]
        self.neighbours = _neighbours(catalog)

    def rank(self, question: str) -> list[int]:
        """Tables that share words with the question, best first; ties in catalog order."""
        scores: dict[int, float] = {}
        for word in _words(question):
            self._add(word, scores)
        spread = dict(scores)
        for table, score in scores.items():
            for neighbour in self.neighbours[table]:
                spread[neighbour] = spread.get(neighbour, 0.0) + _FROM_NEIGHBOUR * score
        if not spread:
            return []
        floor = _FLOOR * max(spread.values())
        kept = [table for table, score in spread.items() if score >= floor]
        return sorted(kept, key=lambda table: (-spread[table], table))

    def _add(self, word: str, scores: dict[int, float]) -> None:
        postings = self.postings.get(word, ())
        rarity = math.log(1 + (len(self.keys) - len(postings) + 0.5) / (len(postings) + 0.5))
        for posting in postings:
            damped = posting.weight / (posting.weight + _SATURATION * self.norms[posting.table])
            scores[posting.table] = scores.get(posting.table, 0.0) + rarity * damped

    def joins(self, question: str) -> int | None:
        """One less than tables are needed to hold all words of the question; None: no word is held.

        The fewest such tables, by the greedy cover (Chvátal, 1979).
        """
        held = [self.postings[word] for word in _words(question) if word in self.postings]
        left = [postings for each in held if (postings := _saying(each))]
        covered = 0
        while left:
            counts: dict[int, tuple[int, float]] = {}
            for postings in left:
                for table, weight in postings.items():
                    words, weights = counts.get(table, (0, 0.0))
                    counts[table] = words + 1, weights + weight
            best = max(counts, key=lambda table: (*counts[table], -table))
            left = [postings for postings in left if best not in postings]
            covered += 1
        return covered - 1 if covered else None

    def central(self) -> list[int]:
        """Tables by the number of their neighbours, most first."""
        return sorted(range(len(self.keys)), key=lambda t: (-len(self.neighbours[t]), t))

    def bridged(self, chosen: list[int]) -> list[str]:
        """Keys of the chosen tables and of those on a shortest path between any two of them."""
        kept = set(chosen)
        for start in chosen:
            kept.update(self._between(start, set(chosen)))
        return [self.keys[table] for table in sorted(kept)]

    def _between(self, start: int, chosen: set[int]) -> Iterator[int]:
        """Tables on a shortest path from `start` to the chosen tables first met."""
        before: dict[int, int] = {start: start}
        depth = {start: 0}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            if here in chosen and here != start:
                step = before[here]
                while step != start:
                    yield step
                    step = before[step]
                continue  # beyond it, that table's own search goes on
            if depth[here] == _LONGEST_PATH:
                continue
            for neighbour in self.neighbours[here]:
                if neighbour not in before:
                    before[neighbour], depth[neighbour] = here, depth[here] + 1
                    queue.append(neighbour)


_indexes = Derived(_Index)


def _words(question: str) -> list[str]:
    """Stems of what says something, each once, in order."""
    found = dict.fromkeys(stem(word) for word in re.findall(r"\w+", question))
    return [word for word in found if word not in _STOP]


def _saying(postings: Sequence[_Posting]) -> dict[int, float]:
    """The tables that hold a word in more than a comment."""
    return {each.table: each.weight for each in postings if each.weight >= _VALUE}


def _weights(table: Table, metrics: Sequence[Metric]) -> dict[str, float]:
    weights: dict[str, float] = {}

    def add(words: Iterable[str], weight: float) -> None:
        for word in words:
            weights[word] = weights.get(word, 0.0) + weight

    add(stems(table.name), _NAME)
    for synonym in table.synonyms:
        add(stems(synonym), _NAME)
    for metric in metrics:
        for name in (metric.name, *metric.synonyms):
            add(stems(name), _COLUMN)
    add(_text(table.comment), _COMMENT)
    for column in table.columns:
        add(stems(column.name), _COLUMN)
        for synonym in column.synonyms:
            add(stems(synonym), _COLUMN)
        add(_text(column.comment), _COMMENT)
        for value in column.samples:
            if isinstance(value, str) and len(value) <= 80:
                add(dict.fromkeys(_text(value)), _VALUE)
    return weights


def _text(text: str | None) -> list[str]:
    return [stem(word) for word in re.findall(r"\w+", text)] if text else []


def _neighbours(catalog: Catalog) -> list[list[int]]:
    """For each table the tables it refers to or that refer to it: declared, else by key names."""
    numbers = {table.key.lower(): number for number, table in enumerate(catalog.tables)}
    found: list[dict[int, None]] = [{} for _ in catalog.tables]
    keyed = _single_keys(catalog)
    for number, table in enumerate(catalog.tables):
        others = [numbers.get(key.table.lower()) for key in table.foreign_keys]
        declared = {name.lower() for key in table.foreign_keys for name in key.columns}
        others += [
            keyed.get(column.name.lower())
            for column in table.columns
            if column.name.lower() not in declared
        ]
        for other in others:
            if other is not None and other != number:
                found[number][other] = None
                found[other][number] = None
    return [list(neighbours) for neighbours in found]


def _single_keys(catalog: Catalog) -> dict[str, int]:
    """Names that are the whole primary key of exactly one table, `id` and the like left out."""
    owners: dict[str, list[int]] = {}
    for number, table in enumerate(catalog.tables):
        if len(table.primary_key) == 1 and len(stems(table.primary_key[0])) > 1:
            owners.setdefault(table.primary_key[0].lower(), []).append(number)
    return {name: numbers[0] for name, numbers in owners.items() if len(numbers) == 1}
