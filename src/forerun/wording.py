"""Words of a SQL text put so that sqlglot reads what the database would read.

sqlglot settles some things while it parses, and its tree no longer tells what was written:
INTERVAL '10 days ago' becomes ten days, 0xFF a string, CAST(x AS DATE) a call of DATE(x). So
what it would settle wrongly is said in other words of the same meaning before it parses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token, TokenType

Tokens: TypeAlias = Sequence[Token]

PLAIN_CALL = "plain__"
"""Before the name of a call that sqlglot knows by a grammar of its own, and is not to know."""
PLAIN_CALLS = {
    "postgres": frozenset({"date_part"}),  # gives floats, EXTRACT gives decimals
    "mysql": frozenset({"chr"}),  # gives a text, CHAR gives bytes
}
HEX_NUMBERS = frozenset({"mysql", "postgres"})
WORDS_ALONE = frozenset({"utc_date", "utc_time", "utc_timestamp"})
FIELDS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})
UNITS = FIELDS | {
    *("WEEK", "QUARTER", "DECADE", "CENTURY", "CENTURIE", "MILLENNIUM", "MILLENNIA"),
    *("MILLISECOND", "MICROSECOND"),
}
WHOLE = re.compile(r"\s*-?\d+\s*")
WHOLE_WITH_UNIT = re.compile(
    r"\s*-?\d+\s+(year|quarter|month|week|day|hour|minute|second)s?\s*", re.IGNORECASE
)
NUMBER_WITH_UNIT = re.compile(r"-?\d+(\.\d+)?\s*[A-Za-z]")


def reworded(tokens: Tokens, sql: str, dialect: str) -> list[Token]:
    """The tokens in words that sqlglot takes as its dialect's database does."""
    for step in STEPS.get(dialect, ()):
        tokens = list(step(tokens, sql))
    names = PLAIN_CALLS.get(dialect)
    if names is None:
        return list(tokens)
    return [
        word(TokenType.VAR, PLAIN_CALL + token.text, token)
        if token.text.lower() in names and kind(tokens, at + 1) == TokenType.L_PAREN
        else token
        for at, token in enumerate(tokens)
    ]


def word(type_: TokenType, text: str, like: Token) -> Token:
    """A token in the place of `like`."""
    return Token(type_, text, like.line, like.col, like.start, like.end, [])


def kind(tokens: Tokens, at: int) -> TokenType | None:
    return tokens[at].token_type if 0 <= at < len(tokens) else None


def text(tokens: Tokens, at: int) -> str:
    return tokens[at].text.upper() if 0 <= at < len(tokens) else ""


def closing(tokens: Tokens, opening: int) -> int:
    """Where the bracket closes that opens at `opening`; the end where it never does."""
    depth = 0
    for at in range(opening, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[at].token_type, 0)
        if depth == 0:
            return at
    return len(tokens)


def at_this_level(tokens: Tokens, start: int, end: int) -> Iterator[int]:
    """The places from `start` to `end` that are in no further brackets."""
    at = start
    while at < end:
        yield at
        at = closing(tokens, at) + 1 if kind(tokens, at) == TokenType.L_PAREN else at + 1


def duckdb_intervals(tokens: Tokens, _sql: str) -> Iterator[Token]:
    return intervals_as_casts(tokens, frozenset())


def postgres_intervals(tokens: Tokens, _sql: str) -> Iterator[Token]:
    return intervals_as_casts(tokens, FIELDS)


def intervals_as_casts(tokens: Tokens, known: frozenset[str]) -> Iterator[Token]:
    """INTERVAL '10 days ago', of which sqlglot would keep ten days: CAST('…' AS INTERVAL)."""
    if not any(token.token_type == TokenType.INTERVAL for token in tokens):
        yield from tokens
        return
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.token_type == TokenType.INTERVAL and has_precision(tokens, at):
            raise ParseError("an interval with a precision cannot be read")
        if token.token_type != TokenType.INTERVAL or kind(tokens, at + 1) != TokenType.STRING:
            yield token
            at += 1
            continue
        written = tokens[at + 1]
        fields = fields_after(tokens, at + 2, known)
        if is_plain(written.text, fields) or is_left_alone(tokens, at + 2, known):
            yield from tokens[at : at + 2]
            at += 2
            continue
        yield word(TokenType.VAR, "CAST", token)
        yield word(TokenType.L_PAREN, "(", token)
        yield written
        yield word(TokenType.ALIAS, "AS", token)
        yield token
        yield from tokens[at + 2 : at + 2 + fields]
        yield word(TokenType.R_PAREN, ")", token)
        at += 2 + fields


