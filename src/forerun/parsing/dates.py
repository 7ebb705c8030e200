"""Date ranges in words, made definite by a given "today"."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from forerun.parsing.cues import UNITS
from forerun.parsing.spells import Period, calendar_unit, months, shifted
from forerun.parsing.tokens import Sort, Token

MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name} | {
    name.lower(): i for i, name in enumerate(calendar.month_abbr) if name
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3}
_ORDINALS["4th"] = 4
_OPENERS = {
    "since": "since", "from": "since", "after": "after", "before": "before", "until": "until",
    "till": "until", "in": "in", "during": "in", "of": "in", "for": "in", "on": "in", "by": "until",
    "through": "until", "year": "in", "starting": "since",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A period at `tokens[start:end]`. A bare year may also be a plain number."""

    period: Period
    start: int
    end: int
    bare_year: bool = False
    no_year: bool = False
    """True where the year was left to the listener: `in March` is the latest one."""


def find(tokens: Sequence[Token], now: date) -> list[Found]:
    """Every date range in `tokens`, left to right, none overlapping."""
    found: list[Found] = []
    at = 0
    while at < len(tokens):
        word = tokens[at].lower
        hit = (word in _BEGINNINGS or any(map(str.isdecimal, word))) and (
            _relative(tokens, at, now) or _between(tokens, at, now) or _inclusive(tokens, at, now)
            or _opened(tokens, at) or _without_year(tokens, at, now)
        )  # fmt: skip
        if hit:
            found.append(hit)
        at = hit.end if hit else at + 1
    return found


_BEGINNINGS = frozenset((*_OPENERS, *MONTHS, *_ORDINALS)).union(
    ("between", "during", "over", "the", "so", "today", "yesterday", "tomorrow", "last", "past"),
    ("previous", "this", "current", "next", "ytd", "qtd", "mtd", "week", "month", "quarter"),
    ("earlier", "later"),
)


def a_year_later(found: Found, tokens: Sequence[Token], today: date) -> Period | None:
    """`before December`, said in July: before the last one, or before the next."""
    month = MONTHS.get(tokens[found.end - 1].lower)
    end = found.period.end
    if not found.no_year or month is None or month <= today.month or found.period.start or not end:
        return None
    return replace(found.period, end=end.replace(year=end.year + 1))


def _opened(tokens: Sequence[Token], at: int) -> Found | None:
    """`since March 2025`, `before 2014`, `in Q3 2024`, or the bare range."""
    opener = _OPENERS.get(tokens[at].lower)
    first = at + 1 if opener else at
    if (late := _later_or_earlier(tokens, at)) is not None:
        opener, first = late, at + 2
    if opener and first < len(tokens) and tokens[first].lower in ("the", "year"):
        first += 1
    if opener and first < len(tokens) and tokens[first].lower in ("year", "of"):
        first += 1
    point = _point(tokens, first)
    return _opened_by(tokens, at, opener or "in", point) if point else None


def _later_or_earlier(tokens: Sequence[Token], at: int) -> str | None:
    """`later than 2013`, but not "no later than"."""
    said = [token.lower for token in tokens[at : at + 2]]
    denied = at > 0 and tokens[at - 1].lower in ("no", "not")
    if len(said) < 2 or said[1] != "than" or denied:
        return None
    return {"later": "after", "earlier": "before"}.get(said[0])


def _opened_by(tokens: Sequence[Token], at: int, opener: str, point: Found) -> Found:
    end = point.end
    if tokens[at].lower == "from":
        since = _end_of_since(tokens, end)  # orders from March 2024; from 2024 onwards
        opener, end = ("in", end) if since is None else ("since", since)
    return Found(_applied(point.period, opener), at, end, point.bare_year, point.no_year)


