"""The five questions of `forerun demo`: the built-in parser answers each of them right."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun import demo
from forerun.app import Forerun
from forerun.domain import Rows, Status
from forerun.lab.evaluation.engines import DuckDBEngine, Result
from forerun.lab.evaluation.matching import contains
from forerun.running import comparable

NORTH = "JOIN customers USING (customer_id) JOIN markets USING (market_id) WHERE region = 'North'"
GOLD = {
    "How many customers are there?": "SELECT count(*) FROM customers",
    "How many customers are there per region?": (
        "SELECT region, count(*) FROM customers JOIN markets USING (market_id) GROUP BY region"
    ),
    "Top 5 products by revenue in 2025": (
        "SELECT name FROM sales JOIN products USING (product_id) WHERE year(sale_date) = 2025"
        " GROUP BY product_id, name ORDER BY sum(revenue) DESC LIMIT 5"
    ),
    "Average quantity per category in December 2025": (
        "SELECT category, avg(quantity) FROM sales JOIN products USING (product_id)"
        " WHERE sale_date BETWEEN '2025-12-01' AND '2025-12-31' GROUP BY category"
    ),
    "Total revenue by month in 2025 for customers in the North region": (
        f"SELECT sum(revenue) FROM sales {NORTH} AND year(sale_date) = 2025"
        " GROUP BY month(sale_date) ORDER BY month(sale_date)"
    ),
}
ORDERED = ("Top 5", "Total revenue by month")


@pytest.fixture(scope="module")
def made() -> Path:
    return demo.path()


def as_result(rows: Rows) -> Result:
    return Result(len(rows.columns), tuple(tuple(map(comparable, row)) for row in rows.rows))


def test_every_question_has_its_gold() -> None:
    """Who changes a question must say what is right for it."""
    assert tuple(GOLD) == demo.QUESTIONS


@pytest.mark.anyio
@pytest.mark.parametrize("question", demo.QUESTIONS)
async def test_the_built_in_parser_answers_it_right(question: str, made: Path) -> None:
    """The rows are those of SQL that a person wrote; a label more (the month) is welcome."""
    async with Forerun(str(made)) as forerun:
        answer = await forerun.ask(question, now=demo.TODAY)
    assert answer.status is Status.ANSWERED
    assert answer.rows is not None
    engine = DuckDBEngine(made)
    gold = engine.fetch(GOLD[question])
    engine.close()
    assert gold.rows
    assert contains(gold, as_result(answer.rows), ordered=question.startswith(ORDERED))
