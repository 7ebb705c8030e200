"""What is written down as a number, or as a sum of numbers."""

from __future__ import annotations

from math import inf

from sqlglot import exp


def number(node: exp.Expr | None) -> float | None:
    """The value of an expression made of numbers alone."""
    if isinstance(node, exp.Literal) and not node.is_string:
        return float(node.name)
    if isinstance(node, exp.Paren | exp.Cast | exp.TryCast | exp.Subquery | exp.Alias):
        return number(node.this)
    if isinstance(node, exp.Select):
        return number(node.expressions[0]) if len(node.expressions) == 1 else None
    if isinstance(node, exp.Neg):
        value = number(node.this)
        return None if value is None else -value
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Pow):
        return combined(node, number(node.this), number(node.expression))
    return None


def combined(node: exp.Expr, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    if isinstance(node, exp.Mul):
        return left * right
    if isinstance(node, exp.Pow):
        return inf if abs(left) > 1 and right > 300 else float(abs(left) ** right)
    return left + right if isinstance(node, exp.Add) else left - right


def written(node: exp.Expr) -> float:
    """A number, also one in quotes; a text that is none is none."""
    if isinstance(node, exp.Null):
        return 0.0
    try:
        return abs(float(node.name))
    except ValueError:
        return inf