def is_plain(written: str, fields: int) -> bool:
    """True where sqlglot makes of it what was meant."""
    whole = WHOLE.fullmatch(written) is not None
    return whole or (not fields and WHOLE_WITH_UNIT.fullmatch(written) is not None)


def is_left_alone(tokens: Tokens, at: int, known: frozenset[str]) -> bool:
    """INTERVAL '1.5' DAY in DuckDB, where a unit is no part of the type."""
    return not known and text(tokens, at).removesuffix("S") in UNITS


def has_precision(tokens: Tokens, at: int) -> bool:
    """`INTERVAL(3)`, which sqlglot takes for three of something."""
    opening = (TokenType.L_PAREN, TokenType.NUMBER, TokenType.R_PAREN)
    no_unit = text(tokens, at + 4).removesuffix("S") not in UNITS
    return no_unit and tuple(kind(tokens, at + 1 + step) for step in range(3)) == opening


def fields_after(tokens: Tokens, at: int, known: frozenset[str]) -> int:
    """How many tokens say which fields the interval has: none, `DAY`, or `DAY TO SECOND`."""
    if text(tokens, at) not in known:
        return 0
    return 3 if text(tokens, at + 1) == "TO" and text(tokens, at + 2) in known else 1


def mysql_intervals(tokens: Tokens, _sql: str) -> Iterator[Token]:
    """INTERVAL 1.5 DAY rounds, INTERVAL '1.5' DAY cuts off: in brackets a number stays one."""
    bracketed = -1
    for at, token in enumerate(tokens):
        if token.token_type == TokenType.INTERVAL and is_function(tokens, at):
            yield word(TokenType.VAR, PLAIN_CALL + token.text, token)
            continue
        if token.token_type == TokenType.INTERVAL and is_quantity(tokens, at + 1):
            bracketed = at + 1
        if at == bracketed:
            yield word(TokenType.L_PAREN, "(", token)
            yield token
            yield word(TokenType.R_PAREN, ")", token)
        else:
            yield token


def is_function(tokens: Tokens, at: int) -> bool:
    """INTERVAL(n, a, b, …) finds the place of n among the others."""
    if kind(tokens, at + 1) != TokenType.L_PAREN:
        return False
    inside = at_this_level(tokens, at + 2, closing(tokens, at + 1))
    return any(kind(tokens, place) == TokenType.COMMA for place in inside)


def is_quantity(tokens: Tokens, at: int) -> bool:
    """A number with a fraction, or a text that sqlglot would take apart."""
    if kind(tokens, at) == TokenType.NUMBER:
        return not WHOLE.fullmatch(tokens[at].text)
    return kind(tokens, at) == TokenType.STRING and bool(NUMBER_WITH_UNIT.search(tokens[at].text))


def hex_numbers(tokens: Tokens, sql: str) -> Iterator[Token]:
    """0xFF is a number where x'FF' is a string of bytes or bits; sqlglot reads both as one."""
    for token in tokens:
        written = sql[token.start : token.start + 2]
        if token.token_type == TokenType.HEX_STRING and written in ("0x", "0X"):
            yield word(token.token_type, "0x" + token.text, token)
        else:
            yield token


