"""Fit the built-in parser's weights and confidence on questions with known answers.

    python scripts/fit_parser.py QUESTIONS.jsonl DATABASES_DIR [--rounds 2] [--limit N]

A round has three steps, all seeded, so that the same data gives the same files:

1. every question is parsed with weights that have not seen its database (two folds over
   databases), and every candidate plan is run on the database and its variants;
2. the weights are fitted by maximum marginal likelihood over the candidates whose rows agree
   with the gold's (AdaGrad): no gold SQL is ever parsed;
3. the confidence is fitted by logistic regression on what the cross-fitted weights put first.

Questions are JSON lines as `forerun eval` reads them. The golden questions of the tests' shop
are added, weighted, because business questions with dates are rare in public data. Needs the
`dev` extra (numpy). Takes about four minutes a round for 6,000 questions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import anyio
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from forerun.adapters.databases import connect
from forerun.catalog import CatalogSource
from forerun.domain import Catalog
from forerun.lab.evaluation.locating import Source, find_sources
from forerun.lab.evaluation.reading import Item, read_questions
from forerun.lab.evaluation.scoring import Examiner, GoldFailed
from forerun.parsing import confidence, emission, index, proposing

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "forerun" / "parsing"
SEED = 0
FOLDS = 2
EPOCHS = 6
STEP = 0.15
SHRINK = 2e-4
SHOP_WEIGHT = 10
SMALLEST = 0.05
HEADER = """\
# Written by scripts/fit_parser.py: name, weight. Fitted on Spider 1.0, Spider-Realistic,
# KaggleDBQA (CC BY-SA 4.0), Spider-Syn, Spider-DK (MIT), defog sql-eval (Apache-2.0) and this
# project's golden questions. Holds no question, query or value of these.
"""
TODAY = date(2026, 1, 1)
SHOP_TODAY = date(2025, 12, 31)

Weights = Mapping[str, float]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """A question with its candidates: features of each, and whether its rows were right."""

    id: str
    fold: int
    source: str
    candidates: tuple[tuple[tuple[str, ...], bool], ...]
    signs: Mapping[str, float]
    vetoed: bool

    @property
    def right(self) -> bool:
        return bool(self.candidates) and self.candidates[0][1]

    @property
    def is_shop(self) -> bool:
        return self.source == "shop"


def fold_of(item: Item) -> int:
    """Databases are split, never the questions of one; the shop alone is split by question."""
    key = item.id if item.source == "shop" else item.db
    return int(hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


def examples(
    groups: Mapping[str, list[Item]], source_of: Callable[[str], Source], weights: Sequence[Weights]
) -> list[Example]:
    """Parse and run everything, database by database."""
    found = []
    for name, items in track(groups.items(), "parsing and running", console=None):
        source = source_of(name)
        known = index.build(catalog_of(source.path))
        with Examiner(source, str(source.path)) as examiner:
            found += [_example(item, known, examiner, weights[fold_of(item)]) for item in items]
    return found


def catalog_of(path: Path) -> Catalog:
    async def read() -> Catalog:
        database = connect(str(path))
        try:
            source = CatalogSource(database)
            return await source.sampled(t.key for t in (await source.structure()).tables)
        finally:
            await database.aclose()

    return anyio.run(read)


def _example(item: Item, known: index.Index, examiner: Examiner, weights: Weights) -> Example:
    today = SHOP_TODAY if item.source == "shop" else TODAY
    lattice, candidates = proposing.propose(item.question, known, today, weights)
    judged = []
    for candidate in candidates:
        try:
            right = examiner.score(item, emission.sql(candidate.plan, known.dialect)).strict
        except GoldFailed:
            break
        judged.append((candidate.features, right))
    signs = dict(confidence.signs(lattice, candidates)) if candidates else {}
    vetoed = not candidates or confidence.vetoed(lattice, candidates[0])
    return Example(item.id, fold_of(item), item.source, tuple(judged), signs, vetoed)


def fit_weights(data: Iterable[Example], start: Weights) -> dict[str, float]:
    """Maximise the likelihood of right candidates, all of them together."""
    weights = defaultdict(float, start)
    squares: dict[str, float] = defaultdict(lambda: 1.0)
    useful = [e for e in data if 0 < sum(right for _, right in e.candidates) < len(e.candidates)]
    useful += [e for e in useful if e.is_shop] * (SHOP_WEIGHT - 1)
    draw = random.Random(SEED)  # noqa: S311 - not for secrets
    for _ in range(EPOCHS):
        draw.shuffle(useful)
        for example in useful:
            for feature, slope in _slopes(example, weights).items():
                slope += SHRINK * weights[feature]
                squares[feature] += slope * slope
                weights[feature] -= STEP * slope / math.sqrt(squares[feature])
    return {f: round(w, 2) for f, w in sorted(weights.items()) if abs(w) >= SMALLEST}


def _slopes(example: Example, weights: Mapping[str, float]) -> dict[str, float]:
    """Gradient of the negative log likelihood of one example."""
    scores = [sum(weights.get(f, 0.0) for f in features) for features, _ in example.candidates]
    highest = max(scores)
    masses = [math.exp(score - highest) for score in scores]
    total = sum(masses)
    right = sum(m for m, (_, ok) in zip(masses, example.candidates, strict=True) if ok)
    right = max(right, 1e-9 * total)
    slopes: dict[str, float] = defaultdict(float)
    for mass, (features, ok) in zip(masses, example.candidates, strict=True):
        slope = mass / total - (mass / right if ok else 0.0)
        if abs(slope) > 1e-4:
            for feature in features:
                slopes[feature] += slope
    return slopes


def fit_confidence(data: Sequence[Example]) -> tuple[list[str], Matrix]:
    """Logistic regression by Newton's method; sources small in number weigh more."""
    names = sorted({sign for example in data for sign in example.signs})
    rows = [[1.0, *(example.signs.get(name, 0.0) for name in names)] for example in data]
    x, y = np.array(rows), np.array([float(example.right) for example in data])
    importance = np.array([_importance(example.source) for example in data])
    shrink = np.diag([1e-6, *([1.0] * len(names))])
    w = np.zeros(x.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (importance * (p - y)) + shrink @ w
        curve = (x * (importance * p * (1 - p))[:, None]).T @ x + shrink
        w -= np.linalg.solve(curve, slope)
    return ["bias", *names], w


def _importance(source: str) -> float:
    return {"shop": 8.0, "Spider 1.0": 1.0}.get(source, 2.0)


def report(data: Sequence[Example]) -> Iterator[str]:
    """Precision and coverage by threshold, confidence fitted without the fold it is used on."""
    sure: dict[str, float] = {}
    for fold in range(FOLDS):
        names, w = fit_confidence([e for e in data if e.fold != fold and not e.vetoed])
        for example in (e for e in data if e.fold == fold):
            row = [1.0, *(example.signs.get(name, 0.0) for name in names[1:])]
            sure[example.id] = 0.0 if example.vetoed else 1 / (1 + math.exp(-float(row @ w)))
    yield f"questions {len(data)}, first candidate right {_share(e.right for e in data):.3f}"
    for threshold in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9):
        answered = [e for e in data if sure[e.id] >= threshold]
        precision = _share(e.right for e in answered)
        yield f"{threshold}: coverage {len(answered) / len(data):.3f}, precision {precision:.3f}"


