"""Averages over groups: how many orders a customer has on average."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.checking import check
from forerun.domain import Draft
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
GUESS = parsing.Thresholds().guess
QUESTION = "average number of stores per region"
TOO = f"{QUESTION} including regions without any stores"


def _best(question: str, dialect: str = "sqlite") -> Draft:
    return parsing.parse(question, shop.catalog(dialect), NOW).drafts[0]


@pytest.mark.parametrize("question", [QUESTION, TOO])
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql"])
def test_an_average_over_groups_passes_the_gate(question: str, dialect: str) -> None:
    """The groups in FROM and the count of all rows beside them are plain SQL."""
    draft = _best(question, dialect)
    verdict = check(draft, shop.catalog(dialect))
    assert verdict.statement is not None, (draft.sql, verdict.reasons)


def test_groups_without_a_row_count_only_where_asked_for() -> None:
    """One region has no store: seven stores are 7/3 per region that has any, 7/4 per region."""
    for dialect, shop_ in (("sqlite", shop.in_sqlite()), ("duckdb", shop.in_duckdb())):
        ((some,),) = shop_.execute(_best(QUESTION, dialect).sql).fetchall()
        ((every,),) = shop_.execute(_best(TOO, dialect).sql).fetchall()
        assert (float(some), float(every)) == pytest.approx((7 / 3, 7 / 4))


@pytest.mark.parametrize(
    "words",
    ["counting those with none", "including the regions with no stores", "even those without any"],
)
def test_having_none_is_said_in_many_words(words: str) -> None:
    """Whatever the words, the stores are divided by the number of all regions."""
    assert "(SELECT COUNT(*) FROM regions)" in _best(f"{QUESTION} {words}").sql


def test_the_reading_says_that_it_is_one_figure() -> None:
    """ "Average number of stores for each region", not a line for each."""
    said = _best(TOO).reading
    assert said is not None
    assert "average number of stores for each name of regions, those that have none too" in said


@pytest.mark.parametrize(
    "question",
    [
        "average number of orders per customer for each country",  # a line for each country
        "average total amount",  # per what?
    ],
)
def test_what_it_cannot_say_is_asked_about(question: str) -> None:
    """A list, a plain total or a figure that leaves some out is no answer."""
    assert _best(question).confidence < GUESS, _best(question).sql
