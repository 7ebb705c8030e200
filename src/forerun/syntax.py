"""SQL text to syntax tree and back, without a change of meaning.

sqlglot translates between dialects: it reads a function it knows into its own idea of that
function, and writes that idea down again. We never translate, so functions are read as plain
calls and come out as they went in. Comments are dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias, TypeVar

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.expressions import DType
from sqlglot.tokenizer_core import Token, TokenType

from forerun.lambdas import read_words
from forerun.wording import PLAIN_CALL, reworded

T = TypeVar("T")

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

TAKES_A_UNIT = {
    "timestampdiff": 3,
    "timestampadd": 3,
    "datediff": 3,
    "dateadd": 3,
    "datepart": 2,
    "datename": 2,
    "get_format": 2,
}
"""Functions whose first argument is a unit, with the number of arguments that they then have:
DATEDIFF(date, other) of MySQL has none."""
UNITS = frozenset(
    {
        *("microsecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"),
        *("date", "time", "datetime", "timestamp", "dayofyear", "weekday", "millisecond"),
        *("sql_tsi_second", "sql_tsi_minute", "sql_tsi_hour", "sql_tsi_day", "sql_tsi_week"),
        *("sql_tsi_month", "sql_tsi_quarter", "sql_tsi_year"),
    }
)
UNITS_ARE_TEXT = frozenset({"duckdb", "postgres", "sqlite"})

PLACES = ("line", "col", "start", "end")
"""What sqlglot notes of where a word stood."""
KEPT, LONGEST_KEPT = 96, 4_000
"""Trees of texts that were read lately, and the characters of the longest."""
FOUND_KEPT = 1_024
"""Of what was found in trees: for as many texts."""


def tokens_of(sql: str, dialect: str) -> list[Token]:
    """The words of a text. Raises one of `UNREADABLE`."""
    return Dialect.get_or_raise(dialect).tokenize(sql)


def statements_of(tokens: Sequence[Token], sql: str, dialect: str) -> list[exp.Expr]:
    """The trees of all statements in a text. Raises one of `UNREADABLE`.

    A closing bracket with the comment "sqlglot.anonymous" tells sqlglot to leave the call that
    it closes alone; so every closing bracket gets one.
    """
    marked = reworded(tokens, sql, dialect)
    for token in marked:
        token.comments.clear()
        if token.token_type == TokenType.R_PAREN:
            token.comments.append(exp.SQLGLOT_ANONYMOUS)
    trees = Dialect.get_or_raise(dialect).parser().parse(marked, sql)
    found = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    for tree in found:
        plain(tree, dialect)
    return found


def read(sql: str, dialect: str) -> exp.Expr:
    """The tree of the only statement in a text, the caller's own. Raises one of `UNREADABLE`."""
    return looked_at(sql, dialect).copy()


def looked_at(sql: str, dialect: str) -> exp.Expr:
    """The same, for who changes nothing in it: others look at it too. It costs no copy."""
    return (_read_lately if len(sql) <= LONGEST_KEPT else _read)(sql, dialect)


def _read(sql: str, dialect: str) -> exp.Expr:
    trees = statements_of(tokens_of(sql, dialect), sql, dialect)
    if len(trees) != 1:
        raise ValueError(f"{len(trees)} statements where one was expected")
    return trees[0]


_read_lately = lru_cache(maxsize=KEPT)(_read)
"""One statement is looked at for its dates, its limit and its canonical text."""


def remembered(find: Callable[[exp.Expr], T]) -> Callable[[str, str], T]:
    """What `find` tells of the tree of a text, by the text and its dialect: told again without its
    tree, which takes so much more room that few are kept."""

    def found(sql: str, dialect: str) -> T:
        return find(looked_at(sql, dialect))

    found_lately = lru_cache(maxsize=FOUND_KEPT)(found)
    return lambda sql, dialect: (found_lately if len(sql) <= LONGEST_KEPT else found)(sql, dialect)


def plain(tree: exp.Expr, dialect: str) -> None:
    """Put right, in place, what plain calls and plain strings leave to be understood."""
    for node in tree.walk():
        for place in PLACES if node.meta_get("line") is not None else ():
            node.meta.pop(place, None)  # nobody asks where it stood, and copying it takes long
    if dialect not in UNITS_ARE_TEXT:
        read_units(tree)
    if tree.find(exp.Lambda, exp.Dot):
        read_words(tree, dialect)
    for other in tuple(tree.find_all(exp.ByteString, exp.RawString)):
        other.replace(exp.Literal.string(other.name))  # E'…' and $$…$$, their escapes already read
    for call in tree.find_all(exp.Anonymous):
        if isinstance(call.this, str):
            call.set("this", call.this.removeprefix(PLAIN_CALL))


