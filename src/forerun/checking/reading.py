"""From a text to the tree of its only statement, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from forerun import syntax
from forerun.checking.shape import too_big, too_complex
from forerun.domain import Reason, ReasonCode

MAX_CHARACTERS = 100_000
MAX_DEPTH = 400
"""Of the tree; a chain of 300 ANDs is deep and legitimate, and needs no recursion."""

EXECUTABLE = ("!", "M!", "+")
"""How comments start that MySQL runs, or takes hints from."""

BYTE_ORDER_MARK = "\ufeff"


def only_statement(sql: str, dialect: str) -> exp.Expr | Reason:
    """The tree of the one query in `sql`, read in its dialect."""
    text = sql.removeprefix(BYTE_ORDER_MARK).strip()
    if not text:
        return Reason(ReasonCode.EMPTY, "There is no SQL.")
    if len(text) > MAX_CHARACTERS:
        return too_complex("characters", len(text), MAX_CHARACTERS)
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
    if dialect == "mysql" and has_live_comment(tokens, text):
        return LIVE_COMMENT
    return too_big(tokens, dialect)


LIVE_COMMENT = Reason(
    ReasonCode.FORBIDDEN_SYNTAX,
    "A comment that MySQL would run (/*! … */) or take hints from (/*+ … */) is not allowed.",
    "Leave the comment out.",
)


def has_live_comment(tokens: Sequence[Token], text: str) -> bool:
    """MySQL runs what stands in /*! … */, MariaDB also /*M! … */; sqlglot sees a comment."""
    return any(token.token_type == TokenType.HINT for token in tokens) or any(
        comment[2:].startswith(EXECUTABLE)
        for gap in gaps(tokens, text)
        for comment in comments_in(gap)
        if comment.startswith("/*")
    )


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
        return too_complex("levels of its syntax tree", depth, MAX_DEPTH)
    return tree


def depth_of(tree: exp.Expr) -> int:
    depth, level = 0, [tree]
    while level:
        depth += 1
        level = [child for node in level for child in node.iter_expressions()]
    return depth


TOO_DEEP = Reason(
    ReasonCode.TOO_COMPLEX, "The SQL is too complex: it nests too deeply.", "Simplify the query."
)


def _in_words(description: str) -> str:
    """sqlglot names its own classes and tokens: `… missing for <class '….Where'>`."""
    missing = re.search(r"missing for <class '[\w.]*?(\w+)'>", description)
    if missing:
        return f"something is missing in {missing[1].upper()}"
    return re.sub(r"<Token .*?text: (.*?), line: .*>", r"'\1'", description)


def unparsable(error: Exception, dialect: str) -> Reason:
    where = ""
    if isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        near = " ".join(str(first.get("highlight") or "").split())[:60]
        where = f": {_in_words(str(first.get('description')))}"
        where += f" near '{near}' (line {first.get('line')})" if near else ""
    elif isinstance(error, ParseError):
        where = f": {error}"
    elif isinstance(error, SqlglotError):
        where = ": a quote or a comment is not closed"
    elif isinstance(error, RecursionError):
        return TOO_DEEP
    return Reason(ReasonCode.UNPARSABLE, f"This is not valid {dialect} SQL{where}.")
