"""The fit of the built-in parser: the same data gives the same weights, and they serve."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forerun.lab.evaluation.locating import Source
from forerun.lab.evaluation.reading import Item
from forerun.lab.training.boosting import Table, boost
from forerun.lab.training.calibrating import fit_calibration
from forerun.lab.training.examples import Example, Group, fold_of, gather
from forerun.lab.training.fitting import fit_weights
from forerun.lab.training.reporting import report
from forerun.parsing.weighing import total
from tests.parsing import shop

QUESTIONS = 12
FOREIGN = Item("else@shop", "elsewhere", "How many planets have rings?", ("SELECT 1",))


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Group:
    path = tmp_path_factory.mktemp("training") / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        shop.fill(connection, 0)
    lines = (shop.CASES / "shop.jsonl").read_text("utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case["sql"]][:QUESTIONS]
    items = tuple(
        Item(f"shop-{number}", "shop", case["question"], (case["sql"],), "sqlite", "shop")
        for number, case in enumerate(cases)
    )
    return Group("shop", Source(path, "sqlite"), items, (FOREIGN,))


@pytest.fixture(scope="module")
def examples(group: Group, tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    return gather([group], [{}, {}], tmp_path_factory.mktemp("verdicts"))


def test_right_candidates_are_found_without_any_weights(examples: list[Example]) -> None:
    """The grammar alone proposes a right plan for nearly all; a foreign question has none."""
    own = [example for example in examples if not example.foreign]
    assert len(own) == QUESTIONS
    assert sum(bool(example.right.any()) for example in own) >= QUESTIONS - 2
    assert not any(example.right.any() for example in examples if example.foreign)


def test_verdicts_that_are_kept_are_the_same_when_read_again(
    group: Group, examples: list[Example], tmp_path: Path
) -> None:
    """A second run finds its verdicts in a file and comes to the same."""
    gather([group], [{}, {}], tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["shop.sqlite.json"]
    again = gather([group], [{}, {}], tmp_path)
    assert [e.right.tolist() for e in again] == [e.right.tolist() for e in examples]


def test_the_same_data_gives_the_same_weights_and_they_rank_better(
    group: Group, examples: list[Example], tmp_path: Path
) -> None:
    """Fitted twice they are equal, and with them at least as many first candidates are right."""
    weights = fit_weights(examples, {}, {})
    assert weights == fit_weights(examples, {}, {})
    fitted = gather([group], [weights, weights], tmp_path)
    assert sum(e.first_right for e in fitted) >= sum(e.first_right for e in examples)
    assert sum(e.first_right for e in fitted) >= QUESTIONS - 3


def test_a_database_is_never_in_two_folds(group: Group) -> None:
    """Questions of one database share a fold, but the project's own are split one by one."""
    whole, split = (replace(group, split=split) for split in (False, True))
    assert len({fold_of(whole, item, 5) for item in group.items}) == 1
    assert len({fold_of(split, item, 5) for item in group.items}) > 1


def test_the_report_tells_accuracy_precision_and_what_foreigners_were_told(
    examples: list[Example],
) -> None:
    """A line a source, then precision and coverage by threshold."""
    calibration = fit_calibration(examples, {})
    sure = {example.id: calibration.probability(example) for example in examples}
    text = "\n".join(report(examples, sure))
    assert "shop" in text
    assert "precision / coverage" in text
    assert "another database" in text


def test_the_report_tells_how_much_a_source_can_be_answered_at_a_precision(
    examples: list[Example],
) -> None:
    """Of one source nine of ten are right, the wrong one least sure; of another none is."""
    good = [
        replace(examples[0], id=f"g{at}", source="good", right=np.array([at < 9]))
        for at in range(10)
    ]
    bad = replace(examples[0], id="bad", source="bad", right=np.array([False]))
    sure = {example.id: 0.9 - at / 100 for at, example in enumerate([*good, bad])}
    told = {line.split()[0]: line.split()[1:] for line in report([*good, bad], sure)}
    assert told["good"][::2] == ["90.0%", "90.0%", "90.0%", "100.0%"]
    assert told["bad"][::2] == ["0.0%"] * 4


def test_trees_find_what_tells_right_from_wrong_and_do_so_again() -> None:
    """Right where one sign is high and another is not: the trees say so; refitted, the same."""
    draw = np.random.default_rng(1)
    values = draw.integers(0, 4, (600, 3)).astype(float)
    right = ((values[:, 0] > 1) & (values[:, 2] < 2)).astype(float)
    table = Table.of(("a", "b", "c"), values)
    once, again = (boost(table, right, np.ones(600), np.zeros(600)) for _ in range(2))
    assert once == again
    said = [total(once, dict(zip("abc", row, strict=True))) for row in values]
    assert all((odds > 0) == bool(was) for odds, was in zip(said, right, strict=True))


def test_merged_by_result_the_same_candidates_stand_in_another_order(
    examples: list[Example],
) -> None:
    """The best five were run and compared; what is fitted on them knows what they gave."""
    alone = [example for example in examples if example.settled is not None]
    settled = [example.settled for example in examples if example.settled is not None]
    assert alone
    for before, after in zip(alone, settled, strict=True):
        assert sorted(before.right) == sorted(after.right)
        assert "agreement" in after.signs
        assert "agreement" not in before.signs
