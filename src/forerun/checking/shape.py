"""How big and how deep a text is, told from its tokens alone: before any parser recurses into it.

The limits keep the slowest text that passes below a second. sqlglot tries what follows a type
word (ARRAY[ …, STRUCT( …, CHAR( …) as a type first, then as a value: each level doubles the time.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import Token, TokenType

from forerun.domain import Reason, ReasonCode

MAX_TOKENS = 20_000
MAX_QUERIES = 150
"""SELECTs and VALUES in one statement."""
MAX_NESTING = 48
"""Brackets and CASEs inside each other. Parsers, ours and the database's, recurse on them."""
MAX_NESTED_VALUES = 8
"""Lists, structs and calls of type names inside each other."""
MAX_SUBSCRIPTS = 150
MAX_PREFIXES = 24
"""Prefix operators in a row: NOT NOT NOT …, - - - …"""

VALUE_OPENING = {TokenType.L_BRACKET, TokenType.L_BRACE}
OPENING = {*VALUE_OPENING, TokenType.L_PAREN, TokenType.CASE}
CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
PREFIXES = {
    *(TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE, TokenType.INTERVAL),
    *(TokenType.PARAMETER, TokenType.ANY, TokenType.ALL, TokenType.ARRAY, TokenType.FROM),
    *(TokenType.ROW, TokenType.MAP, TokenType.DATE, TokenType.DISTINCT, TokenType.COMMAND),
    *(TokenType.LT, TokenType.STRUCT),
}
QUERIES = {TokenType.SELECT, TokenType.VALUES}


def too_big(tokens: Sequence[Token], dialect: str) -> Reason | None:
    """A reason when any limit is passed."""
    nesting, nested_values = deepest(tokens, dialect)
    measured = (
        ("words", len(tokens), MAX_TOKENS),
        ("queries", sum(token.token_type in QUERIES for token in tokens), MAX_QUERIES),
        ("levels of nesting", nesting, MAX_NESTING),
        ("levels of nested values", nested_values, MAX_NESTED_VALUES),
        (
            "lists and subscripts",
            sum(t.token_type in VALUE_OPENING for t in tokens),
            MAX_SUBSCRIPTS,
        ),
        ("operators in a row", longest_row(tokens), MAX_PREFIXES),
    )
    return next(
        (too_complex(what, count, limit) for what, count, limit in measured if count > limit), None
    )


def too_complex(what: str, count: int, limit: int) -> Reason:
    return Reason(
        ReasonCode.TOO_COMPLEX,
        f"The SQL is too complex: {count:,} {what}; the limit is {limit:,}.",
        "Simplify the query.",
    )


def deepest(tokens: Sequence[Token], dialect: str) -> tuple[int, int]:
    """How deep brackets nest, and how deep those do that stand for values or follow a type."""
    types = Dialect.get_or_raise(dialect).parser_class.TYPE_TOKENS
    stack: list[bool] = []
    depth = values = deepest_values = 0
    before = None
    for token in tokens:
        kind = token.token_type
        if kind in OPENING:
            stack.append(kind in VALUE_OPENING or before in types)
            values += stack[-1]
            depth, deepest_values = max(depth, len(stack)), max(deepest_values, values)
        elif kind in CLOSING and stack:
            values -= stack.pop()
        before = kind
    return depth, deepest_values


def longest_row(tokens: Sequence[Token]) -> int:
    row = longest = 0
    for token in tokens:
        row = row + 1 if token.token_type in PREFIXES else 0
        longest = max(longest, row)
    return longest
