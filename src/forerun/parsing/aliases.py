"""What else a column is called, as its name alone tells: without the unit that it is measured in,
by who does it, and a given name as a first one.
"""

from __future__ import annotations

from collections.abc import Iterator

from forerun.catalog import words
from forerun.parsing.schema import Field

_UNITS = frozenset(
    words.stems(
        "kg lb lbs mg km cm mm ft feet inch inches mile miles kilometer kilometers meter meters "
        "mph kmh kph kw kwh mw mb gb tb ms sec secs seconds sqft sqm usd eur gbp dollar dollars "
        "euro euros million millions thousand thousands celsius fahrenheit f c"
    )
)
_IN = ("in",)
_BY = ("by",)
_AS_WELL = {
    words.stem(word): words.stem(other)
    for word, other in (("first", "given"), ("last", "family"), ("given", "first"),
                        ("family", "last"))
}  # fmt: skip
_NAME = words.stem("name")
_LONG, _LATITUDE, _LONGITUDE = (words.stems(word) for word in ("long", "latitude", "longitude"))


def otherwise(item: Field) -> Iterator[tuple[str, ...]]:
    """Stems of such names."""
    *rest, last = item.stems or ("",)
    if rest and last in _UNITS and item.is_numeric and not _is_one_of_several(item):
        yield tuple(rest[:-1] if tuple(rest[-1:]) == _IN else rest)
    if item.stems == _LONG and any(other.stems == _LATITUDE for other in item.entity.fields):
        yield _LONGITUDE
    if tuple(item.stems[1:]) == _BY:
        who = map(words.stem, _doers(words.split_identifier(item.name)[0]))
        yield from ((stem,) for stem in who if stem != item.stems[0])
    if last == _NAME and rest and rest[-1] in _AS_WELL:
        yield (*rest[:-1], _AS_WELL[rest[-1]], last)


def _is_one_of_several(item: Field) -> bool:
    """`price_usd` beside `price_eur`, `staff_f` beside `staff_m`: neither is the price or staff."""
    return any(
        other is not item and other.is_numeric and other.stems[:-1] == item.stems[:-1]
        for other in item.entity.fields
    )


def _doers(deed: str) -> tuple[str, ...]:
    """`director` and `painter`, of `directed` and `painted`."""
    root = deed.removesuffix("d").removesuffix("e")
    return (f"{root}or", f"{root}er") if root != deed else ()
