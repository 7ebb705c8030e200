"""Each rule of the strict comparison, and what must hold of every comparison."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import Value
from forerun.lab.evaluation.engines import Result
from forerun.lab.evaluation.locating import Source
from forerun.lab.evaluation.matching import contains, matches, same_sets
from forerun.lab.evaluation.reading import Item
from forerun.lab.evaluation.scoring import Examiner, GoldFailed, Score, compare
from forerun.running.comparing import comparable


def result(*rows: Iterable[Value], width: int | None = None) -> Result:
    made = tuple(tuple(map(comparable, row)) for row in rows)
    return Result(len(made[0]) if width is None else width, made)


NOTHING = result(width=1)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (True, 1),
        (Decimal("2.50"), 2.5),
        (3.0, 3),
        (date(2025, 1, 2), "2025-01-02"),
        (datetime(2025, 1, 2, 3, 4), "2025-01-02T03:04:00"),  # noqa: DTZ001 - as drivers give it
        (b"caf\xc3\xa9", "café"),
        (None, None),
        (1_000_000.0, 1_000_000.9),
        (0.0, 5e-10),
    ],
)
def test_cells_that_are_the_same(a: Value, b: Value) -> None:
    """Drivers' ways of giving one value, and numbers within the tolerance, are equal."""
    assert matches(result([a]), result([b]), ordered=False)
    assert matches(result([a]), result([b]), ordered=True)


@pytest.mark.parametrize(
    ("a", "b"),
    [(None, 0), (None, ""), (1, "1"), ("a", "A"), ("a", "a "), (1, 2), (1_000_000, 1_000_002)],
)
def test_cells_that_differ(a: Value, b: Value) -> None:
    """NULL is only NULL, a number is no text, text is exact, the tolerance is small."""
    assert not matches(result([a]), result([b]), ordered=False)
    assert not matches(result([a]), result([b]), ordered=True)


def test_the_number_of_columns_counts() -> None:
    """One column more is wrong by the strict measure, and forgiven by the lenient one."""
    gold, wider = result(["a"], ["b"]), result(["a", 1], ["b", 2])
    assert not matches(gold, wider, ordered=False)
    assert contains(gold, wider, ordered=False)
    assert not contains(wider, gold, ordered=False)


def test_one_permutation_must_do_for_all_rows() -> None:
    """Swapping the columns in one row only is no reordering of columns."""
    gold = result([1, 2], [3, 4])
    assert matches(gold, result([2, 1], [4, 3]), ordered=True)
    assert not matches(gold, result([2, 1], [3, 4]), ordered=False)


def test_columns_of_the_same_values_are_told_apart_by_their_rows() -> None:
    """Columns that agree one by one may still disagree on what stands beside what."""
    gold = result(["x", "x", 1], ["y", "y", 2])
    assert not matches(gold, result(["x", "y", 1], ["y", "x", 2]), ordered=False)


def test_rows_are_a_multiset_unless_ordered() -> None:
    """Order is free and repeats count; with `ordered` the order counts too."""
    gold = result(["a"], ["b"], ["b"])
    assert matches(gold, result(["b"], ["a"], ["b"]), ordered=False)
    assert not matches(gold, result(["b"], ["a"], ["b"]), ordered=True)
    assert not matches(gold, result(["a"], ["a"], ["b"]), ordered=False)
    assert not matches(gold, result(["a"], ["b"]), ordered=False)


def test_nearly_equal_numbers_are_paired_whatever_their_order() -> None:
    """Rounding noise that changes how rows sort does not make them differ."""
    noise = 1e-8
    gold = result([1.0 + noise, "a", 5], [1.0, "b", 6])
    assert matches(gold, result([1.0 + noise, "b", 6], [1.0, "a", 5]), ordered=False)


def test_set_equality_ignores_repeats_and_order_but_not_column_order() -> None:
    """BIRD's measure is the looser in rows and the stricter in columns."""
    gold = result([1, 2], [1, 2], [3, 4])
    assert same_sets(gold, result([3, 4], [1, 2]))
    assert not same_sets(gold, result([2, 1], [4, 3]))


def test_thirty_alike_columns_are_compared_at_once() -> None:
    """Where nearly every permutation is thinkable, the search still does not try them all."""
    rows = [[(row * column) % 2 for column in range(30)] for row in range(40)]
    shuffled = [list(reversed(row)) for row in rows]
    assert matches(result(*rows), result(*shuffled), ordered=False)
    spoiled = [row[:] for row in shuffled]
    spoiled[3], spoiled[7] = [1 - c for c in spoiled[3]], [1 - c for c in spoiled[7]]
    assert not matches(result(*rows), result(*spoiled), ordered=False)


def test_every_copy_of_the_database_must_agree() -> None:
    """Right on the original alone is wrong, but counts as right on one database."""
    gold = {"original": result([1]), "v1": result([2])}
    score = compare([gold], {"original": result([1]), "v1": result([3])}, ordered=False)
    assert (score.strict, score.single, score.lenient) == (False, True, False)
    score = compare([gold], {"original": result([1])}, ordered=False)
    assert (score.strict, score.single) == (False, True)
    assert compare([gold], gold, ordered=False).strict


def test_an_alternative_gold_must_be_met_on_every_copy() -> None:
    """One gold here and another there is no match; either gold throughout is one."""
    one = {"original": result([1]), "v1": result([2])}
    other = {"original": result(["a"]), "v1": result(["b"])}
    mixed = {"original": result([1]), "v1": result(["b"])}
    assert compare([one, other], other, ordered=False).strict
    assert not compare([one, other], mixed, ordered=False).strict


