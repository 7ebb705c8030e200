"""Follow-up questions made stand-alone: like replaces like in the question before, or is added.

"And in 2024?" changes the time, "what about Germany?" the value of the same column, "by month
instead" the grouping, "top 10" the number of rows.
"""

from __future__ import annotations

import re
from datetime import date

from forerun.parsing import cues
from forerun.parsing.index import Index
from forerun.parsing.lattice import build as build_lattice
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.neighbouring import beside
from forerun.parsing.schema import Entity, Field, Meaning, Stored

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
_ABOUT = re.compile(r"^\s*(?:and|but|so)?\W*(?:what|how) about\b", re.IGNORECASE)
_MAX_WORDS = 10


def reworded(question: str, before: str, index: Index, today: date) -> str | None:
    """`question` in a wording that needs no conversation, or None where it is no follow-up.

    None is also the answer where it is one that these rules cannot resolve.
    """
    fragment = _TAIL.sub("", _LEAD.sub("", question)).strip()
    led = fragment != _TAIL.sub("", question).strip()
    if not fragment or len(fragment.split()) > _MAX_WORDS or (_WHOLE.match(question) and not led):
        return None
    if _WHOLE.match(fragment):
        return None
    base = re.sub(r"[\s?.!]+$", "", before)
    earlier = build_lattice(base, index, today)
    fragment = beside(fragment, earlier) or fragment
    said = build_lattice(fragment, index, today)
    if said.unknown or not said.mentions:
        return None
    if _ABOUT.match(question) and _names_another(said, earlier):
        return None
    text = _merged(said, earlier, index, today, base, fragment)
    return f"{text}?" if text else None


def _names_another(said: Lattice, before: Lattice) -> bool:
    """`what about the buyer Jones?` after one of a seller: instead, or as well?"""
    new = {field for mention in said.mentions for field in _value_fields(mention)}
    old = {field for mention in before.mentions for field in _value_fields(mention)}
    return bool(new and old) and new.isdisjoint(old)


def _merged(
    said: Lattice, before: Lattice, index: Index, today: date, base: str, fragment: str
) -> str | None:
    text = base
    for mention in said.mentions:
        if _goes_without_saying(mention, said, before):
            continue
        toward = _toward(said, mention)
        changed = _changed(text, before, mention, _text(fragment, said, mention), toward)
        if changed is None:
            return None
        text, before = changed, build_lattice(changed, index, today)
    return text if text != base else None


def _goes_without_saying(mention: Mention, said: Lattice, before: Lattice) -> bool:
    """`the Falkon brand`, `only business customers`: the value says it all."""
    beside: set[Field] = set()
    for other in (mention.before, mention.after):
        beside |= _value_fields(other) if other else set()
    targets = {link.target for link in mention.links}
    if set(mention.left) & cues.EACH or _value_fields(mention):
        return False
    return bool(targets & beside) or bool(targets & before.entities and len(said.mentions) > 1)


def _changed(
    base: str, before: Lattice, mention: Mention, words: str, toward: str = ""
) -> str | None:
    """`base` with what is like `mention` replaced by it, or with it added at the end."""
    if mention.kind is Kind.PERIOD:
        old = next((m for m in before.mentions if m.kind is Kind.PERIOD), None)
        return _replaced(base, before, old, words) if old else f"{base} {_with_opener(words)}"
    if _is_grouping(mention):
        old = next(filter(_is_grouping, before.mentions), None)
        return _replaced(base, before, old, words) if old else f"{base} per {words}"
    if _is_so_or_not(mention, before):
        return _so(base, before, mention, words)
    if _value_fields(mention):
        return _filtered(base, before, mention, words, toward)
    if mention.kind is Kind.NUMBER and "first" in mention.left:
        old = next((m for m in before.mentions if "first" in m.left and m.number), None)
        return _replaced(base, before, old, words) if old else None
    return None


def _filtered(base: str, before: Lattice, mention: Mention, words: str, toward: str) -> str | None:
    """Another value of a column that was filtered on, or a filter more."""
    fields = _value_fields(mention)
    olds = [m for m in before.mentions if fields & _value_fields(m)]
    same = (m for m in olds if _toward(before, m) == toward)
    old = next(same, olds[0] if olds else None)
    if "not" in mention.left or "without" in mention.left:
        return None if old else f"{base} excluding {mention.text}"
    if toward and (old is None or _toward(before, old) not in ("", toward)):
        return f"{base} {toward} {words}"
    return _replaced(base, before, old, words) if old else f"{base} for {words}"


def _toward(lattice: Lattice, mention: Mention) -> str:
    """`to Shanghai` after "from Hamburg" is the other end, and no other start."""
    before = lattice.tokens[mention.start - 1].lower if mention.start else ""
    return before if before in ("from", "to") else ""


def _is_so_or_not(mention: Mention, before: Lattice) -> bool:
    """`only the organic ones`, where a column says whether they are; first of all one of the rows
    that were spoken of.
    """
    targets = [link.target for link in mention.links]
    flags = [t for t in targets if isinstance(t, Field) and t.flags is not None]
    own = any(item.entity in before.entities for item in flags)
    so = bool(flags) and (own or len(flags) == len(targets))
    return so and set(mention.left) <= {"not"}


def _so(base: str, before: Lattice, mention: Mention, words: str) -> str | None:
    """What is not so in one word says so itself."""
    denied = "not" in mention.left and words.lower() == mention.text.lower()
    flags = {link.target for link in mention.links}
    if any(not flags.isdisjoint(k.target for k in old.links) for old in before.mentions):
        return None
    return f"{base} that are {'not ' if denied else ''}{words}"


def _is_grouping(mention: Mention) -> bool:
    """`per region`, `by month`, but not `by revenue`, which is an order."""
    if not set(mention.left) & cues.EACH:
        return False
    targets = [link.target for link in mention.links]
    measured = any(isinstance(t, Field) and t.meaning is Meaning.MEASURE for t in targets)
    named = any(isinstance(target, Field | Entity) for target in targets)
    return mention.unit is not None or (named and not measured)


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
