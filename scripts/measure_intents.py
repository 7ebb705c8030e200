"""Measure what signatures of questions recognise, beside likeness, equal texts and queries alone.

    python scripts/measure_intents.py DATA [--sure 0]

DATA is the folder of the development questions and databases. Three tables:

1. the pairs of tests/cases/intents: how many of those that ask alike are recognised, and how many
   that ask apart would have been served wrongly, for each way to tell;
2. every two development questions to one database that get a signature: which share it, and
   whether their gold queries give the same rows;
3. what a signature takes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from statistics import median

import anyio
from rapidfuzz import fuzz, utils
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.cases import pairs
from tests.cases.pairs import NOW, Pair

from forerun import checking, parsing
from forerun.catalog.words import normalised
from forerun.domain import Context, Draft, Origin, Slice
from forerun.errors import ForerunError
from forerun.intents import intent
from forerun.lab.evaluation.engines import Engine, Result, open_engine
from forerun.lab.evaluation.locating import find_sources
from forerun.lab.evaluation.matching import matches
from forerun.lab.evaluation.reading import Item, read_questions
from forerun.parsing import Thresholds
from forerun.stages import Policy, Resources

ALIKE_ENOUGH = 90.0
SURE_IS = "how sure the parser must be in the second table; 0 tries it on wrong readings too"
OUT = Console(markup=False, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Read:
    """A question, as each way sees it."""

    question: str
    signature: str | None
    query: str | None
    """Canonical text of the parser's query, where the parser is sure."""
    ms: float


WAYS: dict[str, Callable[[Read, Read], bool]] = {
    "signature": lambda a, b: a.signature is not None and a.signature == b.signature,
    "the query alone": lambda a, b: a.query is not None and a.query == b.query,
    "the words alone": lambda a, b: words(a.question) == words(b.question),
    "likeness of 0.9": lambda a, b: alike(a.question, b.question) >= ALIKE_ENOUGH,
    "equal texts": lambda a, b: normalised(a.question) == normalised(b.question),
}


def words(question: str) -> tuple[str, ...]:
    return parsing.essence(question, NOW.date())


def alike(a: str, b: str) -> float:
    return fuzz.token_ratio(a, b, processor=utils.default_process)


async def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--sure", type=float, default=Thresholds().answer, help=SURE_IS)
    chosen = arguments.parse_args()
    data = chosen.data
    with tempfile.TemporaryDirectory() as folder:
        same = await read_pairs(pairs.alike(data), data, Path(folder))
        different = await read_pairs(pairs.apart(data), data, Path(folder))
    print_pairs(same, different)
    took = [one.ms for _, a, b in (*same, *different) for one in (a, b)]
    took += await every_two_questions(data, chosen.sure)
    OUT.print(f"\na signature, p50: {median(took):.1f} ms of {len(took):,} questions")


async def read_pairs(
    asked: Sequence[Pair], data: Path, folder: Path
) -> list[tuple[Pair, Read, Read]]:
    by_file: dict[Path, list[Pair]] = defaultdict(list)
    for pair in asked:
        by_file[pairs.database_of(pair, data, folder)].append(pair)
    found = []
    for path, some in sorted(by_file.items()):
        async with pairs.opened(path) as (slice_, resources):
            for pair in some:
                a = await read(pair.a, slice_, resources)
                found.append((pair, a, await read(pair.b, slice_, resources)))
    return found


async def read(question: str, slice_: Slice, resources: Resources) -> Read:
    signature, ms = await signed(question, slice_, resources)
    return Read(question, signature, await sure_query(question, slice_, resources), ms)


async def signed(question: str, slice_: Slice, resources: Resources) -> tuple[str | None, float]:
    """The signature, and the milliseconds that it took."""
    began_at = time.perf_counter()
    signature = await intent(slice_, Context(question, NOW), resources)
    return signature, 1_000 * (time.perf_counter() - began_at)


async def sure_query(question: str, slice_: Slice, resources: Resources) -> str | None:
    drafts = parsing.parse(question, slice_.catalog, NOW).drafts[:1]
    if not drafts or drafts[0].confidence < resources.policy.thresholds.answer:
        return None
    catalog = await resources.catalog.structure()
    draft = Draft(drafts[0].sql, Origin.PARSER, 1.0)
    statement = checking.check(draft, catalog).statement
    return checking.canonical(statement, catalog) if statement else None


def print_pairs(
    same: Sequence[tuple[Pair, Read, Read]], different: Sequence[tuple[Pair, Read, Read]]
) -> None:
    sure = [found for found in same if found[1].query and found[2].query]
    both = sum(bool(a.signature and b.signature) for _, a, b in different)
    OUT.print(f"{len(same)} pairs alike, of which the parser is sure of both in {len(sure)}")
    OUT.print(f"{len(different)} pairs apart, of which both have a signature in {both}\n")
    OUT.print(f"{'told by':18}{'hits':>7}{'of sure':>9}{'served wrongly':>16}")
    for name, way in WAYS.items():
        hits, of_sure, wrong = (
            sum(way(a, b) for _, a, b in some) for some in (same, sure, different)
        )
        OUT.print(
            f"{name:18}{hits / len(same):7.1%}{of_sure / max(len(sure), 1):9.1%}"
            f"{wrong:7} ({wrong / len(different):.1%})"
        )
    for pair, a, b in different:
        if WAYS["signature"](a, b):
            OUT.print(f"  WRONG {pair.kind}: {pair}")


async def every_two_questions(data: Path, sure: float) -> list[float]:
    """Print how many of them share a signature, and those whose gold rows differ."""
    sources, took = find_sources(data / "databases"), []
    compared = shared = right = asked = 0
    for (db, dialect), items in questions(data):
        path = sources.files[db, dialect]
        async with pairs.opened(path) as (slice_, resources):
            resources = replace(resources, policy=Policy(thresholds=Thresholds(answer=sure)))
            found = [(item, *await signed(item.question, slice_, resources)) for item in items]
        took += [ms for _, _, ms in found]
        known = [(item, signature) for item, signature, _ in found if signature]
        asked += len(known)
        engine = open_engine(dialect, str(path))
        for (item, mine), (other, theirs) in combinations(known, 2):
            compared += 1
            if mine == theirs and normalised(item.question) != normalised(other.question):
                shared += 1
                right += same_rows(item, other, engine)
        engine.close()
    OUT.print(f"\n{asked:,} development questions with a signature, {compared:,} pairs of them:")
    OUT.print(f"{shared} pairs share it, {right} of them with the same gold rows")
    return took


def questions(data: Path) -> Iterator[tuple[tuple[str, str], list[Item]]]:
    by_database: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in (i for d in read_questions(data / "questions.jsonl") for i in d.items):
        if item.golds and item.dialect in ("sqlite", "duckdb"):
            by_database[item.db, item.dialect].append(item)
    yield from sorted(by_database.items())


def same_rows(item: Item, other: Item, engine: Engine) -> bool:
    mine, theirs = rows(item, engine), rows(other, engine)
    ordered = item.ordered and other.ordered
    if mine is None or theirs is None or matches(mine, theirs, ordered):
        return mine is not None and theirs is not None
    OUT.print(f"  other rows: {item.id} {item.question} | {other.id} {other.question}")
    return False


def rows(item: Item, engine: Engine) -> Result | None:
    try:
        return engine.fetch(item.golds[0])
    except ForerunError as error:
        OUT.print(f"  {item.id} does not run: {error}")
        return None


if __name__ == "__main__":
    anyio.run(main)
