"""`first and last name`: two names that share their last word."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.parsing.index import Index
from forerun.parsing.mentions import Mention
from forerun.parsing.schema import Link
from forerun.parsing.tokens import Sort, Token

_JOINING = frozenset(("and", "or", ",", "&"))
_FARTHEST = 7
"""Tokens from a first word to the last one's."""
_WHOLE = frozenset(("exact", "stripped", "qualified"))


def shared_heads(tokens: tuple[Token, ...], index: Index) -> Iterator[tuple[int, list[Link]]]:
    """Positions of words that lack the head said after a later one, and what they mean with it."""
    for at, token in enumerate(tokens[:-3]):
        if token.sort is not Sort.WORD or tokens[at + 1].lower not in _JOINING:
            continue
        for last in range(at + 2, min(at + _FARTHEST, len(tokens) - 1)):
            head = tokens[last + 1].stem
            mine, theirs = _named(token.stem, head, index), _named(tokens[last].stem, head, index)
            if mine and theirs:
                yield at, mine
                break


def shared_modifiers(tokens: tuple[Token, ...], index: Index) -> Iterator[tuple[int, list[Link]]]:
    """Positions of heads that lack what is said before the first: `color code and description`."""
    for at in range(2, len(tokens)):
        if tokens[at - 1].lower not in ("and", "or") or tokens[at].sort is not Sort.WORD:
            continue
        for size in range(2, min(_LONGEST_SHARED, at)):
            *modifiers, head = (token.stem for token in tokens[at - 1 - size : at - 1])
            mine = _whole((*modifiers, head), index)
            theirs = _whole((*modifiers, tokens[at].stem), index)
            if mine and theirs:
                known = {link.target for link in theirs}
                alone = index.names.get((tokens[at].stem,), ())
                yield at, [*theirs, *(link for link in alone if link.target not in known)]
                break


_LONGEST_SHARED = 4


def _whole(stems: tuple[str, ...], index: Index) -> list[Link]:
    return [link for link in index.names.get(stems, ()) if link.quality in _WHOLE]


def _named(first: str, head: str, index: Index) -> list[Link]:
    return _whole((first, head), index)


def is_named_beside(mention: Mention, link: Link) -> bool:
    """`price and total price`: the price is no total price, which is called so itself."""
    if link.quality not in ("tail", "part"):
        return False
    beside = [mention.before] if _goes_on(mention) else []
    beside += [mention.after] if mention.after is not None and _goes_on(mention.after) else []
    links = (other for near in beside if near is not None for other in near.links)
    return any(other.target is link.target and other.quality == "exact" for other in links)


def is_one_of_both(mention: Mention) -> bool:
    """The authors of `colleges with both authors above 90 and authors below 80`, who are looked for
    and not asked for.
    """
    return any(
        "both" in first.left and first.before is not None
        for first, other in _twice(mention)
        if "and" in other.left
    )


def _twice(mention: Mention) -> Iterator[tuple[Mention, Mention]]:
    """The mention and others of the same, each pair in the order in which it is said."""
    targets = {link.target for link in mention.links}
    for step, turned in (("after", False), ("before", True)):
        here = getattr(mention, step)
        while here is not None:
            if targets and targets == {link.target for link in here.links}:
                yield (here, mention) if turned else (mention, here)
            here = getattr(here, step)


def _goes_on(mention: Mention) -> bool:
    return bool(mention.left) and set(mention.left) <= {"and", "or", "comma"}
