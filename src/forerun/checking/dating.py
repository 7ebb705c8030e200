"""Whether a query that answers a question would be another one tomorrow, or a moment later.

A writer puts "last month" into the query as dates, and "now" as the time that it was told. So the
query is taken to hang on nothing only where all that it says was in the words of the question.
Most that is taken to hang on the day does not: that costs one new answer a day, the opposite would
be a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
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
    recently|latest|newest|last|past|previous|prior|this|next|coming|upcoming|so\ far|to[ -]date|
    ytd|mtd|qtd|wtd|yoy|mom|overdue|expired|expiring|due|still|yet|already|age|ages|aged|old|older|
    oldest|young|younger|youngest|new|newer|rolling|trailing|future|fiscal|moment|open|
    (?:mon|tues|wednes|thurs|fri|satur|sun)days?|
    january|february|march|april|may|june|july|august|september|october|november|december|
    spring|summer|autumn|fall|winter|season|birthdays?|anniversar(?:y|ies)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<!\d)(\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)")
_WHOLE_DAYS = frozenset({"00:00", "00:00:00", "23:59", "23:59:59"})
_READS_CLOCKS = re.compile(
    r"(?i:\b(?:hour|minute|second|make_?time\w*|to_timestamp|(?:date)?time_?fromparts)\b)"
    r"|%[HIMSs]\b"
)
"""What takes a time of day apart, or puts one together from numbers."""
_NEVER_DATES = frozenset({"0", "0.0", "1.0", "100.0"})
"""What shares and percentages are written with."""
_LONGEST = 40
"""Digits. Python makes no number of thousands of them."""
_EPOCH = 10**8
"""Seconds since 1970 from 1973 on; `20240514`, a day, is below."""


def hangs(sql: str, dialect: str, words: str, now: datetime) -> Hangs:
    """What the answer to a question in `words` by `sql` hangs on, asked at `now`. Never raises."""
    try:
        literals = literals_of(sql, dialect)
    except syntax.UNREADABLE:
        return Hangs.ON_THE_MOMENT
    unsaid = list(_unsaid(literals, words, now))
    if any(_is_moment(text) for text in unsaid) or (unsaid and _READS_CLOCKS.search(sql)):
        return Hangs.ON_THE_MOMENT
    return Hangs.ON_THE_DAY if unsaid or _RELATIVE.search(words) else Hangs.ON_NOTHING


def _literals(tree: exp.Expr) -> tuple[str, ...]:
    """That may speak of a time."""
    return tuple(
        node.name
        for node in tree.find_all(exp.Literal)
        if node.name not in _NEVER_DATES and node.find_ancestor(exp.Limit, exp.Offset) is None
    )


literals_of = syntax.remembered(_literals)


def _unsaid(literals: Iterable[str], words: str, now: datetime) -> Iterator[str]:
    """Literals with a number that was not in the words; of years near this one, all."""
    said = _numbers(words)
    near = {now.year - 1, now.year, now.year + 1}
    for literal in literals:
        numbers = _numbers(literal)
        if numbers - said or numbers & near:
            yield literal


def _is_moment(text: str) -> bool:
    """Whether it is a time of day, or seconds since 1970."""
    clocks = _CLOCK.findall(text)
    if any(clock not in _WHOLE_DAYS for clock in clocks):
        return True
    return text.isdecimal() and (len(text) > _LONGEST or int(text) >= _EPOCH)


def _numbers(text: str) -> set[int | str]:
    """Those in the text; of enormous ones, which are no dates, their digits."""
    found = re.findall(r"\d+", text)
    return {number if len(number) > _LONGEST else int(number) for number in found}
