"""Verbs that say something of rows: pets that have died, invoices not yet paid, unpaid invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forerun.parsing.dates import MONTHS
from forerun.parsing.happenings import happenings
from forerun.parsing.inflection import is_past
from forerun.parsing.tokens import Token
from forerun.parsing.verbs import LONGEST, remains


@dataclass(frozen=True, slots=True)
class Predicate:
    """`tokens[start:end]`, a participle."""

    start: int
    end: int
    words: tuple[str, ...]
    """In small letters, without the "un" of what is undone."""
    frame: int
    """Where the words begin that only colour it: `not yet` of "not yet paid"."""
    negated: bool
    lead: str
    """The word before all of that."""
    hedged: bool
    """It may not have happened, or not quite: `should have been paid`, `are being paid`."""

    @property
    def is_said_after(self) -> bool:
        """Whether what it is said of comes before it: `have died`, `who left`."""
        return self.hedged or self.lead in AUXILIARY or self.lead in _RELATIVE

    @property
    def has_become(self) -> bool:
        """`have been paid` tells of what happened, `are paid` of how things are."""
        return self.lead in ("have", "has", "had", "was", "were")


AUXILIARY = frozenset(
    ("have", "has", "had", "is", "are", "was", "were", "did", "do", "does", "got", "get")
)
_ACTIVE = frozenset(("have", "has", "had", "did", "who"))
_RELATIVE = frozenset(("who", "that", "which"))
_MODAL = frozenset(
    ("should", "could", "would", "might", "may", "must", "will", "shall", "can", "cannot", "ought")
)
_HEDGES = frozenset(("being", "just"))
_NOT = frozenset(("not", "never"))
IN_PASSING = frozenset(("already", "yet", "still", "ever", "since", "actually", "now", "fully"))
_BETWEEN = _NOT | IN_PASSING | _HEDGES | {"been", "all", "also", "be", "to"}
_YET_TO_BE = ["yet", "to", "be"]
_OPPOSITE = {"alive": "dead"}


def predicate_at(tokens: Sequence[Token], start: int) -> Predicate | None:
    """The longest one that starts there. What was done by somebody belongs to a join."""
    sizes = range(min(LONGEST, len(tokens) - start), 0, -1)
    return next((p for size in sizes if (p := _predicate(tokens, start, start + size))), None)


def _predicate(tokens: Sequence[Token], start: int, end: int) -> Predicate | None:
    words = tuple(token.lower for token in tokens[start:end])
    if len(words) > 1 and words not in happenings().verbs:
        return None
    undone = words[0].startswith("un") and is_past(words[0][2:])
    first = words[0][2:] if undone else words[0]
    undone = undone or first in _OPPOSITE
    followed = tokens[end].lower if end < len(tokens) else ""
    if not is_past(first) or remains(tokens, end) or followed == "by":
        return None
    frame = start
    while frame > 0 and tokens[frame - 1].lower in _BETWEEN:
        frame -= 1
    between = [token.lower for token in tokens[frame:start]]
    nots = sum(word in _NOT for word in between) + undone + (between[-3:] == _YET_TO_BE)
    if nots > 1:
        return None  # not unpaid
    lead = tokens[frame - 1].lower if frame else ""
    if lead == "and" and _ends_a_time(tokens, frame - 1) and ends_a_clause(tokens, end):
        lead = "who"  # hired since 2020 and left
    active = lead in _ACTIVE and "been" not in between
    if active and not ends_a_clause(tokens, end):
        lead = ""  # has published the most books, has unpaid invoices
    words = (_OPPOSITE.get(first, first), *words[1:])
    return Predicate(start, end, words, frame, nots == 1, lead, _is_hedged(tokens, frame, between))


def _ends_a_time(tokens: Sequence[Token], end: int) -> bool:
    """Whether a year or a month stands before `end`."""
    if not end:
        return False
    last = tokens[end - 1]
    year = last.number is not None and 1900 <= last.number < 2100
    return year or last.lower in MONTHS


def _is_hedged(tokens: Sequence[Token], frame: int, between: Sequence[str]) -> bool:
    if "to" in between and between[-3:] != _YET_TO_BE:
        return True  # to be paid
    before = {token.lower for token in tokens[max(frame - 2, 0) : frame]}
    return not _HEDGES.isdisjoint(between) or not _MODAL.isdisjoint(before)


def ends_a_clause(tokens: Sequence[Token], end: int) -> bool:
    """Whether nothing follows that belongs to the words before `end`."""
    if end >= len(tokens) or tokens[end].lower in _GOING_ON:
        return True
    return [token.lower for token in tokens[end : end + 2]] == ["in", "total"]


_GOING_ON = frozenset(
    (",", "and", "or", "but", "per", "for", "by", "yet", "so", "already", "each", "us", "overall",
     "altogether")
)  # fmt: skip