def _share(cases: Iterable[bool]) -> float:
    listed = list(cases)
    return sum(listed) / max(len(listed), 1)


def shop(folder: Path) -> tuple[list[Item], Source]:
    """The tests' golden questions with their database and a second one of the same shape."""
    sys.path.insert(0, str(ROOT))
    from tests.parsing import shop as made

    for name, seed in (("shop", 0), ("shop.v1", 7)):
        with sqlite3.connect(folder / f"{name}.sqlite") as connection:
            made.fill(connection, seed)
    items = []
    for number, line in enumerate((made.CASES / "shop.jsonl").read_text("utf-8").splitlines()):
        case = json.loads(line)
        if case["sql"]:
            ordered = "ORDER BY" in case["sql"]
            items.append(
                Item(f"shop-{number}", "shop", case["question"], (case["sql"],), "sqlite",
                     "shop", ordered=ordered, variants=("v1",))
            )  # fmt: skip
    source = Source(folder / "shop.sqlite", "sqlite", {"v1": folder / "shop.v1.sqlite"})
    return items, source


def read_weights(path: Path) -> dict[str, float]:
    lines = path.read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {feature: float(weight) for feature, weight in pairs}


def write(path: Path, pairs: Iterable[tuple[str, float]], digits: int) -> None:
    lines = "".join(f"{name}\t{value:.{digits}f}\n" for name, value in sorted(pairs))
    path.write_text(HEADER + lines, "utf-8")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("questions", type=Path)
    arguments.add_argument("databases", type=Path)
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--limit", type=int, help="use only so many questions, drawn by seed")
    arguments.add_argument("--out", type=Path, default=PACKAGE, help="folder for both files")
    chosen = arguments.parse_args()

    items = [i for dialogue in read_questions(chosen.questions) for i in dialogue.items]
    items = [item for item in items if item.dialect == "sqlite" and item.golds]
    random.Random(SEED)  # noqa: S311 - not for secrets.shuffle(items)
    sources = find_sources(chosen.databases)
    prior = read_weights(Path(__file__).with_name("parser_prior.txt"))
    with tempfile.TemporaryDirectory() as folder:
        golden, shop_source = shop(Path(folder))
        groups: dict[str, list[Item]] = {"shop": golden}
        for item in items[: chosen.limit]:
            groups.setdefault(item.db, []).append(item)

        def source_of(name: str) -> Source:
            found = shop_source if name == "shop" else sources.of(groups[name][0])
            if found is None:
                raise SystemExit(f"There is no database {name} under {chosen.databases}.")
            return found

        weights: list[Weights] = [read_weights(PACKAGE / "weights.txt")] * FOLDS
        for _ in range(chosen.rounds):
            data = examples(groups, source_of, weights)
            folds = range(FOLDS)
            weights = [fit_weights([e for e in data if e.fold != f], prior) for f in folds]
            write(chosen.out / "weights.txt", fit_weights(data, prior).items(), 2)
        data = examples(groups, source_of, weights)
    names, w = fit_confidence([e for e in data if not e.vetoed])
    write(chosen.out / "confidence.txt", zip(names, map(float, w), strict=True), 3)
    sys.stdout.write("\n".join(report(data)) + "\n")


if __name__ == "__main__":
    main()
