"""What must be added up, and what must not be."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Kind, Table
from tests.parsing import campus


@pytest.mark.parametrize(
    "question",
    ["total discount", "total discount percent", "total discount of stays per dorm",
     "dorm with the highest total discount"],
)  # fmt: skip
def test_rates_are_not_added_up(question: str) -> None:
    """Ten percent here and five there are no fifteen."""
    draft = campus.best(question)
    assert draft.confidence <= 0.2 or "SUM" not in draft.sql


@pytest.mark.parametrize("question", ["average discount of stays", "total share count of stays"])
def test_what_may_be_made_of_numbers_is_answered(question: str) -> None:
    """Rates have an average, and a count of shares a total."""
    assert not campus.against(question)


@pytest.mark.parametrize(
    "question",
    ["how many degrees were conferred by Elm", "number of degrees per college",
     "college with the most degrees"],
)  # fmt: skip
def test_rows_of_numbers_are_not_counted(question: str) -> None:
    """A row of `degrees` tells of some hundred degrees, as its column of that name says."""
    draft = campus.best(question)
    assert draft.confidence <= 0.2 or "COUNT" not in draft.sql


@pytest.mark.parametrize(
    ("column", "is_asked"), [("share", True), ("cost_share", True), ("shares", False)]
)
def test_shares_of_nobody_knows_what_are_not_added_up(column: str, is_asked: bool) -> None:
    """A third of one firm and a third of another are no two thirds; 300 shares and 200 are 500."""
    key = Column("holding_id", "INTEGER", Kind.INTEGER, nullable=False)
    columns = (key, Column(column, "REAL", Kind.FLOAT))
    table = Table("holdings", columns, primary_key=("holding_id",), rows=9)
    catalog = Catalog("holdings", "sqlite", (table,))
    said = column.replace("_", " ")
    (best, *_) = parsing.parse(f"total {said} of holdings", catalog, campus.NOW).drafts
    assert f"SUM({column})" in best.sql
    assert (best.confidence <= 0.2) is is_asked
