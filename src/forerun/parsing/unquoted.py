"""Texts said without quotation marks: the letter w, the word love, starting with S."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.domain import Kind
from forerun.parsing import cues
from forerun.parsing.index import Index
from forerun.parsing.schema import Field, Link
from forerun.parsing.tokens import Sort, Token

_NAMED = frozenset(("letter", "letters", "word", "substring", "phrase", "prefix", "suffix"))
_ENDS = frozenset(("start", "begin", "end"))
_HOLDS = frozenset(("contain", "includ"))
_SURE, _LIKELY, LAST_RESORT = 20.0, 10.6, 5.0
"""What such a text scores: more than a name, less than one, less than any word that is known."""


def texts(tokens: tuple[Token, ...], index: Index) -> Iterator[tuple[int, float]]:
    """Where such texts stand, and their scores."""
    for at in range(1, len(tokens)):
        worth = _worth(tokens, at, index)
        if worth and _may_be_a_text(tokens[at], sure=worth == _SURE):
            yield at, worth


def names(tokens: tuple[Token, ...], index: Index) -> Iterator[int]:
    """`the first name Linda`: a name after its column, of which not all values are known."""
    for at in range(1, len(tokens)):
        token, before = tokens[at], at - 1
        if tokens[before].lower in ("as", "is") and before:
            before -= 1
        links = index.names.get((tokens[before].stem,), ())
        capital = token.text[:1].isupper() and _may_be_a_text(token, sure=True)
        if capital and (token.stem,) not in index.names and any(map(_may_hold, links)):
            yield at


def _may_hold(link: Link) -> bool:
    """Whether there are texts that no sample holds."""
    if not isinstance(link.target, Field):
        return False
    column = link.target.column
    return column.kind is Kind.TEXT and not column.samples_complete


def _worth(tokens: tuple[Token, ...], at: int, index: Index) -> float:
    before = tokens[at - 1]
    if before.lower in _NAMED:
        return 0.0 if _is_of_the_data(before, tokens[at], index) else _SURE
    if at > 1 and before.lower in ("with", "in") and tokens[at - 2].stem in _ENDS:
        return _SURE if len(tokens[at].text) == 1 else _LIKELY
    return LAST_RESORT if before.stem in _HOLDS else 0.0


def _is_of_the_data(noun: Token, token: Token, index: Index) -> bool:
    """Where letters are a table, and before another table or column: `the phrases customers use`.

    A single letter is one, whatever else is called so.
    """
    return (noun.stem,) in index.names or (len(token.text) > 1 and (token.stem,) in index.names)


def _may_be_a_text(token: Token, sure: bool) -> bool:
    if token.sort is not Sort.WORD:
        return False
    alone = len(token.text) == 1 and token.text not in ("a", "s")
    named = sure and token.text[:1].isupper()
    plain = token.lower not in cues.STOP | _NAMED and (token.lower,) not in cues.CUES
    return alone or named or plain
