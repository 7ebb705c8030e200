"""SQL as it may be told: without its literals, and in a few words.

Both are read from the words of the text, not from its tree: that takes a fifth of the time, and
works for what no parser can read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from forerun.syntax import UNREADABLE, tokens_of

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

LONGEST_SUMMARY = 255
"""Characters, as the conventions have it."""
_LITERALS = ("STRING", "NUMBER")
_NAMES = frozenset({"VAR", "IDENTIFIER"})
_BEGIN_QUERIES = frozenset({"SELECT", "WITH", "VALUES"})
_BEFORE_TABLES = frozenset({"FROM", "JOIN"})


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
        parts.append("?" if _is_literal(token) else sql[token.start : token.end + 1])
        end = token.end + 1
    return "".join(parts)


def _is_literal(token: Token) -> bool:
    """STRING, HEX_STRING, HEREDOC_STRING, …, NUMBER."""
    return token.token_type.name.endswith(_LITERALS)


def _operation(tokens: Sequence[Token]) -> str:
    first = next((t for t in tokens if t.token_type.name != "L_PAREN"), None)
    if first is None or _is_literal(first):
        return "SQL"
    return "SELECT" if first.token_type.name == "WITH" else first.text.upper()


def _tables(tokens: Sequence[Token]) -> Iterator[str]:
    """What stands after FROM and JOIN, without common table expressions and functions."""
    kinds = [token.token_type.name for token in tokens]
    own = set(_expressions(tokens, kinds))
    queries = [True]
    """Whether each open bracket holds a query, or the arguments of a call."""
    for at, kind in enumerate(kinds):
        if kind == "L_PAREN":
            queries.append(kinds[at + 1 : at + 2] != [] and kinds[at + 1] in _BEGIN_QUERIES)
        elif kind == "R_PAREN":
            if len(queries) > 1:
                queries.pop()
        elif kind in _BEFORE_TABLES and (queries[-1] or kind == "JOIN"):
            if at and kinds[at - 1] == "DISTINCT":  # IS DISTINCT FROM
                continue
            name = _name(tokens, kinds, at + 1)
            if name and name not in own:
                yield name


def _expressions(tokens: Sequence[Token], kinds: Sequence[str]) -> Iterator[str]:
    """`name AS (SELECT`: names that a WITH gives to queries."""
    for at in range(len(kinds) - 3):
        is_named = kinds[at] in _NAMES and kinds[at + 1 : at + 3] == ["ALIAS", "L_PAREN"]
        if is_named and kinds[at + 3] in _BEGIN_QUERIES:
            yield tokens[at].text


def _name(tokens: Sequence[Token], kinds: Sequence[str], at: int) -> str:
    """`schema.table` from there on; empty where there is none, as before a subquery or a call."""
    parts: list[str] = []
    while at < len(kinds) and kinds[at] in _NAMES:
        parts.append(tokens[at].text)
        if kinds[at + 1 : at + 2] != ["DOT"]:
            return "" if kinds[at + 1 : at + 2] == ["L_PAREN"] else ".".join(parts)
        at += 2
    return ""
