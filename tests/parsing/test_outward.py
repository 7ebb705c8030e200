"""Groups that have nothing to be counted: shown where they are asked for, else left out aloud."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.checking import check
from forerun.domain import Draft
from tests.parsing import shop

ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess
WITH_NOUGHT = "number of stores per region including those without"


def _best(question: str, dialect: str = "sqlite") -> Draft:
    return shop.parsed(question, dialect).drafts[0]


def _rows(question: str, at_least: float = ANSWER) -> dict[object, object]:
    draft = _best(question)
    assert draft.confidence >= at_least, draft
    return dict(shop.in_sqlite().execute(draft.sql).fetchall())


def test_those_that_have_none_are_left_out_aloud() -> None:
    """A number for each region is one for each that has a store, and the reading says so."""
    assert "Coast" not in _rows("number of stores per region")
    assert _best("number of stores per region").reading == (
        "number of stores; for each name of regions that has any"
    )


@pytest.mark.parametrize("words", ["including those without", "even those without any"])
def test_those_that_have_none_have_nought_where_they_are_asked_for(words: str) -> None:
    """The region without a store is a line with 0, and all others are as before."""
    plain = _rows("number of stores per region")
    assert _rows(f"number of stores per region {words}") == {**plain, "Coast": 0}
    assert "those that have none too" in (
        _best(f"number of stores per region {words}").reading or ""
    )


def test_what_is_said_of_the_counted_takes_no_line_away() -> None:
    """A region without stores in that city has none there, and is not left out for it."""
    question = "number of stores in Ashford per region including regions without stores"
    rows = _rows(question, at_least=GUESS)
    assert set(rows) == {"North", "South", "West", "Coast"}
    assert rows["Coast"] == 0


def test_sums_of_nothing_are_nought() -> None:
    """The orders of a store lie two tables away from its region: the Coast has a total of 0."""
    rows = _rows("total amount per region including those without")
    assert rows["Coast"] == 0
    assert all(rows[name] for name in ("North", "South", "West"))


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql"])
def test_they_pass_the_gate(dialect: str) -> None:
    """Joining outwards is plain SQL in every dialect."""
    verdict = check(_best(WITH_NOUGHT, dialect), shop.catalog(dialect))
    assert verdict.statement is not None, verdict.reasons


@pytest.mark.parametrize(
    "question",
    [
        "number of orders per status including those without",  # which statuses are there?
        "average price of products per category including those without",  # of none, there is none
        "top 3 regions by number of stores including those without",
    ],
)
def test_what_cannot_be_nought_is_asked_about(question: str) -> None:
    """Groups that only the counted rows know of, averages of nothing, and first places."""
    assert _best(question).confidence < ANSWER, _best(question)
