"""Sales are so many and so much revenue; and a share of revenue is none that a column is called."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, ForeignKey, Kind, Table

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


def _column(name: str, kind: Kind, *samples: object) -> Column:
    return Column(name, kind.name, kind, nullable=False, samples=samples, samples_complete=True)


CATALOG = Catalog(
    "sold",
    "sqlite",
    (
        Table(
            "products",
            (_column("product_id", Kind.INTEGER), _column("name", Kind.TEXT)),
            primary_key=("product_id",),
        ),
        Table(
            "sales",
            (
                _column("sale_id", Kind.INTEGER),
                _column("product_id", Kind.INTEGER),
                _column("channel", Kind.TEXT, "Online", "Store"),
                _column("sold_on", Kind.DATE),
                _column("revenue", Kind.DECIMAL),
            ),
            primary_key=("sale_id",),
            foreign_keys=(ForeignKey(("product_id",), "products", ("product_id",)),),
        ),
        Table(
            "owners",
            (
                _column("owner_id", Kind.INTEGER),
                _column("name", Kind.TEXT),
                _column("share", Kind.DECIMAL),
            ),
            primary_key=("owner_id",),
        ),
    ),
)


def _best(question: str) -> Draft:
    return parsing.parse(question, CATALOG, NOW).drafts[0]


@pytest.mark.parametrize("question", ["sales per month", "sales per channel", "monthly sales"])
def test_the_number_of_sales_or_their_revenue_is_offered(question: str) -> None:
    """Both are called so; the number of revenues is neither."""
    parsed = parsing.parse(question, CATALOG, NOW)
    assert parsed.drafts[0].confidence < GUESS
    assert parsed.clarification is not None
    asked = [draft.sql for draft in parsed.clarification.drafts]
    assert any("COUNT(*)" in sql for sql in asked)
    assert any("SUM(revenue)" in sql for sql in asked)
    assert not any("COUNT(revenue)" in sql for sql in asked)


@pytest.mark.parametrize("question", ["share of revenue by channel", "revenue share per channel"])
def test_a_share_of_revenue_is_no_owners_share(question: str) -> None:
    """The column of that name belongs to a table that has no revenue."""
    draft = _best(question)
    assert "SUM(total_revenue) OVER ()" in draft.sql
    assert draft.confidence >= ANSWER


def test_a_column_called_a_share_is_still_shown() -> None:
    """Where nothing else is said to be shared."""
    assert _best("average share of the owners").sql.startswith("SELECT AVG(share)")


def test_the_share_of_revenue_is_none_of_the_number_of_sales() -> None:
    """What is said by the column's own name is not said of rows."""
    draft = _best("percentage of revenue from Online")
    assert "SUM(CASE WHEN channel = 'Online' THEN revenue" in draft.sql
    assert draft.confidence >= ANSWER


def test_what_was_never_sold_lacks_no_revenue() -> None:
    """No sale is without its revenue: one reading, which is answered."""
    draft = _best("products without sales")
    assert "WHERE NOT products.product_id IN (SELECT sales.product_id FROM sales" in draft.sql
    assert "revenue" not in draft.sql
    assert draft.confidence >= ANSWER
