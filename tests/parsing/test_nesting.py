"""Queries inside a query, sets, ratios of parts: that they are proposed, and give the right rows.

Which of the candidates comes first is for the weights to say, and the golden questions tell that.
"""

from __future__ import annotations

import pytest

from forerun.parsing import emission
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.reading import reading
from tests.parsing import shop

Rows = list[tuple[object, ...]]


def _plans(question: str) -> list[Plan]:
    index = indexed(shop.catalog())
    _, candidates = propose(question, index, shop.NOW.date(), weights_for(index))
    return [candidate.plan for candidate in candidates]


def _rows(sql: str) -> Rows:
    return sorted(shop.in_sqlite().execute(sql).fetchall(), key=repr)


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        (
            "Which products are more expensive than all products of the brand Rivet?",
            "SELECT name FROM products"
            " WHERE price > (SELECT MAX(price) FROM products WHERE brand = 'Rivet')",
        ),
        (
            "Which products are more expensive than any product of the brand Rivet?",
            "SELECT name FROM products"
            " WHERE price > (SELECT MIN(price) FROM products WHERE brand = 'Rivet')",
        ),
        (
            "employees with a salary above the average salary of employees in the city Dunley",
            "SELECT name FROM employees WHERE salary > (SELECT AVG(salary) FROM employees"
            " JOIN stores USING (store_id) WHERE stores.city = 'Dunley')",
        ),
        (
            "names of products of the most common brand",
            "SELECT name FROM products WHERE brand ="
            " (SELECT brand FROM products GROUP BY brand ORDER BY COUNT(*) DESC LIMIT 1)",
        ),
        (
            "the most expensive product",
            "SELECT name FROM products WHERE price = (SELECT MAX(price) FROM products)",
        ),
        (
            "Which customers are in the country Germany or placed an order with status cancelled?",
            "SELECT name FROM customers WHERE country = 'Germany' UNION SELECT name"
            " FROM customers JOIN orders USING (customer_id) WHERE status = 'cancelled'",
        ),
        (
            "ratio of products with a price above 20 to products with a price below 20",
            "SELECT SUM(price > 20) * 1.0 / SUM(price < 20) FROM products",
        ),
        (
            "ratio of orders with status cancelled to all orders",
            "SELECT SUM(status = 'cancelled') * 1.0 / COUNT(*) FROM orders",
        ),
        (
            "average price by supplier name",
            "SELECT s.name, AVG(p.price) FROM suppliers s JOIN product_suppliers USING"
            " (supplier_id) JOIN products p USING (product_id) GROUP BY s.supplier_id, s.name",
        ),
        (
            "Which products have no weight?",
            "SELECT name FROM products WHERE weight_kg IS NULL",
        ),
        (
            "How many products have a weight that is not null?",
            "SELECT COUNT(*) FROM products WHERE weight_kg IS NOT NULL",
        ),
        (
            "customers who never placed an order with status open",
            "SELECT name FROM customers WHERE customer_id NOT IN"
            " (SELECT customer_id FROM orders WHERE status = 'open')",
        ),
        (
            "customers with an order with status open but without an order with status cancelled",
            "SELECT name FROM customers WHERE customer_id IN"
            " (SELECT customer_id FROM orders WHERE status = 'open') AND customer_id NOT IN"
            " (SELECT customer_id FROM orders WHERE status = 'cancelled')",
        ),
        (
            "names of products with a higher price than 400",
            "SELECT name FROM products WHERE price > 400",
        ),
        (
            "How many employees are in store 3?",
            "SELECT COUNT(*) FROM employees WHERE store_id = 3",
        ),
        (
            'orders of the customer with customer id "7"',
            "SELECT order_id FROM orders WHERE customer_id = 7",
        ),
        (
            "What is the country of the customer with the most orders?",
            "SELECT c.country FROM customers c JOIN orders USING (customer_id)"
            " GROUP BY c.customer_id ORDER BY COUNT(*) DESC LIMIT 1",
        ),
    ],
)
def test_what_may_be_meant_is_among_the_candidates(question: str, gold: str) -> None:
    """Some candidate gives the rows of a query that a person would write."""
    wanted = _rows(gold)
    assert wanted
    assert any(_rows(emission.sql(plan, "sqlite")) == wanted for plan in _plans(question))


def test_rows_compared_with_are_said() -> None:
    """The reading says that the highest is that of some rows only."""
    plans = _plans("Which products are more expensive than all products of the brand Rivet?")
    assert any(
        "more than its highest where brand of products is Rivet" in reading(p) for p in plans
    )


def test_a_ratio_to_something_unknown_is_no_ratio_to_all() -> None:
    """Only who says "all" means all."""
    plans = _plans("ratio of orders with status cancelled to orders that were returned")
    assert plans
    assert not any(term.per for plan in plans for term in plan.select)


def test_rows_of_the_table_that_was_named_are_divided() -> None:
    """Those of the suppliers are none of `product_suppliers`, though its name ends in theirs."""
    plans = _plans("ratio of suppliers with country Germany to all suppliers")
    divided = [term for plan in plans for term in plan.select if term.per and term.part]
    assert {term.entity.key for term in divided} == {"suppliers"}


@pytest.mark.parametrize(
    "question",
    [
        "ratio of Rivet amount to total amount",
        "ratio of amount in March 2024 to amount in March 2025",
        "ratio of brands in category 1 to all brands",
        "ratio of products of the brand Rivet to all customers",
        "ratio of products of the brand Rivet to all products by category",
        "ratio of products of the brand Rivet to all products for each category",
    ],
)
def test_only_rows_are_divided_by_rows(question: str) -> None:
    """Where a measure, a column, another table or one line for each is asked, no rows are counted
    in its stead.
    """
    plans = _plans(question)
    assert plans
    assert not any(term.per and term.part for plan in plans for term in plan.select)


def test_sums_that_a_join_repeats_stay_no_plan() -> None:
    """An order's lines are not summed once for each supplier of their product, in all."""
    plans = _plans("total amount of the suppliers")
    assert plans
    for plan in plans:
        summed = {term.entity.key for term in plan.select if term.aggregate == "sum"}
        bridged = "product_suppliers" in {entity.key for entity in plan.tree.entities}
        assert not (summed == {"order_lines"} and bridged and not plan.group)
