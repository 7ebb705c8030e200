"""Whether a query that answers a question would be another one tomorrow, or a moment later.

A writer puts "last month" into the query as dates. So dates, years and small numbers in the query
that were not in the words of the question are taken to come from today's date, though many do not:
that costs a day's new answer, the opposite would be a wrong one.
"""

from __future__ import annotations

import re
from enum import Enum

from sqlglot import exp

from forerun import syntax


class Hangs(Enum):
    """What an answer hangs on besides its question and the data."""

    ON_NOTHING = 0
    ON_THE_DAY = 1
    ON_THE_MOMENT = 2


_RELATIVE = re.compile(
    r"""\b(?:
    today|tonight|yesterday|tomorrow|now|nowadays|ago|since|until|till|current|currently|recent|
    recently|latest|newest|last|past|previous|prior|this|next|coming|upcoming|so\ far|to\ date|
    ytd|mtd|qtd|wtd|overdue|expired|expiring|due|still|yet|already|age|ages|aged|old|older|oldest|
    young|younger|youngest|new|newer|rolling|trailing|future|
    (?:mon|tues|wednes|thurs|fri|satur|sun)days?|
    january|february|march|april|may|june|july|august|september|october|november|december|
    spring|summer|autumn|fall|winter|season|birthdays?|anniversar(?:y|ies)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_CLOCK = re.compile(r"[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)")
_WHOLE_DAYS = frozenset({"00:00", "00:00:00", "23:59", "23:59:59"})
_YEARS = range(1000, 10_000)
_DAYS = range(1, 367)
_EPOCH = 10**8
"""Seconds since 1970 from 1973 on; smaller numbers are not taken for moments."""


def hangs(sql: str, dialect: str, words: str) -> Hangs:
    """What the answer to a question in `words` by `sql` hangs on. Never raises."""
    try:
        tree = syntax.read(sql, dialect)
    except syntax.UNREADABLE:
        return Hangs.ON_THE_MOMENT
    found = [_of_literal(node, words) for node in tree.find_all(exp.Literal)]
    if _RELATIVE.search(words):
        found.append(Hangs.ON_THE_DAY)
    return max(found, key=lambda one: one.value, default=Hangs.ON_NOTHING)


def _of_literal(node: exp.Literal, words: str) -> Hangs:
    if isinstance(node.find_ancestor(exp.Limit, exp.Offset), exp.Expr):
        return Hangs.ON_NOTHING
    if node.name.isdigit():
        return _of_number(node.name, words)
    return _of_text(node.name, words) if node.is_string else Hangs.ON_NOTHING


def _of_text(text: str, words: str) -> Hangs:
    clock = _CLOCK.search(text)
    if clock is not None and clock[1] not in _WHOLE_DAYS and clock[1] not in words:
        return Hangs.ON_THE_MOMENT
    numbers = [int(number) for number in re.findall(r"\d+", text) if len(number) <= 8]
    said = {int(number) for number in re.findall(r"\d+", words) if len(number) <= 8}
    if any(number in _YEARS or number > _YEARS[-1] for number in numbers):
        return Hangs.ON_NOTHING if said.issuperset(numbers) else Hangs.ON_THE_DAY
    return Hangs.ON_NOTHING


def _of_number(text: str, words: str) -> Hangs:
    if re.search(rf"(?<!\d){text}(?!\d)", words):
        return Hangs.ON_NOTHING
    number = int(text)
    if number >= _EPOCH:
        return Hangs.ON_THE_MOMENT
    return Hangs.ON_THE_DAY if number in _YEARS or number in _DAYS else Hangs.ON_NOTHING
