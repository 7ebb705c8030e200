"""A writer's reply, whatever its form: JSON, a fence among prose, or a bare query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from forerun import prompts
from forerun.domain import Clarification, Draft, Origin, Refusal
from forerun.drafting.finding import bare, fenced, settled, tidy
from forerun.ports import Completion

UNSTATED_CONFIDENCE = 0.7
"""For a writer that names no probability."""
LEAST_CONFIDENCE, MOST_CONFIDENCE = 0.05, 0.95
NO_QUERY = "The reply held no SQL."
CUT_SHORT = "The reply was cut short before its SQL was whole."

_FIELDS = ("sql", "reading", "confidence", "clarify", "choices", "unanswerable")
_NOTHING = frozenset({"", "none", "null", "n/a", "na", "no", "-", "false"})
_LABEL = re.compile(
    r"^[\s*_#>]*(Reading|Confidence|Clarify|Unanswerable)[*_]*\s*:[*_]*[ \t]*(.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_CHOICE = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+(.+)$", re.MULTILINE)
_DEGREES = {"high": 0.9, "medium": 0.6, "low": 0.3}


def read_draft(completion: Completion) -> Draft | Clarification | Refusal:
    """What the writer decided. Never raises.

    A question back outweighs a query sent along with it: asking is better than being wrong. Only
    a query in the form that was asked for stands, whatever is said after it.
    """
    text = prompts.spoken(completion.text)
    if sql := settled(text):
        # Of a reply that nobody heard to its end, the last line may be half of one.
        said = _stated(text.rpartition("\n")[0] if completion.cut_short else text)
        reading = _text(said.get("reading"))
        return Draft(sql, Origin.MODEL, _confidence(said), reading or None)
    said = _stated(text)
    if clarify := _text(said.get("clarify")):
        return Clarification(clarify, _choices(said, text))
    sql = _query(text, said, cut_short=completion.cut_short)
    missing = _text(said.get("unanswerable"))
    if sql is None and missing:
        return Refusal(missing)
    if sql is None:
        trouble = CUT_SHORT if completion.cut_short else NO_QUERY
        return Draft("", Origin.MODEL, LEAST_CONFIDENCE, reading=trouble)
    return Draft(sql, Origin.MODEL, _confidence(said), reading=_text(said.get("reading")) or None)


def _stated(text: str) -> Mapping[str, Any]:
    """What the reply says, by field: from JSON, else from labelled lines."""
    if fields := prompts.read_fields(text, _FIELDS):
        return fields
    return {match[1].lower(): match[2].strip() for match in _LABEL.finditer(text)}


def _query(text: str, said: Mapping[str, Any], *, cut_short: bool) -> str | None:
    stated = said.get("sql")
    if isinstance(stated, str):
        return fenced(stated, cut_short=False) or tidy(stated)
    return fenced(text, cut_short=cut_short) or bare(text, cut_short=cut_short)


def _text(value: object) -> str:
    """A stated text on one line; words that models write for nothing count as nothing."""
    if not isinstance(value, str):
        return ""
    text = prompts.one_line(value.strip(), 1_000)
    return "" if text.lower().rstrip(".") in _NOTHING else text


def _choices(said: Mapping[str, Any], text: str) -> tuple[str, ...]:
    listed = said.get("choices")
    if not isinstance(listed, list):
        listed = _CHOICE.findall(text)
    return tuple(choice for choice in map(_text, listed) if choice)[:6]


def _confidence(said: Mapping[str, Any]) -> float:
    """The stated probability; 85, "85 %" and "high" are understood."""
    stated = said.get("confidence")
    if isinstance(stated, str):
        number = re.search(r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}", stated)
        stated = float(number[0]) if number else _DEGREES.get(stated.strip(" .*").lower())
    if isinstance(stated, bool) or not isinstance(stated, float):
        return UNSTATED_CONFIDENCE
    probability = stated / 100 if stated > 1 else stated
    return min(max(probability, LEAST_CONFIDENCE), MOST_CONFIDENCE)
