"""Requests to change the data, which Forerun never does: "delete all visits"."""

from __future__ import annotations

from forerun.parsing.index import Index
from forerun.parsing.tokens import Token, tokenise

_PLEASE = frozenset(("please", "kindly"))
_WRITING = frozenset(("delete", "insert", "update", "truncate", "erase", "alter", "rename"))
"""Said first, they ask for a change whatever comes after."""
_OF_STRUCTURE = frozenset(("table", "column", "database", "view", "index", "schema"))
_OF_ONE = frozenset(("a", "an", "new", "another", "this", "these", "one"))
_TO_A_VALUE = frozenset(("change", "increase", "decrease", "raise", "reduce", "replace"))
_CERTAIN = frozenset(("the", "all", "every", "each", "this", "these", "my", "our", "their", "its"))
_SHOWING = frozenset(("of", "for", "showing", "listing", "with", "that", "which"))
"""What follows a table that is only to be shown."""


def asks_for_a_change(question: str, index: Index, after_another: bool = False) -> str | None:
    """The verb by which a question opens that asks to write; None for one that asks to read.

    `after_another` question, "drop the year" and "add the city" are said of that one's answer.
    """
    tokens = tokenise(question)
    tokens = tokens[1:] if tokens and tokens[0].lower in _PLEASE else tokens
    if len(tokens) < 2 or _is_known(tokens[0], index):
        return None
    verb, rest = tokens[0].lower, [token.lower for token in tokens[1:]]
    if verb in _WRITING:
        return verb
    return verb if not after_another and _writes(verb, rest) else None


def _writes(verb: str, rest: list[str]) -> bool:
    """What asks for a change only with the right words after it: "add up" and "drop in" do not."""
    if verb in ("drop", "remove"):
        return rest[0] not in ("in", "of", "from", "off", "offs")
    if verb == "add":
        return rest[0] in _OF_ONE or rest[0].isdecimal()
    if verb == "create":
        return "new" in rest[:2] or _makes_a_structure(rest)
    said = not {"to", "by", "with", "="}.isdisjoint(rest[1:])
    return said and (verb == "set" or (verb in _TO_A_VALUE and rest[0] in _CERTAIN))


def _makes_a_structure(rest: list[str]) -> bool:
    """`create table pets`, which "create a table of pets" is not."""
    made = next((at for at, word in enumerate(rest[:2]) if word in _OF_STRUCTURE), None)
    return made is not None and _SHOWING.isdisjoint(rest[made + 1 : made + 2])


def _is_known(token: Token, index: Index) -> bool:
    """Whether the word is one of the catalog's own."""
    return (token.stem,) in index.names or (token.lower,) in index.values
