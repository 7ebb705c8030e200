"""When a row happened: which of its dates that is, and which one a verb speaks of.

Tables hold several dates: orders were placed, shipped, delivered and last updated. Who asks for
the orders of March means when they were placed; who asks what was shipped in March says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from forerun.catalog.words import stems
from forerun.domain import Kind as ColumnKind
from forerun.parsing.schema import Entity, Field, Meaning

_WORDS = Path(__file__).with_name("happenings.txt")
OWN, _OTHER = "own", "other"
_WEAKEST_FIRST = (
    *("lives", "planned", "upkeep", "ends", "after"),  # `expected_start` is first of all expected
    *("occurs", "begins", "records"),
)
_MAY_STAND_BESIDE = {
    "occurs": frozenset(("records", "after", "ends", "upkeep", "planned", "lives")),
    "begins": frozenset(("records", "after", "ends", "upkeep", "planned", "lives")),
    "records": frozenset(("after", "ends", "upkeep", "lives")),
    _OTHER: frozenset(("after", "ends", "upkeep", "lives")),
}
"""Of each kind, the others beside which it is the one that is meant; in order of precedence."""
_LIKELIEST_FIRST = (OWN, *_MAY_STAND_BESIDE, *reversed(_WEAKEST_FIRST[:5]))
TIME_WORDS = frozenset(stems("date day time at on in of year timestamp datetime ts dt utc local"))
_SHORTEST, _ENDING, _LONG_ENOUGH = 3, 5, 5


@dataclass(frozen=True, slots=True)
class Happenings:
    """The words of `happenings.txt`, as stems."""

    kinds: dict[str, frozenset[str]]
    alike: frozenset[frozenset[str]]
    verbs: dict[tuple[str, ...], tuple[str, ...]]
    """Phrases as they are said, in small letters, with what the column's name may hold."""


@lru_cache(maxsize=1)
def happenings() -> Happenings:
    """Read once."""
    kinds: dict[str, frozenset[str]] = {}
    alike: set[frozenset[str]] = set()
    verbs: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line in _WORDS.read_text(encoding="utf-8").splitlines():
        kind, _, words = line.partition(": ")
        phrases, _, meant = line.partition(" = ")
        if line.startswith("#"):
            continue
        if meant:
            verbs |= {tuple(said.split()): stems(meant) for said in phrases.split(" | ")}
        elif kind == "alike":
            alike.add(frozenset(stems(words)))
        else:
            kinds[kind] = kinds.get(kind, frozenset()).union(stems(words))
    return Happenings(kinds, frozenset(alike), verbs)


def telling(item: Field) -> frozenset[str]:
    """Stems of a date's name without those of time and of its table: of `ordered_at` none."""
    rest = set(item.stems) - TIME_WORDS
    return frozenset(s for s in rest if not any(_are_alike(s, own) for own in item.entity.stems))


def _are_alike(one: str, other: str) -> bool:
    """A verb and its noun: pay and payment, prescribe and prescription."""
    if one == other or frozenset((one, other)) in happenings().alike:
        return True
    pairs = zip(one, other, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    if shared == min(len(one), len(other)) >= _SHORTEST:
        return abs(len(one) - len(other)) <= _ENDING
    return shared >= _LONG_ENOUGH


def kind_of(item: Field) -> str:
    """`own`, one of the kinds of the list, or `other`."""
    rest = telling(item)
    if not rest:
        return OWN
    kinds = happenings().kinds
    return next((kind for kind in _WEAKEST_FIRST if rest & kinds[kind]), _OTHER)


def likelihood(item: Field) -> int:
    """The place of a date among those that may be meant where nothing is said; 0 is likeliest."""
    return _LIKELIEST_FIRST.index(kind_of(item))


def may_tell_when(item: Field) -> bool:
    """False for the date of a change, a birth, an end or a plan."""
    return kind_of(item) not in ("lives", "planned", "upkeep", "ends", "after")


def tells_the_end(item: Field) -> bool:
    """Whether a date that some rows lack says that they are over and gone: left, cancelled."""
    if item.meaning is not Meaning.DATE or not item.column.nullable:
        return False
    return kind_of(item) == "ends" or not telling(item).isdisjoint(_GONE)


_GONE = frozenset(
    stems(
        "cancelled canceled deleted removed died death deceased discontinued archived churned"
        " closed discharged"
    )
)


def usual(entity: Entity) -> Field | None:
    """The date that tells when a row happened, where the names leave no doubt; None elsewhere.

    What the team said goes first. What lasts for days, as a subscription does, may be meant
    while it lasts: there is a doubt.
    """
    if entity.time is not None:
        return entity.time
    found = _by_kind([f for f in entity.fields if f.meaning in (Meaning.DATE, Meaning.YEAR)])
    if OWN in found:
        return _only(found[OWN])
    for kind, others in _MAY_STAND_BESIDE.items():
        if kind in found:
            first = _only(found[kind]) if found.keys() <= {kind, *others} else None
            return None if first is None or _lasts(first, found.get("ends", ())) else first
    return None


def _by_kind(items: Sequence[Field]) -> dict[str, list[Field]]:
    """What only some rows have, beside a date that all have, comes of it afterwards."""
    found: dict[str, list[Field]] = {}
    all_have_one = any(not item.column.nullable for item in items)
    for item in items:
        kind = kind_of(item)
        later = kind == _OTHER and all_have_one and item.column.nullable
        found.setdefault("after" if later else kind, []).append(item)
    return found


def _only(items: Sequence[Field]) -> Field | None:
    return items[0] if len(items) == 1 else None


def _lasts(first: Field, ends: Sequence[Field]) -> bool:
    return any(_is_a_day(first) and _is_a_day(end) for end in ends)


def _is_a_day(item: Field) -> bool:
    """Without a time of the day."""
    if item.column.kind is ColumnKind.TEXT:
        return all(len(str(value)) <= len("2025-01-01") for value in item.column.samples)
    return item.column.kind is not ColumnKind.TIMESTAMP


def meant_by(words: Sequence[str], items: Sequence[Field]) -> list[Field]:
    """Those of the dates that are called by the first of the words that any is called by."""
    for word in words:
        called = [item for item in items if _is_called(item, word)]
        if called:
            return called
    return []


def _is_called(item: Field, word: str) -> bool:
    rest = telling(item)
    return not rest if word == OWN else any(_are_alike(word, said) for said in rest)
