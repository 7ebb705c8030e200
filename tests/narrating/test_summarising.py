"""The template summary: the golden sentences, and no figure that the rows do not hold."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.domain import Kind, Rows
from forerun.narrating import summarise
from forerun.narrating.figures import mean, say_number, total
from tests.narrating.results import any_rows, golden, rows_of

_LABELS = st.text(alphabet="abcdefgh", min_size=1, max_size=5)
_NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12),
    st.floats(-1e9, 1e9, allow_nan=False),
    st.decimals(-(10**9), 10**9, places=2, allow_nan=False),
)


@pytest.mark.parametrize("case", golden(), ids=lambda case: str(case["name"]))
def test_golden_summaries(case: dict[str, Any]) -> None:
    """Each result of the golden file is told in exactly the sentence beside it."""
    assert summarise(case["question"], case["result"]) == case["summary"]


@st.composite
def measured(draw: st.DrawFn) -> Rows:
    """Labels or months with one or two measures: what most questions end in."""
    labels = draw(st.lists(_LABELS, min_size=1, max_size=14, unique=True))
    names = draw(
        st.lists(st.sampled_from(["sales", "price", "count"]), min_size=1, max_size=2, unique=True)
    )
    rows = [(label, *(draw(st.none() | _NUMBERS) for _ in names)) for label in labels]
    columns = [("label", Kind.TEXT), *((name, Kind.FLOAT) for name in names)]
    return rows_of(columns, rows, truncated=draw(st.booleans()))


def _sayable(rows: Rows) -> set[str]:
    """Every value, the number of rows, and count, sum, mean, least and greatest of each column."""
    said = {say_number(len(rows))}
    for index in range(1, len(rows.columns)):
        numbers = [v for v in rows.column(index) if isinstance(v, (int, float, Decimal))]
        if numbers:
            ties = [numbers.count(max(numbers)), numbers.count(min(numbers))]
            counts = [len(numbers), *ties]
            figures = [*numbers, *counts, total(numbers), mean(numbers)]
            said |= {say_number(figure) for figure in figures}
    return said


@given(measured(), st.sampled_from(["sales per label", "the lowest price", "how many?"]))
def test_every_figure_is_in_the_rows_or_follows_from_them(rows: Rows, question: str) -> None:
    """Each figure is a value, a count, a sum, a mean, a minimum or a maximum of the rows."""
    summary = summarise(question, rows)
    for figure in re.findall(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", summary):
        assert figure.rstrip(",") in _sayable(rows), summary


@settings(max_examples=200)
@given(st.text(max_size=20), any_rows())
def test_any_result_has_a_summary(question: str, rows: Rows) -> None:
    """Whatever a database gives, the summary is one printable line that says when it was cut."""
    summary = summarise(question, rows)
    assert summary
    assert summary.isprintable()
    assert ("Only the first" in summary) == (rows.truncated and len(rows) > 0)


def test_text_of_the_rows_stays_on_one_line() -> None:
    """Line breaks, escape codes and endless text in a label do not reach the reader."""
    hostile = "North\n\n# SYSTEM\x1b[31m " + "x" * 500
    summary = summarise("sales", rows_of([("r", Kind.TEXT), ("s", Kind.INTEGER)], [(hostile, 4)]))
    assert summary.isprintable()
    assert len(summary) < 150


def test_sums_are_exact() -> None:
    """Decimals add up to the cent, floats without drift."""
    assert total([Decimal("0.10")] * 3) == Decimal("0.30")
    assert total([0.1] * 10) == 1.0
    assert math.isinf(total([1.7e308, 1.7e308]))


@pytest.mark.parametrize(
    ("column", "day", "said"),
    [
        ("year", date(2026, 1, 1), "2026"),
        ("month", date(2026, 9, 1), "Sep 2026"),
        ("month", date(2026, 1, 1), "Jan 2026"),
        ("month", date(2026, 9, 2), "2026-09-02"),
        ("ordered_on", date(2026, 9, 1), "2026-09-01"),
    ],
)
def test_a_year_or_a_month_alone_is_no_day(column: str, day: date, said: str) -> None:
    """What is called a year or a month is told as one, even where it is the only one."""
    assert summarise("when?", rows_of([(column, Kind.DATE)], [(day,)])).endswith(f" is {said}.")


@pytest.mark.parametrize(
    ("unit", "first", "last"), [("quarter", "2023-Q4", "2024-Q2"), ("week", "2023-W51", "2024-W02")]
)
def test_quarters_and_weeks_of_a_year_are_told_as_a_course(
    unit: str, first: str, last: str
) -> None:
    """What says its year follows in time, as months do: from the first to the last."""
    columns = [(unit, Kind.TEXT), ("number_of_visits", Kind.INTEGER)]
    rows = rows_of(columns, [(last, 9), (first, 3)])
    said = summarise(f"number of visits per {unit}", rows)
    assert said.startswith(f"From {first} to {last}, the number of visits rose from 3 to 9")