def read_units(tree: exp.Expr) -> None:
    """TIMESTAMPDIFF(MONTH, a, b): MONTH is a unit there, not a column; only there."""
    for call in tree.find_all(exp.Anonymous):
        arguments = call.expressions
        if not arguments or len(arguments) != TAKES_A_UNIT.get(call.name.lower()):
            continue
        unit = arguments[0]
        if (
            isinstance(unit, exp.Column)
            and not unit.table
            and not unit.this.args.get("quoted")
            and unit.name.lower() in UNITS
        ):
            unit.replace(exp.Var(this=unit.name))


def write(tree: exp.Expr, dialect: str, *, last: bool = False) -> str:
    """The text of a tree, comments dropped. Raises one of `UNREADABLE`.

    Raises, too, where the generator would leave out what it cannot say in this dialect. A tree that
    is written for the `last` time may be spoilt by it, and need not be copied.
    """
    rewrites = OWN_WORDS.get(dialect)
    if rewrites and tree.find(*rewrites):
        tree = tree.copy().transform(lambda node: in_own_words(node, dialect, rewrites), copy=False)
    return tree.sql(
        dialect=dialect,
        copy=not last,
        comments=False,
        normalize_functions=False,
        unsupported_level=ErrorLevel.RAISE,
    )


OwnWords: TypeAlias = Mapping[type[exp.Expr], Callable[[exp.Expr, str], str | None]]


def in_own_words(node: exp.Expr, dialect: str, rewrites: OwnWords) -> exp.Expr:
    say = rewrites.get(type(node))
    words = say(node, dialect) if say else None
    return node if words is None else exp.Var(this=words)


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


def hex_number(node: exp.Expr, dialect: str) -> str | None:
    """0xFF, where sqlglot would write x'FF'."""
    return node.name if node.name.startswith("0x") else None


def list_of_values(node: exp.Expr, dialect: str) -> str:
    """ARRAY[(SELECT 1), 2]; sqlglot writes ARRAY(SELECT 1), which is the rows of a query."""
    return f"ARRAY[{', '.join(write(item, dialect) for item in node.expressions)}]"


def starts_with(node: exp.Expr, dialect: str) -> str:
    return f"{write(node.this, dialect)} ^@ {write(node.expression, dialect)}"


def limited_concat(node: exp.Expr, dialect: str) -> str | None:
    """sqlglot writes the separator, which must stand before LIMIT, behind it."""
    if not isinstance(node.this, exp.Limit) or node.args.get("separator"):
        return None
    return f"GROUP_CONCAT({write(node.this, dialect)})"


def comma(node: exp.Expr, dialect: str) -> str | None:
    """sqlglot reads FROM a, b as a CROSS JOIN, which keeps SQLite from choosing the order."""
    crossed = node.args.get("kind") == "CROSS" and not node.args.get("on")
    return f", {write(node.this, dialect)}" if crossed and not node.args.get("using") else None


def numeric(node: exp.Expr, dialect: str) -> str | None:
    """sqlglot writes REAL for DECIMAL; in SQLite a whole DECIMAL is an integer."""
    is_numeric = node.args["to"].this in (DType.DECIMAL, DType.BOOLEAN)
    return f"CAST({write(node.this, dialect)} AS NUMERIC)" if is_numeric else None


OWN_WORDS: Mapping[str, OwnWords] = {
    "duckdb": {
        exp.RegexpLike: tilde,
        exp.IgnoreNulls: ignore_nulls,
        exp.WithinGroup: within_group,
        exp.StartsWith: starts_with,
    },
    "mysql": {
        exp.RegexpLike: rlike,
        exp.HexString: hex_number,
        exp.GroupConcat: limited_concat,
    },
    "postgres": {
        exp.Array: list_of_values,
        exp.HexString: hex_number,
        exp.StartsWith: starts_with,
    },
    "sqlite": {exp.Join: comma, exp.Cast: numeric},
}
"""Where a database does not know the words that sqlglot's generator uses."""
