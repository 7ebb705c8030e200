"""How a plan reads in words: everything that it does is said."""

from __future__ import annotations

from forerun.parsing.differing import difference
from forerun.parsing.index import build
from forerun.parsing.joins import Tree
from forerun.parsing.plans import BesideColumn, Compare, Having, Plan, SetOp, Term
from forerun.parsing.reading import reading
from tests.parsing import shop

PRODUCTS = next(e for e in build(shop.catalog()).entities if e.key == "products")
BRAND, PRICE, WEIGHT = (PRODUCTS.fields[at] for at in (2, 4, 5))
DEAR, CHEAP = Compare(PRICE, ">", (40,)), Compare(PRICE, "<", (5,))
BRANDS = Plan(Tree(PRODUCTS), (Term(BRAND, PRODUCTS),))


def test_both_ends_of_a_between_over_groups_are_said() -> None:
    """Not only the lower one."""
    counted = Term(None, PRODUCTS, "count")
    plan = Plan(
        Tree(PRODUCTS),
        (Term(BRAND, PRODUCTS),),
        group=(Term(BRAND, PRODUCTS),),
        having=(Having(counted, "between", 2, 4),),
    )
    assert "number of products is between 2 and 4" in reading(plan)


def test_the_other_side_of_a_set_is_said_and_tells_two_plans_apart() -> None:
    """With both, or with the one and none of the other."""
    plans = [
        Plan(BRANDS.tree, BRANDS.select, ((DEAR,),), setop=SetOp(kind, BRANDS.tree, ((CHEAP,),)))
        for kind in ("intersect", "except")
    ]
    both, none = map(reading, plans)
    assert "and also with price of products is less than 5" in both
    assert "but none with price of products is less than 5" in none
    parting = difference(*plans)
    assert parting is not None
    assert parting[0] != parting[1]


def test_two_columns_side_by_side_are_both_said() -> None:
    """The column compared with is no number."""
    plan = Plan(BRANDS.tree, BRANDS.select, ((BesideColumn(PRICE, ">", WEIGHT),),))
    assert "price of products is more than weight kg of products" in reading(plan)
