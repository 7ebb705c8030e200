"""From a text to the tree of its only statement, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from forerun import syntax
from forerun.domain import Reason, ReasonCode

MAX_CHARACTERS = 100_000
MAX_TOKENS = 20_000
MAX_NESTING = 48
"""Brackets and CASEs inside each other. Parsers, ours and the database's, recurse on them."""
MAX_PREFIXES = 24
"""Prefix operators in a row: NOT NOT NOT …, - - - …"""
MAX_QUERIES = 150
"""SELECTs and VALUES in one statement."""
MAX_DEPTH = 400
"""Of the tree; a chain of 300 ANDs is deep and legitimate, and needs no recursion."""

OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
PREFIXES = {
    *(TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE, TokenType.INTERVAL),
    *(TokenType.PARAMETER, TokenType.ANY, TokenType.ALL, TokenType.ARRAY, TokenType.FROM),
    *(TokenType.ROW, TokenType.MAP, TokenType.DATE, TokenType.DISTINCT),
    *(TokenType.COMMAND, TokenType.LT),
}
EXECUTABLE = ("!", "M!", "+")
"""How comments start that MySQL runs, or takes hints from."""

BYTE_ORDER_MARK = "\ufeff"


def only_statement(sql: str, dialect: str) -> exp.Expr | Reason:
    """The tree of the one query in `sql`, read in its dialect."""
    text = sql.removeprefix(BYTE_ORDER_MARK).strip()
    if not text:
        return Reason(ReasonCode.EMPTY, "There is no SQL.")
    if len(text) > MAX_CHARACTERS:
        return too_complex(f"it is {len(text):,} characters long", f"{MAX_CHARACTERS:,}")
    if "\x00" in text:
        return Reason(ReasonCode.UNPARSABLE, "The SQL holds a null character.")
    try:
        tokens = syntax.tokens_of(text, dialect)
        if reason := before_parsing(tokens, text, dialect):
            return reason
        trees = syntax.statements_of(tokens, text, dialect)
    except syntax.UNREADABLE as error:
        return unparsable(error, dialect)
    return one_query(trees)


def before_parsing(tokens: Sequence[Token], text: str, dialect: str) -> Reason | None:
    """What can be said before sqlglot recurses into the text."""
    if not tokens:
        return Reason(ReasonCode.EMPTY, "There is no SQL, only comments.")
    if len(tokens) > MAX_TOKENS:
        return too_complex(f"it has {len(tokens):,} words", f"{MAX_TOKENS:,}")
    nesting, prefixes = deepest(tokens)
    queries = sum(token.token_type in (TokenType.SELECT, TokenType.VALUES) for token in tokens)
    if queries > MAX_QUERIES:
        return too_complex(f"it holds {queries} queries", str(MAX_QUERIES))
    if nesting > MAX_NESTING:
        return too_complex(f"it nests {nesting} levels deep", str(MAX_NESTING))
    if prefixes > MAX_PREFIXES:
        return too_complex(f"it has {prefixes} operators in a row", str(MAX_PREFIXES))
    return live_comment(tokens, text) if dialect == "mysql" else None


LIVE_COMMENT = Reason(
    ReasonCode.FORBIDDEN_SYNTAX,
    "A comment that MySQL would run (/*! … */) or take hints from (/*+ … */) is not allowed.",
    "Leave the comment out.",
)


def deepest(tokens: Sequence[Token]) -> tuple[int, int]:
    """How deep brackets nest, and the longest row of prefix operators."""
    depth = deepest_depth = row = longest_row = 0
    for token in tokens:
        if token.token_type in OPENING:
            depth += 1
        elif token.token_type in CLOSING:
            depth -= 1
        row = row + 1 if token.token_type in PREFIXES else 0
        deepest_depth = max(deepest_depth, depth)
        longest_row = max(longest_row, row)
    return deepest_depth, longest_row


def live_comment(tokens: Sequence[Token], text: str) -> Reason | None:
    """MySQL runs what stands in /*! … */, MariaDB also /*M! … */; sqlglot sees a comment."""
    if any(token.token_type == TokenType.HINT for token in tokens):
        return LIVE_COMMENT
    live = any(
        comment[2:].startswith(EXECUTABLE)
        for gap in gaps(tokens, text)
        for comment in comments_in(gap)
        if comment.startswith("/*")
    )
    return LIVE_COMMENT if live else None


def gaps(tokens: Sequence[Token], text: str) -> Iterator[str]:
    """What stands between the tokens: blanks and comments."""
    end = 0
    for token in tokens:
        yield text[end : token.start]
        end = token.end + 1
    yield text[end:]


def comments_in(gap: str) -> Iterator[str]:
    at = 0
    while at < len(gap):
        if gap.startswith("/*", at):
            end = gap.find("*/", at + 2)
            end = len(gap) if end < 0 else end + 2
        elif gap.startswith(("--", "#"), at):
            end = gap.find("\n", at)
            end = len(gap) if end < 0 else end
        else:
            at += 1
            continue
        yield gap[at:end]
        at = end


def one_query(trees: Sequence[exp.Expr]) -> exp.Expr | Reason:
    if not trees:
        return Reason(ReasonCode.EMPTY, "There is no SQL, only comments.")
    if len(trees) > 1:
        return Reason(
            ReasonCode.NOT_ONE_STATEMENT,
            f"There are {len(trees)} statements; exactly one is allowed.",
            "Combine them into one query, or keep only one.",
        )
    tree = trees[0]
    depth = depth_of(tree)
    if depth > MAX_DEPTH:
        return too_complex(f"its syntax tree is {depth} levels deep", str(MAX_DEPTH))
    return tree


def depth_of(tree: exp.Expr) -> int:
    deepest, stack = 0, [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in node.iter_expressions())
    return deepest


def unparsable(error: Exception, dialect: str) -> Reason:
    where = ""
    if isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        near = " ".join(str(first.get("highlight") or "").split())[:60]
        where = f": {first.get('description')}"
        where += f" near '{near}' (line {first.get('line')})" if near else ""
    elif isinstance(error, SqlglotError):
        where = ": a quote or a comment is not closed"
    elif isinstance(error, RecursionError):
        return too_complex("it nests too deeply", "what the parser can follow")
    return Reason(ReasonCode.UNPARSABLE, f"This is not valid {dialect} SQL{where}.")


def too_complex(what: str, limit: str) -> Reason:
    return Reason(
        ReasonCode.TOO_COMPLEX,
        f"The SQL is too complex: {what}; the limit is {limit}.",
        "Simplify the query.",
    )
