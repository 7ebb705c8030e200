"""How big a value a single call may make.

A row is made in one piece: while repeat() fills gigabytes, no timeout and no memory limit of an
engine inside our own process is heeded. So what says how big a value gets must be small: a plain
number, or something computed from data by small numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod

from sqlglot import exp

MAX_REPEATED = 10_000
"""Characters or elements made by one call of repeat(), lpad() and their kin."""
MAX_MULTIPLIED = 1_000_000
"""By all such calls and lists of a statement: one may work on what the other made."""
MAX_FORMATTING = 100
"""Padding up to this width is left out of that product: reports pad many columns."""

REPEATING = {
    "repeat": 1,
    "replicate": 1,
    "lpad": 1,
    "rpad": 1,
    "array_resize": 1,
    "list_resize": 1,
    "bar": 3,
    "bitstring": 1,
    "to_base": 2,
    "equi_width_bins": 2,
    "space": 0,
    "zeroblob": 0,
}
"""Where the count stands among the arguments."""
SERIES = frozenset({"generate_series", "range"})
FORMATTING = frozenset({"format", "printf", "sprintf"})
WIDE = re.compile(r"\d{5}")
GROWING = frozenset({"power", "pow", "exp", "factorial", "hash", "unix_timestamp"})
COMPARING = frozenset({"levenshtein", "editdist3", "damerau_levenshtein"})
"""Work and memory grow with the product of the lengths."""
GATHERING = frozenset(
    {"array_to_string", "group_concat", "list_aggregate", "listagg", "replace", "string_agg"}
)
"""What makes long texts of short ones."""


def too_big_values(tree: exp.Expr) -> Iterator[str]:
    """What is wrong with every call that would make too big a value."""
    calls = list(tree.find_all(exp.Anonymous))
    made = made_values(tree) if calls else {}
    multiplied = 1.0
    for call in calls:
        name, count = call.name.lower(), parts_made(call, made)
        if name in REPEATING and count > MAX_REPEATED:
            yield f"{name}() would make a value of more than {MAX_REPEATED:,} parts."
        elif name in FORMATTING and is_too_wide(call):
            yield f"{name}() would make a text of more than {MAX_REPEATED:,} characters."
        elif name in COMPARING and makes_texts(call):
            yield f"{name}() compares what is written or stored, not texts made for it."
        multiplied *= count if count > MAX_FORMATTING else 1.0
    if multiplied > MAX_MULTIPLIED:
        yield f"Values made from one another would have more than {MAX_MULTIPLIED:,} parts."


def parts_made(call: exp.Anonymous, made: Mapping[str, float]) -> float:
    """Of how many parts the value of a call is; 1 for a call that makes nothing bigger."""
    name = call.name.lower()
    at = REPEATING.get(name)
    if at is not None and len(call.expressions) > at:
        return at_most(call.expressions[at], made)
    if name in SERIES and not isinstance(call.parent, exp.Table):  # in FROM, they are rows
        return series_length(call) or 1.0
    return 1.0


def series_length(call: exp.Anonymous) -> float | None:
    """How many numbers range() or generate_series() gives, where its bounds are written."""
    values = [number(argument) for argument in call.expressions[:3]]
    if not values or any(value is None for value in values[:2]):
        return None
    known = [value for value in values if value is not None]
    start, stop = (0.0, known[0]) if len(known) == 1 else (known[0], known[1])
    step = known[2] if len(known) > 2 else 1.0
    return abs((stop - start) / step) if step else None


def made_values(tree: exp.Expr) -> Mapping[str, float]:
    """Columns of the statement's own making, with the largest number they are made of."""
    made: dict[str, float] = {}
    for node in tree.find_all(exp.Alias, exp.TableAlias):
        if isinstance(node, exp.TableAlias):
            names, source = [column.name for column in node.columns], node.parent
        else:
            names, source = [node.alias], node.this
        if names and source is not None:
            value = max((number(source) or 0.0, *map(written, source.find_all(exp.Literal))))
            made |= {name.lower(): max(value, made.get(name.lower(), 0.0)) for name in names}
    return made


def at_most(node: exp.Expr, made: Mapping[str, float]) -> float:
    """How large a count gets, what is stored taken for small: the tree cannot tell."""
    known = number(node)
    if known is not None:
        return known
    parts = [at_most(part, made) for part in parts_of(node)]
    if isinstance(node, exp.Mul):
        return prod(max(part, 1.0) for part in parts)
    if isinstance(node, exp.Add | exp.Sub):
        return sum(parts)
    if isinstance(node, exp.Column):
        return made.get(node.name.lower(), 1.0)
    if isinstance(node, exp.Literal):
        return written(node)
    if isinstance(node, exp.Pow) or (isinstance(node, exp.Anonymous) and node.name in GROWING):
        return float("inf")
    return max(parts, default=1.0)


def parts_of(node: exp.Expr) -> Iterator[exp.Expr]:
    """What makes the value: not what divides it, not the conditions of a query."""
    if isinstance(node, exp.Div | exp.IntDiv):
        yield node.this
    elif isinstance(node, exp.Mod):
        yield node.expression
    elif isinstance(node, exp.Select):
        yield from node.expressions
    elif not isinstance(node, exp.Predicate):
        yield from node.iter_expressions()


def written(text: exp.Literal) -> float:
    try:
        return float(text.name)
    except ValueError:
        return 1.0


def is_too_wide(call: exp.Anonymous) -> bool:
    """`%100000d`, however its pieces are put together, or `%*d` with such a number."""
    if not call.expressions:
        return False
    texts = [text.name for text in call.expressions[0].find_all(exp.Literal) if text.is_string]
    pattern = "".join(texts)
    widths = [number(value) for value in call.expressions[1:]] if "*" in pattern else []
    return WIDE.search(pattern) is not None or any(w and w > MAX_REPEATED for w in widths)


def makes_texts(call: exp.Anonymous) -> bool:
    inside = (inner.name.lower() for inner in call.find_all(exp.Anonymous))
    made = any(name in REPEATING or name in FORMATTING or name in GATHERING for name in inside)
    return made or call.find(exp.Query, exp.GroupConcat) is not None


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
        return float("inf") if abs(left) > 1 and right > 300 else float(abs(left) ** right)
    return left + right if isinstance(node, exp.Add) else left - right
