"""SQL text to syntax tree and back, without a change of meaning.

sqlglot translates between dialects: it reads a function it knows into its own idea of that
function, and writes that idea down again. We never translate, so functions are read as plain
calls and come out as they went in. Comments are dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

logging.getLogger("sqlglot").addHandler(logging.NullHandler())  # its advice is for translators

UNREADABLE: tuple[type[Exception], ...] = (
    SqlglotError,
    RecursionError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What sqlglot raises for a text that it cannot read: mostly its own errors, sometimes
whatever Python error its parser ran into."""

TAKES_A_UNIT = frozenset(
    {"timestampdiff", "timestampadd", "datediff", "dateadd", "datepart", "datename", "get_format"}
)
UNITS = frozenset(
    {
        *("microsecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"),
        *("date", "time", "datetime", "timestamp", "dayofyear", "weekday", "millisecond"),
        *("sql_tsi_second", "sql_tsi_minute", "sql_tsi_hour", "sql_tsi_day", "sql_tsi_week"),
        *("sql_tsi_month", "sql_tsi_quarter", "sql_tsi_year"),
    }
)
UNITS_ARE_TEXT = frozenset({"duckdb", "postgres", "sqlite"})


def tokens_of(sql: str, dialect: str) -> list[Token]:
    """The words of a text. Raises one of `UNREADABLE`."""
    return Dialect.get_or_raise(dialect).tokenize(sql)


def statements_of(tokens: Sequence[Token], sql: str, dialect: str) -> list[exp.Expr]:
    """The trees of all statements in a text. Raises one of `UNREADABLE`.

    A closing bracket with the comment "sqlglot.anonymous" tells sqlglot to leave the call that
    it closes alone; so every closing bracket gets one.
    """
    marked = list(tokens)
    for token in marked:
        token.comments.clear()
        if token.token_type == TokenType.R_PAREN:
            token.comments.append(exp.SQLGLOT_ANONYMOUS)
    trees = Dialect.get_or_raise(dialect).parser().parse(marked, sql)
    found = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    return [plain(tree, dialect) for tree in found]


def read(sql: str, dialect: str) -> exp.Expr:
    """The tree of the only statement in a text. Raises one of `UNREADABLE`."""
    trees = statements_of(tokens_of(sql, dialect), sql, dialect)
    if len(trees) != 1:
        raise ValueError(f"{len(trees)} statements where one was expected")
    return trees[0]


def plain(tree: exp.Expr, dialect: str) -> exp.Expr:
    """The tree with what plain calls and plain strings leave to be understood put right."""
    if dialect not in UNITS_ARE_TEXT:
        read_units(tree)
    for other in tuple(tree.find_all(exp.ByteString, exp.RawString)):
        other.replace(exp.Literal.string(other.name))  # E'…' and $$…$$, their escapes already read
    return tree


def read_units(tree: exp.Expr) -> None:
    """TIMESTAMPDIFF(MONTH, a, b): MONTH is a unit there, not a column."""
    for call in tree.find_all(exp.Anonymous):
        if call.name.lower() not in TAKES_A_UNIT:
            continue
        for argument in call.expressions:
            if (
                isinstance(argument, exp.Column)
                and not argument.table
                and not argument.this.args.get("quoted")
                and argument.name.lower() in UNITS
            ):
                argument.replace(exp.Var(this=argument.name))


def write(tree: exp.Expr, dialect: str) -> str:
    """The text of a tree, comments dropped. Raises one of `UNREADABLE`.

    Raises, too, where the generator would leave out what it cannot say in this dialect.
    """
    rewrites = OWN_WORDS.get(dialect)
    if rewrites and tree.find(*rewrites):
        tree = tree.copy().transform(lambda node: in_own_words(node, dialect, rewrites), copy=False)
    return tree.sql(
        dialect=dialect,
        comments=False,
        normalize_functions=False,
        unsupported_level=ErrorLevel.RAISE,
    )


OwnWords: TypeAlias = Mapping[type[exp.Expr], Callable[[exp.Expr, str], str]]


def in_own_words(node: exp.Expr, dialect: str, rewrites: OwnWords) -> exp.Expr:
    words = rewrites.get(type(node))
    return exp.Var(this=words(node, dialect)) if words else node


def rlike(node: exp.Expr, dialect: str) -> str:
    """sqlglot writes REGEXP_LIKE(a, b), which MariaDB does not have."""
    return f"{write(node.this, dialect)} RLIKE {write(node.expression, dialect)}"


def tilde(node: exp.Expr, dialect: str) -> str:
    """sqlglot writes REGEXP_MATCHES(a, b), which finds a part; in DuckDB ~ takes the whole."""
    return f"{write(node.this, dialect)} ~ {write(node.expression, dialect)}"


def ignore_nulls(node: exp.Expr, dialect: str) -> str:
    """sqlglot writes it only behind the window functions that it knows."""
    return f"{write(node.this, dialect)} IGNORE NULLS"


def within_group(node: exp.Expr, dialect: str) -> str:
    """sqlglot writes percentile_cont(0.5 ORDER BY x), which DuckDB does not have."""
    order = write(node.expression, dialect).strip()
    return f"{write(node.this, dialect)} WITHIN GROUP ({order})"


OWN_WORDS: Mapping[str, OwnWords] = {
    "duckdb": {
        exp.RegexpLike: tilde,
        exp.IgnoreNulls: ignore_nulls,
        exp.WithinGroup: within_group,
    },
    "mysql": {exp.RegexpLike: rlike},
}
"""Where a database does not know the words that sqlglot's generator uses."""
