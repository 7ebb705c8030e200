"""Follow-up questions made stand-alone: like replaces like in the question before, or is added.

"And in 2024?" changes the time, "what about Germany?" the value of the same column, "by month
instead" the grouping, "top 10" the number of rows.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from forerun.domain import Catalog, Turn
from forerun.parsing.index import Entity, Field, Index, Stored
from forerun.parsing.lattice import Kind, Lattice, Mention
from forerun.parsing.lattice import build as build_lattice
from forerun.parsing.parser import indexed

_LEAD = re.compile(
    r"^\s*(?:(?:and|but|ok|okay|so|now|then|also|only|just|same|again|please|instead|show|me|"
    r"what about|how about|what if|make it|do it|the same|that|it|them|broken down|split|"
    r"grouped)\b[\s,:]*)+",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s,]*(?:\b(?:instead|only|too|as well|then|please|now)\b)?[\s?.!]*$", re.I)
_WHOLE = re.compile(
    r"^\s*(?:how many|how much|which|who|what (?:is|are|was|were)|list|show (?!only)|give|find|"
    r"count|return|display)\b",
    re.IGNORECASE,
)
_MAX_WORDS = 10
_GROUPING = frozenset(("each", "by"))


def resolve(question: str, previous: Turn, catalog: Catalog, now: datetime) -> str | None:
    """`question` in a wording that needs no conversation, or None where it is no follow-up.

    None is also the answer where it is one that these rules cannot resolve.
    """
    fragment = _TAIL.sub("", _LEAD.sub("", question)).strip()
    led = fragment != _TAIL.sub("", question).strip()
    if not fragment or len(fragment.split()) > _MAX_WORDS or (_WHOLE.match(question) and not led):
        return None
    if _WHOLE.match(fragment):
        return None
    base = re.sub(r"[\s?.!]+$", "", previous.standalone)
    index, today = indexed(catalog), now.date()
    said = build_lattice(fragment, index, today)
    if said.unknown or not said.mentions:
        return None
    before = build_lattice(base, index, today)
    text = _merged(said, before, index, today, base, fragment)
    return f"{text}?" if text else None


def _merged(
    said: Lattice, before: Lattice, index: Index, today: date, base: str, fragment: str
) -> str | None:
    text: str | None = base
    for mention in said.mentions:
        if text is None:
            return None
        if text != base:
            before = build_lattice(text, index, today)
        text = _changed(text, before, mention, said, fragment)
    return text


def _changed(
    base: str, before: Lattice, mention: Mention, said: Lattice, fragment: str
) -> str | None:
    """`base` with what is like `mention` replaced by it, or with it added at the end."""
    words = _text(fragment, said, mention)
    if mention.kind is Kind.PERIOD:
        old = next((m for m in before.mentions if m.kind is Kind.PERIOD), None)
        return _replaced(base, before, old, words) if old else f"{base} {_with_opener(words)}"
    if set(mention.left) & _GROUPING and _is_name(mention):
        old = next((m for m in before.mentions if set(m.left) & _GROUPING and _is_name(m)), None)
        return _replaced(base, before, old, words) if old else f"{base} per {words}"
    fields = _value_fields(mention)
    if fields:
        old = next((m for m in before.mentions if fields & _value_fields(m)), None)
        if old:
            return _replaced(base, before, old, words)
        return f"{base} {'not ' if 'not' in mention.left else ''}for {words}"
    if mention.kind is Kind.NUMBER and "first" in mention.left:
        old = next((m for m in before.mentions if "first" in m.left and m.number), None)
        return _replaced(base, before, old, words) if old else None
    return None


def _is_name(mention: Mention) -> bool:
    """Names a column, a table or a unit of time: something to group by."""
    return mention.unit is not None or any(
        isinstance(link.target, Field | Entity) for link in mention.links
    )


def _value_fields(mention: Mention) -> set[Field]:
    return {link.target.field for link in mention.links if isinstance(link.target, Stored)}


def _text(text: str, lattice: Lattice, mention: Mention) -> str:
    tokens = lattice.tokens
    return text[tokens[mention.start].start : tokens[mention.end - 1].end]


def _replaced(base: str, before: Lattice, old: Mention, words: str) -> str:
    start, end = before.tokens[old.start].start, before.tokens[old.end - 1].end
    return base[:start] + words + base[end:]


def _with_opener(words: str) -> str:
    """A bare year needs its preposition to be read as a time."""
    return f"in {words}" if words[:1].isdigit() else words
