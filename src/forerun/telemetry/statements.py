"""SQL as it may be told: without its literals, and in a few words.

Both are read from the words of the text, not from its tree: that takes a fifth of the time, and
works for what no parser can read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot.tokenizer_core import Token, TokenType

from forerun.syntax import UNREADABLE, tokens_of

LONGEST_SUMMARY = 255
"""Characters, as the conventions have it."""
_LITERALS = frozenset(kind for kind in TokenType if kind.name.endswith(("STRING", "NUMBER")))
_NAMES = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
_BEGIN_QUERIES = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.VALUES})


@dataclass(frozen=True, slots=True)
class Told:
    """One statement."""

    text: str | None
    """With `?` for each literal and without comments; None where it cannot be read."""
    summary: str
    """`SELECT orders customers`; only the first word where it cannot be read."""
    operation: str
    tables: tuple[str, ...]


@lru_cache(maxsize=1_024)
def told(sql: str, dialect: str) -> Told:
    """What may be told of a statement to whoever must not see its values."""
    try:
        tokens = tokens_of(sql, dialect)
    except UNREADABLE:
        return Told(None, "SQL", "SQL", ())
    operation = _operation(tokens)
    tables = tuple(dict.fromkeys(_tables(tokens)))
    summary = " ".join([operation, *tables])[:LONGEST_SUMMARY]
    return Told(_sanitised(sql, tokens), summary, operation, tables)


def _sanitised(sql: str, tokens: Sequence[Token]) -> str:
    """Each word as it stands, but for literals; what lies between them is at most a space."""
    parts: list[str] = []
    end = 0
    for token in tokens:
        if parts and token.start > end:
            parts.append(" ")
        end = token.end + 1
        parts.append("?" if token.token_type in _LITERALS else sql[token.start : end])
    return "".join(parts)


def _operation(tokens: Sequence[Token]) -> str:
    first = next((t for t in tokens if t.token_type is not TokenType.L_PAREN), None)
    if first is None or first.token_type in _LITERALS:
        return "SQL"
    return "SELECT" if first.token_type is TokenType.WITH else first.text.upper()


def _tables(tokens: Sequence[Token]) -> Iterator[str]:
    """What stands after FROM and JOIN, without common table expressions and functions."""
    kinds = [token.token_type for token in tokens]
    own = set(_expressions(tokens, kinds))
    queries = [True]
    """Whether each open bracket holds a query, or the arguments of a call."""
    for at, kind in enumerate(kinds):
        if kind is TokenType.L_PAREN:
            queries.append(at + 1 < len(kinds) and kinds[at + 1] in _BEGIN_QUERIES)
        elif kind is TokenType.R_PAREN:
            queries = queries[:-1] or [True]
        elif kind is TokenType.JOIN or (kind is TokenType.FROM and queries[-1]):
            is_test = kinds[at - 1 : at] == [TokenType.DISTINCT]  # IS DISTINCT FROM
            name = "" if is_test else _name(tokens, kinds, at + 1)
            if name and name not in own:
                yield name


def _expressions(tokens: Sequence[Token], kinds: Sequence[TokenType]) -> Iterator[str]:
    """`name AS (SELECT`: names that a WITH gives to queries."""
    if TokenType.WITH not in kinds:
        return
    for at in range(len(kinds) - 3):
        opens = kinds[at + 1] is TokenType.ALIAS and kinds[at + 2] is TokenType.L_PAREN
        if opens and kinds[at] in _NAMES and kinds[at + 3] in _BEGIN_QUERIES:
            yield tokens[at].text


def _name(tokens: Sequence[Token], kinds: Sequence[TokenType], at: int) -> str:
    """`schema.table` from there on; empty where there is none, as before a subquery or a call."""
    parts: list[str] = []
    while at < len(kinds) and kinds[at] in _NAMES:
        parts.append(tokens[at].text)
        following = kinds[at + 1] if at + 1 < len(kinds) else None
        if following is not TokenType.DOT:
            return "" if following is TokenType.L_PAREN else ".".join(parts)
        at += 2
    return ""
