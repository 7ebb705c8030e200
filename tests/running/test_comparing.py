"""When two results are the same."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import Kind, ResultColumn, Rows
from forerun.running import Tolerance, comparable, same_rows


def rows(*given: tuple[object, ...], truncated: bool = False) -> Rows:
    width = len(given[0]) if given else 1
    return Rows(
        tuple(ResultColumn(f"c{i}", "", Kind.OTHER) for i in range(width)), given, truncated
    )


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.1, 0.1 + 1e-13, 0.3, 0.1 + 0.2]),
    st.decimals(-3, 3, places=2),
    st.text(max_size=3),
    st.dates(),
    st.binary(max_size=2),
)
TABLES = st.lists(st.tuples(CELLS, CELLS), max_size=12)


@given(table=TABLES, seed=st.integers())
def test_order_does_not_matter_unless_it_does(
    table: list[tuple[object, object]], seed: int
) -> None:
    """Shuffled rows are the same multiset, whatever is in them."""
    shuffled = list(table)
    random.Random(seed).shuffle(shuffled)
    a, b = Rows(rows((1, 2)).columns, tuple(table)), Rows(rows((1, 2)).columns, tuple(shuffled))
    assert same_rows(a, b, ordered=False)
    assert same_rows(a, a, ordered=True)


@given(table=TABLES.filter(bool), at=st.integers(0, 11))
def test_a_changed_cell_is_a_difference(table: list[tuple[object, object]], at: int) -> None:
    """One cell that nothing equals makes two results differ."""
    changed = list(table)
    changed[at % len(table)] = ("nothing is like this", changed[at % len(table)][1])
    columns = rows((1, 2)).columns
    assert not same_rows(Rows(columns, tuple(table)), Rows(columns, tuple(changed)), ordered=False)


def test_ordered_results_are_lists() -> None:
    """Where the query orders, order is part of the answer."""
    assert not same_rows(rows((1,), (2,)), rows((2,), (1,)), ordered=True)


def test_repeated_rows_count() -> None:
    """A multiset is no set."""
    assert not same_rows(rows((1,), (1,), (2,)), rows((1,), (2,), (2,)), ordered=False)


def test_the_order_of_a_sum_does_not_matter() -> None:
    """Floats may differ in their last digits, also where that sorts them apart."""
    low, high = 0.3, 0.1 + 0.2
    assert same_rows(rows((low, "b"), (high, "a")), rows((high, "b"), (low, "a")), ordered=False)
    crossed = (rows((low, 1), (high, 2)), rows((high, 1), (low, 2)))
    assert same_rows(*crossed, ordered=False)
    assert not same_rows(rows((1.0,)), rows((1.001,)), ordered=False)
    assert same_rows(rows((1.0,)), rows((1.001,)), ordered=False, tolerance=Tolerance(1e-2))


def test_shape_matters() -> None:
    """Another width, another length, or only one of them cut off: not the same."""
    assert not same_rows(rows((1, 2)), rows((1,)), ordered=False)
    assert not same_rows(rows((1,)), rows((1,), (1,)), ordered=False)
    assert not same_rows(rows((1,)), rows((1,), truncated=True), ordered=False)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (True, 1),
        (2.0, 2),
        (Decimal("2.50"), 2.5),
        (Decimal(7), 7),
        (b"caf\xc3\xa9", "café"),
        (dt.date(2024, 1, 5), "2024-01-05"),
        (dt.datetime(2024, 1, 5, 10, 30), "2024-01-05T10:30:00"),  # noqa: DTZ001
        (None, None),
    ],
)
def test_cells_lose_the_accidents_of_their_driver(cell: object, expected: object) -> None:
    """Booleans, decimals, bytes and dates compare by what they say."""
    assert comparable(cell) == expected


def test_a_number_never_equals_a_text() -> None:
    """'1' is not 1, and nothing but NULL is NULL."""
    assert not same_rows(rows((1,)), rows(("1",)), ordered=False)
    assert not same_rows(rows((None,)), rows((0,)), ordered=False)