def _end_of_since(tokens: Sequence[Token], at: int) -> int | None:
    """Where `on`, `onwards` or `until now` ends, which makes "from" a since; not "on" hold."""
    said = [token.lower for token in tokens[at : at + 2]]
    if said[:1] and said[0] in ("onward", "onwards", "forward", "forwards"):
        return at + 1
    if said in (["on"], ["on", ","], ["on", "and"]):
        return at + 1
    open_end = len(said) > 1 and said[0] in _TO and said[1] in ("now", "today", "date", "present")
    return at + 2 if open_end else None


def _without_year(tokens: Sequence[Token], at: int, now: date) -> Found | None:
    """`in March`, `since July`: the latest one that has begun."""
    opener = _OPENERS.get(tokens[at].lower) if tokens[at].lower in _BEFOREMONTHS else None
    point = _bare_month(tokens, at + 1, now)
    return _opened_by(tokens, at, opener, point) if opener and point else None


def _bare_month(tokens: Sequence[Token], at: int, now: date) -> Found | None:
    if not _is_month(tokens, at):
        return None
    month = months(*_latest(MONTHS[tokens[at].lower], now), 1, "month")
    return Found(month, at, at + 1, no_year=True)


_BEFOREMONTHS = frozenset(("in", "since", "during", "after", "before", "until", "till", "from"))
_TO = ("to", "until", "till", "through")


def _is_month(tokens: Sequence[Token], at: int) -> bool:
    """Written large, as months are: not the verb may."""
    return at < len(tokens) and tokens[at].lower in MONTHS and tokens[at].text[:1].isupper()


def _latest(month: int, now: date) -> tuple[int, int]:
    """The year of the latest such month that has begun, and the month."""
    return now.year - (month > now.month), month


def _applied(period: Period, opener: str) -> Period:
    if opener == "since":
        return Period(period.start, None, period.grain)
    if opener == "after":
        return Period(period.end, None, period.grain)
    if opener == "before":
        return Period(None, period.start, period.grain)
    if opener == "until":
        return Period(None, period.end, period.grain)
    return period


def _between(tokens: Sequence[Token], at: int, now: date) -> Found | None:
    """`between 2010 and 2014`, `from March 2024 to May 2024`, `from March to May 2024`."""
    if tokens[at].lower not in ("between", "from"):
        return None
    first = _point(tokens, at + 1)
    joined = first.end if first else at + 2 if _is_month(tokens, at + 1) else len(tokens)
    if joined >= len(tokens) or tokens[joined].lower not in ("and", *_TO):
        return None
    second = _point(tokens, joined + 1)
    if first is None:
        return _between_months(tokens, at, second, now)
    if second is None:
        return None
    period = Period(first.period.start, second.period.end, second.period.grain)
    return Found(period, at, second.end, first.bare_year and second.bare_year)


def _between_months(
    tokens: Sequence[Token], at: int, second: Found | None, now: date
) -> Found | None:
    """The first month is of the year of the second, or else of the year before."""
    end = second.end if second is not None else at + 4
    if second is not None and second.period.grain == "month" and second.period.end is not None:
        last = shifted(second.period.end, "month", -1)
    elif second is None and _is_month(tokens, at + 3):
        last = date(*_latest(MONTHS[tokens[at + 3].lower], now), 1)
    else:
        return None
    month = MONTHS[tokens[at + 1].lower]
    start = date(last.year - (month > last.month), month, 1)
    period = Period(start, shifted(last, "month", 1), "month")
    return Found(period, at, end, no_year=second is None)


def _point(tokens: Sequence[Token], at: int) -> Found | None:
    """A named day, month, quarter, year or decade."""
    if at >= len(tokens):
        return None
    return (
        _iso_day(tokens, at) or _day(tokens, at) or _month(tokens, at) or _quarter(tokens, at)
        or _half(tokens, at) or _year(tokens, at) or _decade(tokens, at)
    )  # fmt: skip


def _year(tokens: Sequence[Token], at: int) -> Found | None:
    year = _year_of(tokens, at)
    return Found(months(year, 1, 12, "year"), at, at + 1, bare_year=True) if year else None


