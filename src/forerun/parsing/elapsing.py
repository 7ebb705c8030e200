"""Ages and lengths as SQL: years completed up to a day that is given, days or hours between two
columns.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlglot import exp

from forerun.parsing.elapsed import HOUR_DIGITS
from forerun.parsing.schema import Elapsed, Field

Column = Callable[[Field], exp.Expr]


def elapsed_sql(elapsed: Elapsed, column: Column, dialect: str) -> exp.Expr:
    """The figure of one row; NULL where one of its days is. `column` writes a stored column."""
    begin = column(elapsed.begin)
    if isinstance(elapsed.end, Field) and elapsed.in_hours:
        return _hours(begin, column(elapsed.end), dialect)
    if isinstance(elapsed.end, Field):
        return _days(begin, column(elapsed.end), dialect)
    return _years(begin, elapsed.end, dialect)


def _days(begin: exp.Expr, end: exp.Expr, dialect: str) -> exp.Expr:
    if dialect == "sqlite":
        return exp.Sub(this=_call("JULIANDAY", end), expression=_call("JULIANDAY", begin))
    if dialect == "mysql":
        return _call("DATEDIFF", end, begin)
    return exp.Sub(this=exp.cast(end, "date"), expression=exp.cast(begin, "date"))


def _hours(begin: exp.Expr, end: exp.Expr, dialect: str) -> exp.Expr:
    """Rounded, for SQLite's days are no exact numbers, and MySQL divides to a few digits only."""
    if dialect == "sqlite":
        days = exp.Sub(this=_call("JULIANDAY", end), expression=_call("JULIANDAY", begin))
        hours = exp.Mul(this=exp.Paren(this=days), expression=exp.convert(24))
        return _call("ROUND", hours, exp.convert(HOUR_DIGITS))
    if dialect == "mysql":
        seconds: exp.Expr = _call("TIMESTAMPDIFF", exp.Var(this="SECOND"), begin, end)
    else:
        begin, end = exp.cast(begin, "timestamp"), exp.cast(end, "timestamp")
        span = exp.Sub(this=end, expression=begin)
        seconds = exp.Extract(this=exp.Var(this="EPOCH"), expression=exp.Paren(this=span))
    divided = exp.Div(this=seconds, expression=exp.Literal.number("3600.0"), typed=True)
    return _call("ROUND", divided, exp.convert(HOUR_DIGITS))


def _years(born: exp.Expr, today: date, dialect: str) -> exp.Expr:
    """One less than the difference of the years where this year's birthday has yet to come."""
    if dialect == "mysql":
        return _call("TIMESTAMPDIFF", exp.Var(this="YEAR"), born, exp.Literal.string(str(today)))
    year, day = exp.convert(today.year), f"{today:%m-%d}"
    if dialect == "sqlite":
        of_birth: exp.Expr = exp.cast(_call("STRFTIME", exp.Literal.string("%Y"), born), "int")
        birthday = _call("STRFTIME", exp.Literal.string("%m-%d"), born.copy())
        later = exp.GT(this=birthday, expression=exp.Literal.string(day))
        whole = exp.Sub(this=year, expression=of_birth)
        return exp.Sub(this=whole, expression=exp.Paren(this=later))
    born = exp.cast(born, "date")
    of_birth = exp.Extract(this=exp.Var(this="YEAR"), expression=born)
    month = exp.Extract(this=exp.Var(this="MONTH"), expression=born.copy())
    in_month = exp.Extract(this=exp.Var(this="DAY"), expression=born.copy())
    place = exp.Add(this=exp.Mul(this=month, expression=exp.convert(100)), expression=in_month)
    later = exp.GT(this=place, expression=exp.convert(today.month * 100 + today.day))
    short = exp.Case(ifs=[exp.If(this=later, true=exp.convert(1))], default=exp.convert(0))
    return exp.Sub(this=exp.Sub(this=year, expression=of_birth), expression=short)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))
