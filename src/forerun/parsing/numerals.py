"""Numbers that are said without one: `multiple orders`, `the best selling product`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forerun.parsing.tokens import Token


@dataclass(frozen=True, slots=True)
class Said:
    """`tokens[start:end]` says a number, and the cue that goes before it."""

    start: int
    end: int
    number: float | int
    op: str


_SELLING = {
    (how, "selling"): cue
    for cue, all_of_them in (("first", ("best", "top", "most")), ("last", ("worst", "least")))
    for how in all_of_them
}
_A_FEW = 10
"""Best selling products, of which nobody says how many."""


def at(tokens: Sequence[Token], place: int) -> Said | None:
    """What is said at that place."""
    words = [token.lower for token in tokens[max(place - 2, 0) : place + 1]]
    if words == ["than", "a", "single"]:
        return Said(place - 1, place + 1, 1, "")
    if words[-1] == "multiple":
        return Said(place, place + 1, 1, ">")
    return _bestsellers(tokens, place) or _sold(tokens, place)


def _sold(tokens: Sequence[Token], place: int) -> Said | None:
    """`which brand sells best`: the first one, nobody says by what."""
    verb, *after = [token.lower for token in tokens[place : place + 3]]
    the = after[:1] == ["the"]
    how = _HOW.get(after[the]) if len(after) > the else None
    end = place + 2 + the
    if verb not in _SELLS or how is None or not (end == len(tokens) or _goes_on(tokens[end])):
        return None
    return Said(place, end, 1, how)


def _goes_on(token: Token) -> bool:
    """`sold the most in 2025`, and not "sold the most bikes"."""
    return token.lower in ("in", "last", "this", "during", "since", "for", "on", "at", "by", "per")


_SELLS = frozenset(("sell", "sells", "sold", "selling", "spend", "spends", "spent"))
_HOW = {"best": "first", "most": "first", "worst": "last", "least": "last"}


def _bestsellers(tokens: Sequence[Token], place: int) -> Said | None:
    """The first ones; nobody says by what: `5 best selling products`."""
    pair = tuple(token.lower for token in tokens[place : place + 2])
    if pair not in _SELLING or place + 2 >= len(tokens):
        return None
    said = tokens[place - 1].number if place else None
    one = not tokens[place + 2].lower.endswith("s")
    number = said if said is not None else 1 if one else _A_FEW
    return Said(place if said is None else place - 1, place + 2, number, _SELLING[pair])
