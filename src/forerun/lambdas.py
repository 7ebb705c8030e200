"""Lambdas, JSON arrows and calls behind a dot: words there are read as the columns they may be.

sqlglot takes every `f(a -> …)` for a lambda, and makes bare words of what a lambda calls its
parameters, and of all columns in what stands before `.f()`. A bare word is looked up by nobody; yet
in `lambda t: t.salary` DuckDB takes t for a table before it takes it for the parameter, and
`t.to_json()` is a whole row of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

WITHOUT_LAMBDAS = frozenset({"mysql", "postgres", "sqlite"})
"""Where an arrow is always JSON's."""
WITH_METHODS = frozenset({"duckdb"})
"""Where `name.upper()` calls upper(name)."""
NAMES_OF_THEIR_OWN = (exp.Column, exp.Table, exp.TableAlias, exp.Aliases, exp.ColumnDef, exp.Join)
"""The words of these are names, and not values."""
NAMED_BY = {
    (exp.Alias, "alias"),
    (exp.Anonymous, "this"),
    (exp.Comprehension, "expression"),
    (exp.Dot, "expression"),
    (exp.Kwarg, "this"),
    (exp.Lambda, "expressions"),
    (exp.PropertyEQ, "this"),
    (exp.Window, "alias"),
}
"""Arguments that are names."""
LONGEST = 4
"""Parts of a column's name: database, schema, table, column."""


def read_words(tree: exp.Expr, dialect: str) -> None:
    """Put right, in place, what sqlglot made of every arrow, lambda and call behind a dot."""
    for arrow in tuple(tree.find_all(exp.Lambda)):
        if is_json(arrow, dialect):
            read_as_json(arrow)
    for arrow in tuple(tree.find_all(exp.Lambda)):
        names = {parameter.name for parameter in arrow.expressions}
        read_columns(word for word in bare_words(arrow.this) if word.name in names)
    for call in tuple(tree.find_all(exp.Dot)) if dialect in WITH_METHODS else ():
        if isinstance(call.expression, exp.Anonymous):
            read_columns(bare_words(call.this))


def is_json(arrow: exp.Lambda, dialect: str) -> bool:
    """`f(profile -> 'tags')`: without lambdas, or without use of the parameter, it is JSON."""
    if len(arrow.expressions) != 1:
        return False
    if dialect in WITHOUT_LAMBDAS:
        return True
    name = arrow.expressions[0].name.lower()
    return isinstance(leftmost(arrow.this).unnest(), exp.Literal) and not any(
        used.name.lower() == name for used in arrow.this.find_all(exp.Identifier)
    )


def read_as_json(arrow: exp.Lambda) -> None:
    body, first = arrow.this, leftmost(arrow.this)
    value = exp.JSONExtract(
        this=exp.column(arrow.expressions[0].copy()),
        expression=first.copy(),
        only_json_types=False,
    )
    if first is body:
        arrow.replace(value)
    else:
        first.replace(value)
        arrow.replace(body)


def leftmost(node: exp.Expr) -> exp.Expr:
    """The operand with which a chain of operators begins."""
    while isinstance(node, exp.Binary | exp.Cast | exp.In | exp.Between) and not isinstance(
        node, exp.Dot
    ):
        node = node.this
    return node


def read_columns(words: Iterable[exp.Identifier]) -> None:
    """Each, with the fields behind it, becomes a column again."""
    for word in tuple(words):
        node, parts = taken_apart(word)
        node.replace(exp.column(*reversed(parts), copy=True))


def bare_words(body: exp.Expr) -> Iterator[exp.Identifier]:
    for word in body.find_all(exp.Identifier):
        parent = word.parent
        if isinstance(parent, NAMES_OF_THEIR_OWN) or (type(parent), word.arg_key) in NAMED_BY:
            continue
        yield word


def taken_apart(word: exp.Identifier) -> tuple[exp.Expr, list[exp.Identifier]]:
    """`word.field.field`, as far as a column's name goes, and its parts."""
    node: exp.Expr = word
    parts = [word]
    while len(parts) < LONGEST:
        parent = node.parent
        if not isinstance(parent, exp.Dot) or parent.this is not node:
            break
        if not isinstance(parent.expression, exp.Identifier):
            break
        node = parent
        parts.append(parent.expression)
    return node, parts