JOIN_WORDS = frozenset({"LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "NATURAL"})


def inner_joins(tokens: Tokens, _sql: str) -> Iterator[Token]:
    """A JOIN b RIGHT JOIN c: sqlglot would write a comma for the first, which binds weaker."""
    for at, token in enumerate(tokens):
        if token.token_type == TokenType.JOIN and text(tokens, at - 1) not in JOIN_WORDS:
            yield word(TokenType.INNER, "INNER", token)
        yield token


def national_texts(tokens: Tokens, _sql: str) -> Iterator[Token]:
    """N'a' 'b' is one text; sqlglot would take 'b' for an alias."""
    national: Token | None = None
    for token in tokens:
        if national is not None and token.token_type == TokenType.STRING:
            national = word(national.token_type, national.text + token.text, national)
            continue
        if national is not None:
            yield national
        national = token if token.token_type == TokenType.NATIONAL_STRING else None
        if national is None:
            yield token
    if national is not None:
        yield national


def words_alone(tokens: Tokens, _sql: str) -> Iterator[Token]:
    """UTC_DATE without its brackets is a call, too."""
    for at, token in enumerate(tokens):
        yield token
        if (
            token.token_type == TokenType.VAR
            and token.text.lower() in WORDS_ALONE
            and kind(tokens, at + 1) != TokenType.L_PAREN
            and kind(tokens, at - 1) not in (TokenType.DOT, TokenType.ALIAS)
        ):
            yield word(TokenType.L_PAREN, "(", token)
            yield word(TokenType.R_PAREN, ")", token)


AFFINITIES = (
    (("INT",), TokenType.INT, "INTEGER"),
    (("CHAR", "CLOB", "TEXT"), TokenType.TEXT, "TEXT"),
    (("BLOB",), TokenType.VARBINARY, "BLOB"),
    (("REAL", "FLOA", "DOUB"), TokenType.DOUBLE, "REAL"),
)
"""What SQLite makes of the name of a type (its documentation, "Determination Of Column
Affinity"): the first that it holds; NUMERIC if none."""


def types_as_affinities(tokens: Tokens, _sql: str) -> Iterator[Token]:
    """CAST(x AS DATE) makes a number of x in SQLite; sqlglot would make a DATE(x) of it."""
    types: dict[int, int] = {}
    for at, token in enumerate(tokens):
        if token.text.upper() == "CAST" and kind(tokens, at + 1) == TokenType.L_PAREN:
            end = closing(tokens, at + 1)
            places = [
                place
                for place in at_this_level(tokens, at + 2, end)
                if kind(tokens, place) == TokenType.ALIAS
            ]
            if places and places[-1] + 1 < end < len(tokens):
                types[places[-1] + 1] = end
    at = 0
    while at < len(tokens):
        end = types.get(at, at)
        yield affinity(tokens[at:end]) if end > at else tokens[at]
        at = max(end, at + 1)


def affinity(type_: Tokens) -> Token:
    name = " ".join(token.text for token in type_).upper()
    for signs, token_type, called in AFFINITIES:
        if any(sign in name for sign in signs):
            return word(token_type, called, type_[0])
    return word(TokenType.DECIMAL, "NUMERIC", type_[0])


def pivot_in_brackets(tokens: Tokens, _sql: str) -> Iterator[Token]:
    """PIVOT … ORDER BY x: SELECT * FROM (PIVOT …) ORDER BY x, which sqlglot can read."""
    first = tokens[0]
    is_pivot = first.token_type in (TokenType.PIVOT, TokenType.UNPIVOT)
    places = at_this_level(tokens, 0, len(tokens)) if is_pivot else ()
    ends = (TokenType.ORDER_BY, TokenType.LIMIT)
    end = next((at for at in places if kind(tokens, at) in ends), None)
    if end is None:
        yield from tokens
        return
    yield word(TokenType.SELECT, "SELECT", first)
    yield word(TokenType.STAR, "*", first)
    yield word(TokenType.FROM, "FROM", first)
    yield word(TokenType.L_PAREN, "(", first)
    yield from tokens[:end]
    yield word(TokenType.R_PAREN, ")", first)
    yield from tokens[end:]


Step: TypeAlias = Callable[[Tokens, str], Iterator[Token]]
STEPS: Mapping[str, Sequence[Step]] = {
    "duckdb": (duckdb_intervals, pivot_in_brackets),
    "postgres": (postgres_intervals, hex_numbers),
    "mysql": (mysql_intervals, hex_numbers, inner_joins, national_texts, words_alone),
    "sqlite": (types_as_affinities,),
}
