"""A size, and what becomes of sizes that are put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

SMALL = 10.0
"""Characters or elements of a number, of a name, and of whatever is stored: it is as it is."""
GROWS = 8
"""How many characters become of one at most, over all that is stored: few of them are the worst."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a value, in characters or elements, at most."""

    made: float = SMALL
    """What the statement makes of itself; rows of a table put into one value do not count."""
    long: float = SMALL
    """What is gone through when it is searched: with those rows."""

    def __add__(self, other: Size) -> Size:
        return Size(self.made + other.made, self.long + other.long)

    def times(self, factor: float) -> Size:
        return Size(self.made * factor, self.long * factor) if factor else Size(0.0, 0.0)


ENDLESS = Size(inf, inf)


def biggest(sizes: Iterable[Size]) -> Size:
    found = list(sizes) or [Size()]
    return Size(max(size.made for size in found), max(size.long for size in found))


def product(one: Size, other: Size) -> Size:
    return Size(one.made * other.made, one.long * other.long)


def for_each(elements: Size, made: Size) -> Size:
    """So much for each element. Those that are stored are not one character each, but as long as
    all that is stored is taken for."""
    stored = elements.long / SMALL * made.long
    return Size(elements.made * made.made, max(elements.made * made.long, stored))


def grown(size: Size, times: float) -> Size:
    return Size(size.made * times, max(size.made * times, size.long * min(times, GROWS)))
