"""Spans of what goes by no name of the catalog: amounts of rows, the first and the last of their
dates, how long they last, and two periods side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from forerun.catalog import words
from forerun.parsing import contrast, cues, dates, unsaid
from forerun.parsing.elapsed import DAYS, HOUR_DIGITS, HOURS
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind
from forerun.parsing.schema import Entity, Link
from forerun.parsing.span import Span, mention_of
from forerun.parsing.tokens import Token
from forerun.parsing.verbs import tables_named
from forerun.parsing.yielding import is_function_word

_LONGEST_NAME = 6


def worths(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`the largest order`, by its amount, and `order value`, which is its amount."""
    for at, item in unsaid.values(tokens, index):
        worth = mention_of(Kind.THING, tokens, at, at + 2)
        worth.links = (Link(item, "exact"),)
        yield Span(at, at + 2, 22.0, mention=worth)
    for at, item, most in unsaid.largest(tokens, index):
        mention = mention_of(Kind.ADJECTIVE, tokens, at, at + 1)
        mention.adjective = cues.Adjective(mention.text.lower(), (("", most),), "superlative")
        mention.links = (Link(item, "exact"),)
        yield Span(at, at + 1, 10.5, mention=mention)


def bounds(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`last order date per customer`: the highest there is of each."""
    lowers = [token.lower for token in tokens]
    if cues.EACH.isdisjoint(cues.CUES.get((word,), "") for word in lowers):
        return
    for at, word in enumerate(lowers):
        ends = range(at + 2, min(at + 1 + _LONGEST_NAME, len(tokens)) + 1)
        names = (tuple(token.stem for token in tokens[at + 1 : end]) for end in ends)
        if word in _BOUNDS and any(map(index.is_a_date, names)):
            yield Span(at, at + 1, 10.9, cue=_BOUNDS[word])


_BOUNDS = {"last": "max", "latest": "max", "first": "min", "earliest": "min"}


def nearest(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`the last order`, by when orders happen."""
    for at, (token, rows) in enumerate(pairwise(tokens)):
        said, end = _NEAREST.get(token.lower), at + 2
        if several := rows.number is not None and end < len(tokens):  # the last 5 orders
            rows, end = tokens[end], end + 1
        ends = end == len(tokens) or tokens[end].lower in _GOING_ON
        if said is None or rows.lower.endswith("s") != several or not ends:
            continue
        named = [k.target for k in index.names.get((rows.stem,), ()) if k.quality == "exact"]
        if len(named) == 1 and isinstance(named[0], Entity) and index.usual_time(named[0]):
            mention = mention_of(Kind.ADJECTIVE, tokens, at, at + 1)
            mention.adjective = cues.ADJECTIVES[(said,)]
            yield Span(at, at + 1, 10.6, mention=mention)


def emails(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`email addresses` where the column is an `email`: no addresses besides."""
    for at, (kind, head) in enumerate(pairwise(tokens)):
        links = index.names.get((kind.stem,), []) if head.stem == _ADDRESS else []
        if kind.lower != "email" or not links or (kind.stem, head.stem) in index.names:
            continue
        mention = mention_of(Kind.THING, tokens, at, at + 2)
        mention.links = tuple(links)
        yield Span(at, at + 2, 26.0, mention=mention)


_ADDRESS = words.stem("address")
_NEAREST = {"last": "latest", "first": "earliest"}
_GOING_ON = frozenset(("of", "from", "by", "for", "in", "at", "per", "placed", "made"))


def won(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`films that won an award`, where each row of a table is an award that somebody won."""
    verbs = [at for at, token in enumerate(tokens) if token.stem == _WIN]
    tables = tables_named(tokens, index) if verbs else ()
    prizes = {table for _, _, named in tables for table in named if _are_prizes(table)}
    if prizes:
        yield from (Span(at, at + 1, 8.0) for at in verbs)


_WIN = words.stem("win")
_PRIZES = frozenset(words.stems("award prize medal trophy"))
_OF_SOME = frozenset(words.stems("winner won nominated nominee result rank place"))
"""What says of each whether it was won at all."""


def _are_prizes(table: Entity) -> bool:
    told = (stem for item in table.fields for stem in item.stems)
    return not _PRIZES.isdisjoint(table.stems[-1:]) and _OF_SOME.isdisjoint(told)


def contrasts(tokens: tuple[Token, ...], times: list[dates.Found]) -> Iterator[Span]:
    """`2024 vs 2025`: both years, a line for each."""
    for found in contrast.find(tokens, times):
        whole = mention_of(Kind.PERIOD, tokens, found.start, found.end)
        whole.period = found.period
        yield Span(found.start, found.end, 12.0 * (found.end - found.start), mention=whole)
        each = mention_of(Kind.UNIT, tokens, found.end, found.last)
        each.unit, each.op = found.period.grain, "each"
        yield Span(found.end, found.last, 12.0 * (found.last - found.end), mention=each)
        yield from (Span(at, at + 1, 12.0) for at in found.says_nothing)


def lasting(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`how long does a stay last`, `longer than 7 nights`, where rows last for days or hours."""
    if not (index.lasting or index.timed):
        return
    lowers = [token.lower for token in tokens]
    for at, word in enumerate(lowers):
        if word in _LAST and ("how", "long") in pairwise(lowers[:at]):
            yield Span(at, at + 1, 12.0)
        number = _so_long(tokens[at - 1].number, word, index) if at else None
        if number is not None and lowers[max(at - 3, 0) : at - 1] in _LONGER:
            mention = mention_of(Kind.NUMBER, tokens, at - 1, at + 1)
            mention.number = number
            yield Span(at - 1, at + 1, 21.5, mention=mention)


def _so_long(number: float | None, unit: str, index: Index) -> float | None:
    """The number of days or of hours; None where nothing is told in such a unit."""
    if number is None:
        return None
    if unit in HOURS and index.timed:
        return round(number * HOURS[unit], HOUR_DIGITS) if HOURS[unit] < 1 else number
    return number if unit in DAYS and index.lasting else None


_LAST = frozenset(("last", "lasts", "take", "takes"))
_LONGER = (["longer", "than"], ["shorter", "than"])


def rates(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """The "a" of `orders a month`, but not that of "in a month" or "a month ago"."""
    for at, token in enumerate(tokens[1:-1], start=1):
        unit, after = tokens[at + 1].lower, tokens[at + 2 : at + 3]
        if token.lower != "a" or cues.UNITS.get(unit) != unit:
            continue
        goes_on = bool(after) and after[0].lower in _NO_RATE
        before = tokens[at - 1]
        named = before.stem in index.vocabulary and not is_function_word(before)
        if named and not goes_on:
            yield Span(at, at + 1, 10.1, cue="each")


_NO_RATE = frozenset(("ago", "before", "earlier", "later", "after", "from", "since", "old"))