def test_where_the_gold_is_empty_everywhere_any_empty_result_passes() -> None:
    """Such questions are marked; the number of columns says nothing then."""
    gold = {"original": NOTHING, "v1": NOTHING}
    two_columns = result(width=2)
    score = compare([gold], {"original": two_columns, "v1": two_columns}, ordered=False)
    assert score.strict
    assert score.empty_gold
    assert not compare([gold], {"original": result([1]), "v1": NOTHING}, ordered=False).strict


def test_a_gold_that_is_empty_only_on_the_original_is_an_ordinary_one() -> None:
    """A query that always gives nothing is found out by the variant."""
    gold = {"original": NOTHING, "v1": result([1])}
    score = compare([gold], {"original": NOTHING, "v1": NOTHING}, ordered=False)
    assert (score.strict, score.single, score.empty_gold) == (False, True, False)


cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(width=32),
    st.sampled_from(["", "a", "b", "1", "nan"]),
    st.dates(date(2025, 1, 1), date(2025, 1, 3)),
)
tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.tuples(*[cells] * width), min_size=1, max_size=8)
)


@given(tables, st.booleans())
def test_a_result_equals_itself(rows: list[tuple[Value, ...]], ordered: bool) -> None:
    """Every comparison is reflexive, NaN and all."""
    assert matches(result(*rows), result(*rows), ordered)
    assert contains(result(*rows), result(*rows), ordered)


@given(tables, st.randoms(use_true_random=False))
def test_columns_and_rows_may_be_shuffled(
    rows: list[tuple[Value, ...]], chance: random.Random
) -> None:
    """No permutation of columns matters; without `ordered`, nor one of rows."""
    order = list(range(len(rows[0])))
    chance.shuffle(order)
    permuted = [tuple(row[i] for i in order) for row in rows]
    assert matches(result(*rows), result(*permuted), ordered=True)
    chance.shuffle(permuted)
    assert matches(result(*rows), result(*permuted), ordered=False)


@given(tables, tables)
def test_comparison_is_symmetric(a: list[tuple[Value, ...]], b: list[tuple[Value, ...]]) -> None:
    """Which of two results is called gold decides nothing."""
    one_way = matches(result(*a), result(*b), ordered=False)
    assert one_way == matches(result(*b), result(*a), ordered=False)


@given(tables, st.data())
def test_a_changed_cell_is_noticed(rows: list[tuple[Value, ...]], data: st.DataObject) -> None:
    """A value that occurs nowhere else makes a result differ, wherever it is put."""
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    changed = [list(r) for r in rows]
    changed[row][column] = "nowhere else"
    assert not matches(result(*rows), result(*changed), ordered=False)


@pytest.fixture
def shops(tmp_path: Path) -> Source:
    """Three shops, and a variant with a fourth."""
    for name, extra in (("shops.sqlite", ""), ("shops.v1.sqlite", ", (4, 'd', 9)")):
        with sqlite3.connect(tmp_path / name) as connection:
            connection.executescript(
                "CREATE TABLE shop (id INTEGER, name TEXT, size INTEGER);"
                f"INSERT INTO shop VALUES (1, 'a', 5), (2, 'b', 7), (3, 'c', 5){extra};"
            )
        connection.close()
    return Source(tmp_path / "shops.sqlite", "sqlite", {"v1": tmp_path / "shops.v1.sqlite"})


def item(gold: str, *others: str, ordered: bool = False) -> Item:
    return Item("q", "shops", "?", (gold, *others), ordered=ordered, variants=("v1", "v9"))


def test_a_lucky_constant_is_found_out_by_the_variant(shops: Source) -> None:
    """`SELECT 3` is right on the database as it is, and on no other."""
    with Examiner(shops, str(shops.path)) as examiner:
        question = item("SELECT count(*) FROM shop")
        assert examiner.score(question, "SELECT count(id) FROM shop").strict
        lucky = examiner.score(question, "SELECT 3")
        assert (lucky.strict, lucky.single) == (False, True)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELEC name FROM shop",
        "SELECT nothing FROM shop",
        "DELETE FROM shop",
        "PRAGMA table_info(shop)",
        "SELECT 1; SELECT name FROM shop",
        "ATTACH 'other.sqlite' AS other",
        "SELECT 'a\0b'",
    ],
)
def test_what_does_not_run_is_wrong_and_says_why(shops: Source, sql: str) -> None:
    """Errors, writes and several statements are wrong answers, not crashes."""
    with Examiner(shops, str(shops.path)) as examiner:
        score = examiner.score(item("SELECT name FROM shop"), sql)
    assert score == Score(copies=2, problem=score.problem)
    assert score.problem


def test_an_order_asked_for_must_be_kept(shops: Source) -> None:
    """With `ordered`, the right rows in another order are wrong."""
    with Examiner(shops, str(shops.path)) as examiner:
        gold = item("SELECT name FROM shop ORDER BY id", ordered=True)
        assert not examiner.score(gold, "SELECT name FROM shop ORDER BY id DESC").strict
        assert examiner.score(gold, "SELECT name FROM shop ORDER BY name").strict


def test_a_broken_gold_is_nobodys_wrong_answer(shops: Source) -> None:
    """Where the gold itself does not run there is nothing to compare with."""
    with Examiner(shops, str(shops.path)) as examiner, pytest.raises(GoldFailed):
        examiner.score(item("SELECT nothing FROM shop"), "SELECT 1")


def test_a_broken_alternative_is_left_out(shops: Source) -> None:
    """The golds that run still count."""
    with Examiner(shops, str(shops.path)) as examiner:
        question = item("SELECT name FROM shop", "SELECT nothing FROM shop", "SELECT id FROM shop")
        assert examiner.score(question, "SELECT id FROM shop").strict
