"""Groups beside the average of all groups."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.checking import check
from forerun.domain import Draft
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
GUESS = parsing.Thresholds().guess
DIALECTS = ("sqlite", "duckdb", "postgres", "mysql")


def _best(question: str, dialect: str = "sqlite") -> Draft:
    return parsing.parse(question, shop.catalog(dialect), NOW).drafts[0]


@pytest.mark.parametrize(
    ("question", "having"),
    [
        ("customers with more orders than average", "COUNT(*) > (SELECT AVG(figure)"),
        ("customers with fewer orders than average", "COUNT(*) < (SELECT AVG(figure)"),
        ("stores with a below average number of orders", "COUNT(*) < (SELECT AVG(figure)"),
        ("stores with a total amount above average", "SUM(order_lines.amount) > (SELECT AVG("),
        ("job titles whose average salary is above average", "AVG(salary) > (SELECT AVG(salary)"),
    ],
)
def test_a_figure_of_each_group_is_compared_with_the_average(question: str, having: str) -> None:
    """The average is over the figures of all groups; that of averages is over all rows."""
    assert f"HAVING {having}" in _best(question).sql


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_comparison_passes_the_gate(dialect: str) -> None:
    """A query in FROM inside HAVING is nothing that any dialect or the gate refuses."""
    draft = _best("customers with more orders than average", dialect)
    verdict = check(draft, shop.catalog(dialect))
    assert verdict.statement is not None, (draft.sql, verdict.reasons)


def test_the_reading_says_what_the_average_is_of() -> None:
    """The asker sees that groups are compared, not rows."""
    said = _best("customers with more orders than average").reading
    assert said is not None
    assert "number of orders is more than its average over all groups" in said


def test_the_groups_that_are_counted_are_called_by_their_name() -> None:
    """Counted by the key in the orders, they are customers all the same."""
    said = _best("How many customers have more orders than average?").reading
    assert said is not None
    assert said.startswith("number of customers; where number of orders is more")


@pytest.mark.parametrize(
    "question",
    [
        "stores in the region West with more employees than average",  # of those, or of all?
        "stores with more employees than the highest",
        "employees with a salary above the average of their store",
        "products with a price above the average in the same category",
        "stores with more orders than last year",
        "orders with more orders than average",
    ],
)
def test_an_average_of_unclear_groups_is_asked_about(question: str) -> None:
    """What the average is of must be plain, or nothing is answered."""
    assert _best(question).confidence < GUESS, _best(question).sql


def test_no_text_is_compared_with_an_average() -> None:
    """ "More than the average brand" is said of the number of something, not of a name."""
    for draft in parsing.parse("brands above the average brand", shop.catalog(), NOW).drafts:
        assert "AVG(brand)" not in draft.sql
