"""Columns that the team hides: what names them, and what would show them without a name.

A hidden column is in no table of the catalog, so that its name alone stands for nothing. What is
left are the ways to read it unnamed: `*`, a whole row, a pivot, columns renamed by position.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from forerun.checking.relations import Relation, Scope, alias_columns
from forerun.domain import Reason, ReasonCode, Table


def by_name(column: exp.Column, scope: Scope) -> Iterator[Reason]:
    """`t.*`, a table's name where a value is expected, and hidden names.

    Elsewhere a name is let through where it is an alias, where a table has it without saying
    so, or where some relation's columns are not known: a hidden one never is.
    """
    name = column.name.lower()
    if column.table:
        owner = scope.relation(column.table)
        if isinstance(column.this, exp.Star):
            yield from whole(_only(owner))
        else:
            yield from _named(column.name, _only(owner))
        return
    for level in scope.outwards():
        relations = level.relations
        if any(relation.has(name) for relation in relations.values()):
            return
        if name in relations:
            yield from whole([relations[name]])
        yield from _named(column.name, relations.values())


def by_star(node: exp.Select, scope: Scope) -> Iterator[Reason]:
    """`SELECT *`, also by COLUMNS(…). What EXISTS reads, nobody sees."""
    if isinstance(node.parent, exp.Exists):
        return
    stars = (projection.unalias() for projection in node.expressions)
    if any(isinstance(star, exp.Star) or _expands(star) for star in stars):
        yield from whole(scope.relations.values())


def _expands(node: exp.Expr) -> bool:
    calls = (call for call in node.find_all(exp.Anonymous) if call.name.lower() == "columns")
    return any(True for _ in calls) or node.find(exp.Columns) is not None


def by_join(join: exp.Join, scope: Scope) -> Iterator[Reason]:
    """NATURAL and USING compare columns that nothing else names."""
    if join.method == "NATURAL":
        yield from whole(scope.relations.values())
    for name in join.args.get("using") or ():
        yield from _named(name.name, scope.relations.values())


def by_place(node: exp.Expr, relation: Relation) -> Iterator[Reason]:
    """`t AS u(a, b)` and pivots: columns told by where they stand."""
    if alias_columns(node) or node.args.get("pivots"):
        yield from whole([relation])


def whole(relations: Iterable[Relation]) -> Iterator[Reason]:
    """Reasons not to read every column of these."""
    for table in _partial(relations):
        names = ", ".join(column.name for column in table.columns)
        yield Reason(
            ReasonCode.UNKNOWN_COLUMN,
            f"Not all columns of {table.key} may be read.",
            f"Name those that are wanted: {names}.",
        )


def _named(name: str, relations: Iterable[Relation]) -> Iterator[Reason]:
    """The same words as for a column that is not there."""
    for table in _partial(relations):
        if name.lower() in map(str.lower, table.hidden):
            what = f"There is no column '{name}' in {table.key}."
            yield Reason(ReasonCode.UNKNOWN_COLUMN, what)


def _partial(relations: Iterable[Relation]) -> Iterator[Table]:
    for relation in relations:
        if relation.table is not None and relation.table.hidden:
            yield relation.table


def _only(relation: Relation | None) -> tuple[Relation, ...]:
    return () if relation is None else (relation,)