def _decade(tokens: Sequence[Token], at: int) -> Found | None:
    """`the 1990s`."""
    text = tokens[at].lower
    year = _year_in(text[:-1]) if text.endswith("0s") else None
    return Found(months(year, 1, 120, "year"), at, at + 1) if year else None


def _month(tokens: Sequence[Token], at: int) -> Found | None:
    month = MONTHS.get(tokens[at].lower)
    if not month:
        return None
    year_at = at + 2 if at + 1 < len(tokens) and tokens[at + 1].lower in ("of", ",") else at + 1
    year = _year_of(tokens, year_at)
    return Found(months(year, month, 1, "month"), at, year_at + 1) if year else None


def _quarter(tokens: Sequence[Token], at: int) -> Found | None:
    word = tokens[at].lower
    quarter, after = 0, at + 1
    if len(word) == 2 and word[0] == "q" and word[1] in "1234":
        quarter = int(word[1])
    elif word in _ORDINALS and after < len(tokens) and tokens[after].lower == "quarter":
        quarter, after = _ORDINALS[word], after + 1
    if after < len(tokens) and tokens[after].lower in ("of", "in"):
        after += 1
    year = _year_of(tokens, after)
    if not quarter or not year:
        return None
    return Found(months(year, 3 * quarter - 2, 3, "quarter"), at, after + 1)


def _half(tokens: Sequence[Token], at: int) -> Found | None:
    """`first half of 2025`, `H1 2025`."""
    word, after = tokens[at].lower, at + 1
    half = {"h1": 1, "h2": 2}.get(word, 0)
    if word in _HALVES and after < len(tokens) and tokens[after].lower == "half":
        half, after = _HALVES[word], after + 1
    if after < len(tokens) and tokens[after].lower in ("of", "in"):
        after += 1
    year = _year_of(tokens, after)
    if not half or not year:
        return None
    return Found(months(year, 6 * half - 5, 6, "quarter"), at, after + 1)


_HALVES = {"first": 1, "second": 2, "1st": 1, "2nd": 2, "last": 2}


def _iso_day(tokens: Sequence[Token], at: int) -> Found | None:
    """2025-03-31, which the tokeniser cuts into three numbers."""
    if at + 2 >= len(tokens):
        return None
    year, month, day = tokens[at : at + 3]
    touching = year.end + 1 == month.start and month.end + 1 == day.start
    if not (touching and len(year.text) == 4 and month.number and day.number):
        return None
    return _single_day(_year_of(tokens, at), int(month.number), int(day.number), at, at + 3)


def _day(tokens: Sequence[Token], at: int) -> Found | None:
    """March 5, 2025 and 5 March 2025."""
    names = [token.lower for token in tokens[at : at + 4]]
    numbers = [_day_number(token) for token in tokens[at : at + 4]]
    if len(names) >= 3 and names[0] in MONTHS and numbers[1]:
        year_at = at + 3 if names[2] == "," else at + 2
        year = _year_of(tokens, year_at)
        return _single_day(year, MONTHS[names[0]], numbers[1], at, year_at + 1)
    if len(names) >= 3 and numbers[0] and names[1] in MONTHS:
        return _single_day(_year_of(tokens, at + 2), MONTHS[names[1]], numbers[0], at, at + 3)
    return None


def _day_number(token: Token) -> int:
    text = token.lower.removesuffix("st").removesuffix("nd").removesuffix("rd").removesuffix("th")
    return int(text) if text.isdecimal() and 1 <= int(text[:4]) <= 31 else 0


def _inclusive(tokens: Sequence[Token], at: int, now: date) -> Found | None:
    """`on or after March 5, 2025`: that day too. `In or after March`, `after or in the year 2014`,
    `earlier than or in 1948`: all of that month or year.
    """
    said = [token.lower for token in tokens[at : at + 6]]
    words = [word for word in said if word not in ("than", "the", "year")]
    if words[1:2] != ["or"] or len(words) < _SHORTEST_BOUND:
        return None
    opener = _BOUNDS.get(words[2] if words[0] in _ON else words[0])
    if opener is None or _ON.isdisjoint((words[0], words[2])):
        return None
    start = at + said.index("or") + 2
    while start < len(tokens) and tokens[start].lower in ("the", "year"):
        start += 1
    point = _point(tokens, start) or _bare_month(tokens, start, now)
    return _opened_by(tokens, at, opener, point) if point else None


