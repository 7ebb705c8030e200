"""Bare words: names in a syntax tree that are no column's, as far as its shape tells.

A parser that takes a word for something else than a column (a unit, a parameter, a keyword of
some grammar) may be wrong about the database, which then reads a column there.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

KNOWN = (exp.Column, exp.Table, exp.TableAlias, exp.IntervalSpan)
"""The words of these are looked up elsewhere, or are units of time."""
GIVE_NAMES = {
    (exp.Alias, "alias"),
    (exp.Anonymous, "this"),
    (exp.Extract, "this"),
    (exp.Interval, "unit"),
    (exp.Kwarg, "this"),
    (exp.PropertyEQ, "this"),
    (exp.Window, "alias"),
}
"""Arguments that give a name to something, call a function by its own, or are units of time."""


def bare_words(tree: exp.Expr) -> Iterator[exp.Expr]:
    return filter(is_bare, tree.find_all(exp.Identifier, exp.Var))


def is_bare(word: exp.Expr) -> bool:
    parent = word.parent
    return not isinstance(parent, KNOWN) and (type(parent), word.arg_key) not in GIVE_NAMES
