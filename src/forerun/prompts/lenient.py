"""Reads what models send instead of JSON: in prose, in fences, with loose commas and quotes.

Small local models rarely keep to a format. Nothing here raises, and text or a number that was cut
off is left out, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TypeAlias

Field: TypeAlias = "str | float | bool | list[Field] | dict[str, Field] | None"

_LONGEST = 200_000
_MOST_CANDIDATES = 40
_DEEPEST = 8

_THOUGHT_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_BLANK = re.compile(r"\s*")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_LOW_SURROGATE = re.compile(r"\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,2})?")
_BARE_WORD = re.compile(r"[^\s,:{}\[\]\"']+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "none": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def spoken(text: str) -> str:
    """The reply without what a model thought aloud, be it that it never began or ended so."""
    kept: list[str] = []
    thinking, at = False, 0
    for tag in _THOUGHT_TAG.finditer(text):
        closing = bool(tag[1])
        if closing and not thinking:
            kept.clear()  # some templates leave the opening tag out
        if not closing and not thinking:
            kept.append(text[at : tag.start()])
        thinking, at = not closing, tag.end()
    if not thinking:
        kept.append(text[at:])
    return "".join(kept).strip()


def read_fields(text: str, wanted: Collection[str]) -> dict[str, Field]:
    """The first object in `text` with one of the `wanted` keys, in lower case; else empty."""
    text = spoken(text)[:_LONGEST]
    at = text.find("{")
    for _ in range(_MOST_CANDIDATES):
        if at < 0:
            break
        fields = _Reader(text, at).object()
        if fields.keys() & set(wanted):
            return fields
        at = text.find("{", at + 1)
    return {}


def read_list(text: str) -> list[Field] | None:
    """The first list in `text`, or None where there is none."""
    text = spoken(text)[:_LONGEST]
    at = text.find("[")
    return _Reader(text, at).list() if at >= 0 else None


class _Unreadable(Exception):
    """The value at hand is cut off or makes no sense."""


class _Reader:
    """A recursive descent over JSON that forgives; it stops at what it cannot read."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.depth = 0

    def object(self) -> dict[str, Field]:
        """As many fields as are whole, from the `{` at hand."""
        fields: dict[str, Field] = {}
        self.at += 1
        try:
            while self._next() != "}":
                key = str(self._value()).lower()
                if self._next() != ":":
                    raise _Unreadable
                self.at += 1
                fields[key] = self._value()
            self.at += 1
        except _Unreadable:
            self.at = len(self.text)
        return fields

    def list(self) -> list[Field]:
        """As many items as are whole, from the `[` at hand."""
        items: list[Field] = []
        self.at += 1
        try:
            while self._next() != "]":
                items.append(self._value())
            self.at += 1
        except _Unreadable:
            self.at = len(self.text)
        return items

    def _next(self) -> str:
        """The next character that means something; commas between things do not."""
        while self.at < len(self.text):
            character = self.text[self.at]
            if not character.isspace() and character != ",":
                return character
            self.at += 1
        raise _Unreadable

    def _value(self) -> Field:
        match self._next():
            case "{":
                return self._nested(self.object)
            case "[":
                return self._nested(self.list)
            case '"' | "'":
                return self._string()
            case _:
                return self._word()

    def _nested(self, read: Callable[[], Field]) -> Field:
        if self.depth >= _DEEPEST:
            raise _Unreadable
        self.depth += 1
        value = read()
        self.depth -= 1
        return value

    def _string(self) -> str:
        """A quoted string. A quote ends it only where JSON goes on: models forget to escape."""
        quote = self.text[self.at]
        pieces: list[str] = []
        self.at += 1
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character == "\\":
                pieces.append(self._escaped())
            elif character == quote and self._goes_on():
                return "".join(pieces)
            else:
                pieces.append(character)
        raise _Unreadable

    def _goes_on(self) -> bool:
        rest = _BLANK.match(self.text, self.at)
        follows = self.text[rest.end() : rest.end() + 1] if rest else ""
        return follows in {",", "}", "]", ":"}

    def _escaped(self) -> str:
        character = self.text[self.at : self.at + 1]
        self.at += 1
        if character != "u":
            return _ESCAPES.get(character, character)
        if not (match := _HEX.match(self.text, self.at)):
            return "u"
        self.at = match.end()
        code = int(match[0], 16)
        if 0xD800 <= code < 0xDC00 and (low := _LOW_SURROGATE.match(self.text, self.at)):
            self.at = low.end()
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00)
        return chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"

    def _word(self) -> Field:
        match = _BARE_WORD.match(self.text, self.at)
        if not match or match.end() == len(self.text):
            raise _Unreadable
        self.at = match.end()
        word = match[0]
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        return float(word) if _NUMBER.fullmatch(word) else word
