"""What is not so in one word: `inactive users`, where a column says whether they are active."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forerun.catalog.words import stem
from forerun.parsing.index import Index
from forerun.parsing.inflection import is_past
from forerun.parsing.schema import Entity, Field
from forerun.parsing.tokens import Sort, Token
from forerun.parsing.verbs import tables_named

_PREFIXES = ("un", "in", "im", "ir", "dis")
_OF_ADJECTIVES = _PREFIXES[1:]
"""Before what was done these deny nothing: who was discharged may well have been charged."""
_SHORTEST = 4


def spelt_out(tokens: tuple[Token, ...], index: Index) -> tuple[Token, ...]:
    """The same with "not active" for such a word, which nothing in the catalog is called by."""
    denied = [_denied(tokens, at, index) for at in range(len(tokens))]
    return tuple(_spelt_out(tokens, denied)) if any(denied) else tokens


def _spelt_out(tokens: Sequence[Token], denied: Sequence[str]) -> Iterator[Token]:
    for token, word in zip(tokens, denied, strict=True):
        if word:
            yield Token("not", Sort.WORD, token.start, token.start, stem("not"))
            yield replace(token, text=word, stem=stem(word))
        else:
            yield token


def _denied(tokens: tuple[Token, ...], at: int, index: Index) -> str:
    """What is denied there; nothing where the word is a name or a value of its own."""
    token = tokens[at]
    prefix = next((p for p in _PREFIXES if token.lower.startswith(p)), "")
    word = token.lower.removeprefix(prefix)
    if not prefix or len(word) < _SHORTEST or token.sort is not Sort.WORD:
        return ""
    if prefix in _OF_ADJECTIVES and is_past(word):
        return ""
    if (token.stem,) in index.names or (token.lower,) in index.values:
        return ""
    named = (link.target for link in index.names.get((stem(word),), ()))
    flags = [item for item in named if isinstance(item, Field) and item.flags is not None]
    tables = _said_of(tokens, at, index) if flags else set()
    return word if any(not tables or item.entity in tables for item in flags) else ""


def _said_of(tokens: tuple[Token, ...], at: int, index: Index) -> set[Entity]:
    """The table right behind, or else the nearest one before."""
    named = list(tables_named(tokens, index))
    behind = [tables for start, _, tables in named if start == at + 1]
    before = [tables for _, end, tables in named if end <= at]
    return behind[0] if behind else before[-1] if before else set()
