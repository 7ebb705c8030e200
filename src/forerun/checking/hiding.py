"""Columns that the team hides: what names them, and what would show them without a name.

A hidden column is in no table of the catalog, so that its name alone stands for nothing. What is
left are the ways to read it unnamed: `*`, a whole row, a pivot, columns renamed by position.

This says what is wrong in words that help. It is not relied upon: what runs is a query over the
other columns alone (`restricting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

from forerun.checking.relations import WITHOUT_STRUCTS, Relation, Scope, alias_columns
from forerun.checking.words import is_bare
from forerun.domain import Reason, ReasonCode, Table


def by_name(column: exp.Column, scope: Scope) -> Iterator[Reason]:
    """`t.*`, a table's name where a value is expected, and hidden names.

    Elsewhere a name is let through where it is an alias, where a table has it without saying
    so, or where some relation's columns are not known: a hidden one never is.
    """
    if column.table:
        yield from _qualified(column, scope)
        return
    for level in scope.outwards():
        relations = level.relations.values()
        if any(relation.has_exactly(column.this, scope.dialect) for relation in relations):
            return
        yield from whole(level.called(column.name))
        yield from _named(column.name, relations)


def _qualified(column: exp.Column, scope: Scope) -> Iterator[Reason]:
    owner = scope.relation(column.args["table"])
    if isinstance(column.this, exp.Star):
        yield from whole(_only(owner))
    else:
        yield from _named(column.name, _only(owner))
    if owner is None:  # DuckDB lets the schema of a row be named: main.customers
        yield from whole(row for level in scope.outwards() for row in level.called(column.name))
    if scope.dialect not in WITHOUT_STRUCTS and (owner is None or column.args.get("db")):
        for part in column.parts[:-1]:  # of which any may be the column, and the rest its fields
            yield from _named(part.name, scope.visible())


def by_word(word: exp.Identifier, scope: Scope) -> Iterator[Reason]:
    """A word that nothing looks up, so that nobody knows of what it is the name."""
    if not is_bare(word) or isinstance(word.parent, exp.Dot):
        return
    yield from _named(word.name, scope.visible())
    yield from whole(row for level in scope.outwards() for row in level.called(word.name))


def by_star(select: exp.Select, scope: Scope) -> Iterator[Reason]:
    """What stands for all columns of a SELECT, in whichever of its clauses."""
    is_partial = any(True for _ in _partial(scope.relations.values()))
    if is_partial and any(_expands(node, select) for node in _own(select)):
        yield from whole(scope.relations.values())


def _own(select: exp.Select) -> Iterator[exp.Expr]:
    """All nodes of a SELECT but those of the queries inside it."""
    stack = list(select.iter_expressions())
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, exp.Select | exp.SetOperation):
            stack.extend(node.iter_expressions())


def _expands(node: exp.Expr, select: exp.Select) -> bool:
    """`*`, alone or within LIKE, COLUMNS(…) and `#1`. What EXISTS reads, nobody sees."""
    if isinstance(node, exp.Star):
        is_unseen = node.parent is select and isinstance(select.parent, exp.Exists)
        return not (is_unseen or is_counted(node) or isinstance(node.parent, exp.Column))
    is_call = isinstance(node, exp.Anonymous) and node.name.lower() == "columns"
    return is_call or isinstance(node, exp.Columns | exp.PositionalColumn)


def is_counted(star: exp.Star) -> bool:
    """`count(*)` names no columns."""
    return isinstance(star.parent, exp.Anonymous) and star.parent.name.lower() == "count"


def by_join(join: exp.Join, compared: Sequence[Relation]) -> Iterator[Reason]:
    """NATURAL and USING compare columns that nothing else names."""
    if join.method == "NATURAL":
        yield from whole(compared)
    for name in join.args.get("using") or ():
        yield from _named(name.name, compared)


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
