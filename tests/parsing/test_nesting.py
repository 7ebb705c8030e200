"""Queries inside a query, sets, ratios of parts: that they are proposed, and give the right rows.

Which of the candidates comes first is for the weights to say, and the golden questions tell that.
"""

from __future__ import annotations

import pytest

from forerun.parsing import emission
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.plans import Compare, OfForemost, Plan
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
        (
            "How many orders does the newest customer have?",
            "SELECT COUNT(*) FROM orders WHERE customer_id ="
            " (SELECT customer_id FROM customers ORDER BY joined_on DESC LIMIT 1)",
        ),
        (
            "How many orders did the store with the most employees have?",
            "SELECT COUNT(*) FROM orders WHERE store_id = (SELECT store_id FROM employees"
            " GROUP BY store_id ORDER BY COUNT(*) DESC LIMIT 1)",
        ),
        (
            "names of customers whose number of orders is greater than 3",
            "SELECT c.name FROM customers c JOIN orders USING (customer_id)"
            " GROUP BY c.customer_id HAVING COUNT(*) > 3",
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


def test_the_newest_customers_are_not_only_the_newest_one() -> None:
    """Nobody said how many, so that no figure is that of a single one."""
    plans = _plans("How many orders do the newest customers have?")
    assert plans
    figures = [plan for plan in plans if any(term.aggregate for term in plan.select)]
    assert not any(isinstance(c, OfForemost) for plan in figures for c in plan.conditions)


def test_a_partner_without_a_value_may_be_no_partner_at_all() -> None:
    """Stores without a job title are those without an employee who has one too."""
    plans = _plans("stores without a job title")
    assert any(semi.negated and semi.where for plan in plans for semi in plan.semis)


def test_two_conditions_on_groups_are_not_one_number() -> None:
    """Orders and employees of a store, joined, are neither the one nor the other."""
    plans = _plans("Which stores have more than 20 orders and at least 3 employees?")
    assert plans
    assert all(having.term.field for plan in plans for having in plan.having)


def test_one_of_two_conditions_on_groups_is_enough() -> None:
    """No plan asks for both."""
    question = "ids of customers with more than 15 orders or at least 10 orders"
    plans = _plans(question)
    assert any(plan.setop and plan.setop.having for plan in plans)
    assert not any(len(plan.having) > 1 for plan in plans)
    assert _plans("Which stores have more than 20 orders or at least 3 employees?") == []


def test_one_of_two_tables_is_enough() -> None:
    """Suppliers with a product or an order are none that must have both."""
    plans = _plans("ids of suppliers with a product or an order")
    assert any(plan.setop and plan.setop.kind == "union" for plan in plans)


def test_what_says_nothing_is_not_meant() -> None:
    """No order that is open is cancelled too: who says "but not" means another order."""
    plans = _plans("customers with an order with status open but not with status cancelled")
    flat = [plan for plan in plans if not plan.setop and not plan.semis]
    said = [{c.op for c in plan.conditions if isinstance(c, Compare)} for plan in flat]
    assert not any({"=", "!="} <= ops for ops in said)
