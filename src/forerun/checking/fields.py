"""`(t).f` in PostgreSQL: the field f of a row, or a call of the function f with that row.

PostgreSQL writes the call of any function that takes a row as if it were a column of the row, a
function of the owner's own as well. So a row is taken apart only by names that columns have.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from forerun.checking.relations import Scope
from forerun.domain import Catalog, Reason, ReasonCode

ROWS_HAVE_METHODS = frozenset({"postgres", "redshift", "materialize", "risingwave"})
FIELDS_OF_FUNCTIONS = frozenset({"key", "value", "ordinality", "lexeme", "positions", "weights"})
"""Columns of what the functions on the list give as rows."""
TAKES_ROWS = frozenset(
    {"count", "row_to_json", "to_json", "to_jsonb", "json_agg", "jsonb_agg", "row"}
)
"""Functions of which no row comes out again."""


class Fields:
    """Gathers, over one query, whether whole rows are at hand and which fields are taken."""

    def __init__(self, catalog: Catalog) -> None:
        self.matters = catalog.dialect in ROWS_HAVE_METHODS
        self.catalog = catalog
        self.rows_at_hand = False
        self.taken: list[str] = []
        self.missing: list[str] = []

    def column(self, column: exp.Column, scope: Scope) -> None:
        """Notice a table's name, or `t.*`, where a value is expected: it stands for the row."""
        if isinstance(column.this, exp.Star):
            is_row = not isinstance(column.parent, exp.Select)
        else:
            is_row = not column.table and names_a_row(column.name, scope)
        parent = column.parent
        taken_whole = isinstance(parent, exp.Anonymous) and parent.name.lower() in TAKES_ROWS
        self.rows_at_hand |= is_row and not taken_whole

    def of_unknown(self, name: str) -> None:
        """Notice `x.f` where the columns of x are not known: x may be made of rows."""
        self.taken.append(name)

    def dot(self, dot: exp.Dot, scope: Scope) -> None:
        """Notice `(…).f`."""
        if not isinstance(dot.expression, exp.Identifier):
            return
        row = dot.this.unnest()
        relation = scope.relation(row.this) if isinstance(row, exp.Column) else None
        if relation is None or relation.columns is None or row.args.get("table"):
            self.taken.append(dot.expression.name)
        elif not relation.has(dot.expression.name):
            self.missing.append(dot.expression.name)

    def reasons(self) -> Iterator[Reason]:
        if not self.matters:
            return
        known = {column.name.lower() for t in self.catalog.tables for column in t.columns}
        known |= FIELDS_OF_FUNCTIONS
        unknown = [name for name in self.taken if name.lower() not in known]
        for name in (*self.missing, *(unknown if self.rows_at_hand else ())):
            yield Reason(
                ReasonCode.UNKNOWN_COLUMN,
                f"'{name}' is no column of that row.",
                "Name a column, or the table and its column.",
            )


def names_a_row(name: str, scope: Scope) -> bool:
    """True where the name is a relation's, and no column's."""
    for level in scope.outwards():
        if any(relation.has(name) for relation in level.relations.values()):
            return False
        if rows := level.called(name):
            return any(row.columns is not None for row in rows)
    return False
