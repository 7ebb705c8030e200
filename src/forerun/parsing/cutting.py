"""Dates cut down to a unit of time, written as people write it: 2024, 2024-Q1, 2024-01.

All of these sort as they follow each other, in every dialect. A week is told by its Monday, in
MySQL by its number, so that no turn of a year cuts it in two.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

UNITS = ("day", "week", "month", "quarter", "year")
_C_PATTERNS = {"month": "%Y-%m", "year": "%Y"}
_PATTERNS = {
    "sqlite": {"day": "%Y-%m-%d", **_C_PATTERNS},
    "mysql": {"day": "%Y-%m-%d", "week": "%x-W%v", **_C_PATTERNS},
    "duckdb": _C_PATTERNS,
    "postgres": {"month": "YYYY-MM", "quarter": 'YYYY-"Q"Q', "year": "YYYY"},
}


def cut(column: exp.Expr, unit: str, dialect: str) -> exp.Expr:
    """The unit of time that the date lies in; NULL where there is none."""
    pattern = _PATTERNS.get(dialect, {}).get(unit)
    if pattern is not None:
        return _formatted(column, pattern, dialect)
    if unit == "quarter" and dialect in _PATTERNS:
        return _quarter(column, dialect)
    if dialect == "sqlite":
        return _call("DATE", column, *map(exp.Literal.string, ("weekday 0", "-6 days")))
    return exp.cast(_truncated(column, unit), "date")


def spellings(column: exp.Expr, unit: str, dialect: str) -> Iterator[exp.Expr]:
    """What else comes to the same groups: the first day of each."""
    yield cut(column.copy(), unit, dialect)
    if dialect not in ("sqlite", "mysql"):
        truncated = _truncated(column.copy(), unit)
        yield from (exp.cast(truncated.copy(), "date"), truncated)


def _formatted(column: exp.Expr, pattern: str, dialect: str) -> exp.Expr:
    text = exp.Literal.string(pattern)
    if dialect == "sqlite":
        return _call("STRFTIME", text, column)
    name = {"mysql": "DATE_FORMAT", "postgres": "TO_CHAR"}.get(dialect, "STRFTIME")
    return _call(name, column, text)


def _quarter(column: exp.Expr, dialect: str) -> exp.Expr:
    if dialect == "sqlite":
        month = exp.cast(_formatted(column.copy(), "%m", dialect), "int")
        third = exp.Div(this=exp.Paren(this=month + 2), expression=exp.convert(3), typed=True)
        return _joined(_formatted(column, "%Y", dialect), exp.Paren(this=third))
    year, number = _call("YEAR", column), _call("QUARTER", column.copy())
    if dialect == "mysql":
        return _call("CONCAT", year, exp.Literal.string("-Q"), number)
    return _joined(year, number)


def _joined(year: exp.Expr, number: exp.Expr) -> exp.Expr:
    """Unlike a call of CONCAT, NULL where one is."""
    return exp.DPipe(
        this=exp.DPipe(this=year, expression=exp.Literal.string("-Q")), expression=number
    )


def _truncated(column: exp.Expr, unit: str) -> exp.Expr:
    return _call("DATE_TRUNC", exp.Literal.string(unit), column)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))