_SHORTEST_BOUND = 3
_BOUNDS = {"after": "since", "later": "since", "before": "until", "earlier": "until"}
_ON = frozenset(("in", "on"))


def _single_day(year: int | None, month: int, day: int, start: int, end: int) -> Found | None:
    try:
        first = date(year or 0, month, day)
        return Found(Period(first, first + timedelta(days=1), "day"), start, end)
    except (ValueError, OverflowError):
        return None


def _year_of(tokens: Sequence[Token], at: int) -> int | None:
    if at >= len(tokens) or tokens[at].sort is Sort.QUOTED:
        return None
    return _year_in(tokens[at].text)


def _year_in(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) == 4 and 1800 <= int(text) < 2200 else None


def _relative(tokens: Sequence[Token], at: int, now: date) -> Found | None:
    """today, this month, last quarter, in the past 3 weeks, year to date, so far this month."""
    names = [token.lower for token in tokens[at : at + 6]]
    skipped = 0
    while skipped < len(names) - 1 and names[skipped] in ("in", "during", "over", "the", "for"):
        skipped += 1
    names, begin = names[skipped:], at + skipped
    if not names:
        return None
    if names[0] in ("today", "yesterday", "tomorrow"):
        day = now + timedelta(days=("yesterday", "today", "tomorrow").index(names[0]) - 1)
        return Found(Period(day, day + timedelta(days=1), "day"), at, begin + 1)
    to_date = _to_date(names)
    if to_date is not None:
        unit, size = to_date
        start = calendar_unit(unit, 0, now).start
        return Found(Period(start, now + timedelta(days=1), "day"), at, begin + size)
    return _relative_unit(tokens, names, at, begin, now)


def _to_date(names: list[str]) -> tuple[str, int] | None:
    """`year to date`, `mtd`, `so far this year`: the unit, and how many words say it."""
    said = (tuple(names[:size]) for size in (4, 3, 1))
    return next(((_TO_DATE[words], len(words)) for words in said if words in _TO_DATE), None)


_TO_DATE = {("ytd",): "year", ("qtd",): "quarter", ("mtd",): "month"} | {
    tuple(phrase.format(unit).split()): unit
    for unit in ("week", "month", "quarter", "year")
    for phrase in ("{} to date", "this {} to date", "this {} so far", "so far this {}")
}


def _relative_unit(
    tokens: Sequence[Token], names: list[str], at: int, begin: int, now: date
) -> Found | None:
    steps = {"last": -1, "past": -1, "previous": -1, "this": 0, "current": 0, "next": 1}
    if names[0] not in steps or len(names) < 2:
        return None
    step = steps[names[0]]
    count = tokens[begin + 1].number
    if count is not None and len(names) > 2 and _unit(names[2]) and step and 0 < count < 10_000:
        return Found(_rolling(_unit(names[2]), int(count) * step, now), at, begin + 3)
    unit = _unit(names[1])
    if not unit or (names[1].endswith("s") and names[1] != unit):
        return None
    if names[0] == "past":
        return Found(_rolling(unit, -1, now), at, begin + 2)
    return Found(calendar_unit(unit, step, now), at, begin + 2)


def _unit(word: str) -> str:
    return UNITS.get(word.removesuffix("s"), "") if not word.endswith("ly") else ""


def _rolling(unit: str, count: int, now: date) -> Period:
    """The `count` units up to today, or from today on."""
    tomorrow = now + timedelta(days=1)
    other = shifted(now, unit, count)
    return Period(other, tomorrow, "day") if count < 0 else Period(now, other, "day")
