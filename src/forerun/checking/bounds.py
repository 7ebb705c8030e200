"""What is plainly too much work, as far as the tree tells. The timeout is the last wall."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from sqlglot import exp

from forerun.checking.making import too_big_values
from forerun.checking.origins import Origins
from forerun.checking.recursion import endless_recursion, growing_recursion, too_complex
from forerun.checking.relations import catalog_table
from forerun.checking.sizes import Sizes
from forerun.domain import Catalog, Reason

MAX_JOINS = 40
MAX_PRODUCT = 1_000_000_000
"""Rows of a join without any condition."""


def too_much_work(tree: exp.Expr, catalog: Catalog) -> Iterator[Reason]:
    """A reason for everything that would plainly run for ever, or fill the memory."""
    joins = sum(1 for _ in tree.find_all(exp.Join))
    if joins > MAX_JOINS:
        yield too_complex(f"The query has {joins} joins; the limit is {MAX_JOINS}.")
    sizes = Sizes(Origins(catalog))
    for query in tree.find_all(exp.CTE):
        yield from endless_recursion(query)
        yield from growing_recursion(query, sizes)
    yield from too_big_values(tree, sizes)
    for select in tree.find_all(exp.Select):
        yield from unbounded_product(select, catalog)


def unbounded_product(select: exp.Select, catalog: Catalog) -> Iterator[Reason]:
    """Every row of one large table with every row of another, and nothing that links them."""
    from_ = select.args.get("from_")
    joins = select.args.get("joins") or ()
    if from_ is None or not joins or select.args.get("where"):
        return
    loose = [j.this for j in joins if not any(j.args.get(a) for a in ("on", "using", "method"))]
    tables = [node for node in (from_.this, *loose) if isinstance(node, exp.Table)]
    if len(tables) < 2 or len(loose) < len(joins):
        return
    rows = prod(rows_in(table, catalog) for table in tables)
    if rows > MAX_PRODUCT:
        yield too_complex(
            f"The query joins {len(tables)} tables without a condition: about {rows:,} rows.",
            "Say ON which columns they join.",
        )


def rows_in(node: exp.Table, catalog: Catalog) -> int:
    table = catalog_table(node, catalog) if isinstance(node.this, exp.Identifier) else None
    return table.rows or 1 if table else 1
