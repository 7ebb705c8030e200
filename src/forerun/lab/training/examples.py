"""Questions parsed, and their candidates run: what the weights are fitted on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from hashlib import blake2b
from pathlib import Path

import anyio
import numpy as np
from numpy.typing import NDArray

from forerun.app import connect
from forerun.catalog import CatalogSource
from forerun.domain import Catalog
from forerun.lab.evaluation.locating import Source
from forerun.lab.evaluation.reading import Item
from forerun.lab.training.judging import Judge, judging
from forerun.lab.workers import worker_processes
from forerun.parsing import confidence, emission, index, merging, proposing
from forerun.parsing.mentions import Lattice
from forerun.parsing.ranking import Candidate
from forerun.parsing.vetoing import vetoed

Weights = Mapping[str, float]
TODAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Group:
    """The questions of one database."""

    name: str
    source: Source
    items: tuple[Item, ...]
    foreign: tuple[Item, ...] = ()
    """Questions about other databases, to which every answer is wrong."""
    today: date = TODAY
    split: bool = False
    """Whether its questions may be in several folds: for the project's own database."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its candidates, the best first."""

    id: str
    database: str
    fold: int
    source: str
    vocabulary: tuple[str, ...]
    """The features that `features` counts by position."""
    features: tuple[NDArray[np.int32], ...]
    """Of each candidate."""
    right: NDArray[np.bool_]
    signs: Mapping[str, float]
    most: float
    """The highest probability that the first may have; what is vetoed has little."""
    vetoed: bool
    sql: str | None
    foreign: bool = False
    settled: Example | None = None
    """The same once the best were run and compared; None where there is nothing to compare."""

    @property
    def first_right(self) -> bool:
        return bool(self.right.size) and bool(self.right[0])


def fold_of(group: Group, item: Item, folds: int) -> int:
    """All questions of a database are in one fold, unless it may be split."""
    key = item.id if group.split else group.name
    return int(blake2b(key.encode(), digest_size=8).hexdigest(), 16) % folds


def gather(
    groups: Sequence[Group],
    weights: Sequence[Weights],
    kept: Path | None,
    settle: bool = True,
) -> list[Example]:
    """Every question, parsed by the weights of its fold; spread over the machine's cores.

    To `settle` them, what the confidence is fitted on, runs the best of each once more.
    """
    with worker_processes(_prepare, weights, kept, settle) as workers:
        # The largest first, so that no worker is left alone with it at the end.
        largest = sorted(groups, key=lambda group: -len(group.items))
        return [example for found in workers.map(_examples, largest) for example in found]


_weights: Sequence[Weights] = ()
_kept: Path | None = None
_settle = True


def _prepare(weights: Sequence[Weights], kept: Path | None, settle: bool) -> None:
    global _weights, _kept, _settle
    _weights, _kept, _settle = weights, kept, settle


def _examples(group: Group) -> list[Example]:
    known = index.build(catalog_of(group.source.path))
    kept = None if _kept is None else _kept / f"{group.name}.{group.source.dialect}.json"
    with judging(group.source, kept) as judge:
        return [*_own(group, known, judge), *_foreign(group, known, judge)]


def _own(group: Group, known: index.Index, judge: Judge) -> Iterator[Example]:
    for item in group.items:
        if not judge.has_gold(item):
            continue
        fold = fold_of(group, item, len(_weights))
        yield _example(item, fold, known, group.today, judge, partial(judge.right, item))


def _foreign(group: Group, known: index.Index, judge: Judge) -> Iterator[Example]:
    for item in group.foreign:
        fold = fold_of(group, item, len(_weights))
        yield _example(item, fold, known, group.today, judge, None)


def _example(
    item: Item,
    fold: int,
    known: index.Index,
    today: date,
    judge: Judge,
    is_right: Callable[[str], bool] | None,
) -> Example:
    lattice, candidates = proposing.propose(item.question, known, today, _weights[fold])
    texts = [emission.sql(candidate.plan, known.dialect) for candidate in candidates]
    judged = [is_right is not None and is_right(text) for text in texts]
    numbers: dict[str, int] = {}
    rows = tuple(
        np.array([numbers.setdefault(f, len(numbers)) for f in candidate.features], np.int32)
        for candidate in candidates
    )
    example = Example(
        item.id,
        item.db,
        fold,
        item.source,
        tuple(numbers),
        rows,
        np.array(judged, bool),
        dict(confidence.signs(lattice, candidates)) if candidates else {},
        confidence.most(lattice, candidates[0]) if candidates else 0.0,
        not candidates or vetoed(lattice, candidates[0]),
        texts[0] if texts else None,
        is_right is None,
    )
    if len(candidates) < 2 or not _settle:
        return example
    return replace(example, settled=_settled(example, lattice, candidates, texts, judge))


def _settled(
    example: Example,
    lattice: Lattice,
    candidates: Sequence[Candidate],
    texts: Sequence[str],
    judge: Judge,
) -> Example:
    """As `parsing.merged` does it."""
    scores = [candidate.score for candidate in candidates[: merging.RIVALS]]
    outcomes = judge.outcomes(texts[: merging.RIVALS])
    order = [*merging.ranked(scores, outcomes), *range(len(scores), len(candidates))]
    reordered = [candidates[at] for at in order]
    signs = dict(confidence.signs(lattice, reordered))
    return replace(
        example,
        vocabulary=(),
        features=(),
        right=example.right[order],
        signs=signs | dict(merging.agreement(scores, outcomes, order[0])),
        most=confidence.most(
            lattice,
            reordered[0],
            [candidates[at] for at in merging.agreeing_with(outcomes, order[0])],
        ),
        vetoed=vetoed(lattice, reordered[0]),
        sql=texts[order[0]],
    )


def catalog_of(path: Path) -> Catalog:
    """The database's catalog with its values sampled."""

    async def read() -> Catalog:
        database = connect(str(path))
        try:
            source = CatalogSource(database)
            return await source.sampled(t.key for t in (await source.structure()).tables)
        finally:
            await database.aclose()

    return anyio.run(read)
