"""Fit the built-in parser's weights and confidence on questions with known answers.

    python scripts/fit_parser.py QUESTIONS.jsonl DATABASES_DIR [--rounds 3] [--out FOLDER]

A round has two steps, all seeded, so that the same data gives the same files. The first rounds
are of a quarter of the questions: their weights only have to find the candidates of the next.

1. every question is parsed with weights that have not seen its database (five folds over
   databases), and every candidate plan is run on the database and its variants;
2. the weights are fitted by maximum marginal likelihood over the candidates whose rows agree
   with the gold's: no gold SQL is ever parsed.

After the last round the confidence is fitted on what the cross-fitted weights put first, once as
it is and once with the best five merged by result, and the report says how good they are.
Questions are JSON lines as `forerun eval` reads them. The golden questions of the tests' shop are
added, weighted, because business questions with dates are rare in public data. Needs the `dev`
extra (numpy).
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from rich.console import Console

from forerun.lab.evaluation.locating import Source, Sources, find_sources
from forerun.lab.evaluation.reading import Item, read_questions
from forerun.lab.training.calibrating import fit_calibration
from forerun.lab.training.examples import Example, Group, Weights, gather
from forerun.lab.training.fitting import fit_weights
from forerun.lab.training.reporting import report
from forerun.parsing.weighing import read_weights, written

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "forerun" / "parsing"
SEED = 0
FOLDS = 5
SHOP_TODAY = date(2025, 12, 31)
OF_WEIGHTS = {"shop": 10.0}
OF_CALIBRATION = {"shop": 8.0, "Spider 1.0": 1.0, "foreign": 1.0}
OTHERS = 3.0
"""Importance in the calibration of sources that are small in number: together they weigh about half
as much as the large one."""
FULL, FEW = 2, 4
"""The last so many rounds are of all questions, those before of one in so many."""
FOREIGN_SHARE = 8
"""One foreign question to so many own ones."""
HEADER = """\
# Written by scripts/fit_parser.py: {what}. Fitted on Spider 1.0, Spider-Realistic,
# KaggleDBQA (CC BY-SA 4.0), Spider-Syn, Spider-DK (MIT), defog sql-eval, DuckDB-NSQL (Apache-2.0)
# and this project's golden questions. Holds no question, query or value of these.
"""


def main() -> None:
    chosen = _arguments()
    console = Console(stderr=True)
    chosen.out.mkdir(parents=True, exist_ok=True)  # before the work, not after it
    prior = read_weights(Path(__file__).with_name("parser_prior.txt"))
    with tempfile.TemporaryDirectory() as folder:
        groups = [*_groups(chosen.questions, chosen.databases, chosen.limit), shop(Path(folder))]
        kept = chosen.verdicts or Path(folder) / "verdicts"
        weights: list[Weights] = [prior] * FOLDS  # never the last ones, which saw every database
        for round_ in range(chosen.rounds + 1):
            console.print(f"round {round_}")
            asked = groups if round_ > chosen.rounds - FULL else [_few(group) for group in groups]
            data = gather(asked, weights, kept, settle=round_ == chosen.rounds)
            if round_ < chosen.rounds:
                rest = ([e for e in data if e.fold != fold] for fold in range(FOLDS))
                weights = [fit_weights(seen, prior, OF_WEIGHTS) for seen in rest]
    fitted = sorted(fit_weights(data, prior, OF_WEIGHTS).items())
    write(chosen.out / "weights.txt", "name, weight", (f"{n}\t{w:.2f}" for n, w in fitted))
    importance = {e.source: OF_CALIBRATION.get(e.source, OTHERS) for e in data}
    settled = [example.settled or example for example in data]
    for name, some in (("confidence.txt", data), ("agreement.txt", settled)):
        calibration = fit_calibration(some, importance)
        write(chosen.out / name, "a tree a line", map(written, calibration.trees))
    sure = _sure(settled, importance)
    if chosen.predictions:
        _write_predictions(chosen.predictions, settled, sure)
    alone = "\n".join(report(data, _sure(data, importance)))
    merged = "\n".join(report(settled, sure))
    sys.stdout.write(f"{alone}\n\nthe best five run and compared:\n{merged}\n")


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("questions", type=Path)
    arguments.add_argument("databases", type=Path)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--limit", type=int, help="use only so many questions, drawn by seed")
    arguments.add_argument("--out", type=Path, default=PACKAGE, help="folder for the files")
    arguments.add_argument("--verdicts", type=Path, help="folder where verdicts on SQL are kept")
    arguments.add_argument("--predictions", type=Path, help="what the folds said, for forerun eval")
    return arguments.parse_args()


def _sure(data: Sequence[Example], importance: dict[str, float]) -> dict[str, float]:
    """The probability of each, by a calibration that has not seen its fold."""
    sure: dict[str, float] = {}
    for fold in range(FOLDS):
        calibration = fit_calibration([e for e in data if e.fold != fold], importance)
        sure |= {e.id: calibration.probability(e) for e in data if e.fold == fold}
    return sure


def _write_predictions(path: Path, data: Sequence[Example], sure: dict[str, float]) -> None:
    lines = (
        {"id": e.id, "sql": e.sql, "status": "answered" if e.sql else "refused",
         "probability": round(sure[e.id], 4), "ms": 0.0}
        for e in data if not e.foreign and e.source != "shop"
    )  # fmt: skip
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def _groups(questions: Path, databases: Path, limit: int | None) -> Iterator[Group]:
    items = [item for dialogue in read_questions(questions) for item in dialogue.items]
    items = [item for item in items if item.dialect in ("sqlite", "duckdb") and item.golds]
    draw = random.Random(SEED)  # noqa: S311 - not for secrets
    draw.shuffle(items)
    items = items[:limit]
    sources: Sources = find_sources(databases)
    by_database: dict[tuple[str, str | None], list[Item]] = {}
    for item in items:
        by_database.setdefault((item.db, item.dialect), []).append(item)
    for (name, _), own in sorted(by_database.items(), key=lambda pair: str(pair[0])):
        source = sources.of(own[0])
        if source is None:
            raise SystemExit(f"There is no database {name} under {databases}.")
        others = [item for item in items if item.db != name]
        foreign = draw.sample(others, max(len(own) // FOREIGN_SHARE, 1))
        marked = tuple(replace(i, id=f"{i.id}@{name}", source="foreign") for i in foreign)
        yield Group(name, source, tuple(own), marked)


def _few(group: Group) -> Group:
    return replace(group, items=group.items if group.split else group.items[::FEW])


def shop(folder: Path) -> Group:
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
    return Group("shop", source, tuple(items), today=SHOP_TODAY, split=True)


def write(path: Path, what: str, lines: Iterable[str]) -> None:
    path.write_text(HEADER.format(what=what) + "".join(f"{line}\n" for line in lines), "utf-8")


if __name__ == "__main__":
    main()
