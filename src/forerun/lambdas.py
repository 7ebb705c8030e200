"""Lambdas and JSON arrows told apart, and what stands in a lambda read as the columns it may be.

sqlglot takes every `f(a -> …)` for a lambda, and writes the names that a lambda gives to its
parameters as bare words. A bare word is looked up by nobody; yet in `lambda t: t.salary` DuckDB
takes t for a table before it takes it for the parameter.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

WITHOUT_LAMBDAS = frozenset({"mysql", "postgres", "sqlite"})
"""Where an arrow is always JSON's."""
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


def read_lambdas(tree: exp.Expr, dialect: str) -> None:
    """Put right, in place, what sqlglot made of every arrow and of every lambda."""
    for arrow in tuple(tree.find_all(exp.Lambda)):
        if is_json(arrow, dialect):
            read_as_json(arrow)
    for arrow in tree.find_all(exp.Lambda):
        read_columns(arrow)


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


def read_columns(arrow: exp.Lambda) -> None:
    """Every bare word in a lambda that is called like a parameter, with the fields behind it,
    becomes a column again."""
    names = {parameter.name for parameter in arrow.expressions}
    for word in tuple(bare_words(arrow.this)):
        if word.name in names:
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
