"""A segmented question: mentions of things, and the cues between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forerun.catalog import words
from forerun.parsing import cues
from forerun.parsing.schema import Entity, Link, Stored
from forerun.parsing.spells import Period
from forerun.parsing.tokens import Token


class Kind(StrEnum):
    """What a mention is."""

    THING = "thing"
    NUMBER = "number"
    TEXT = "text"
    PERIOD = "period"
    UNIT = "unit"
    ADJECTIVE = "adjective"
    AVERAGE = "average"
    OCCURRENCE = "occurrence"
    """How often something is there, said without saying of what: "most often", "and the count"."""
    HAPPENING = "happening"
    """What happened to a row at any time, or did not: "have died", "unpaid"."""


@dataclass(eq=False, slots=True)
class Mention:
    """A span of the question that a plan must use or knowingly leave out."""

    kind: Kind
    start: int
    end: int
    """Token positions, half-open."""
    text: str
    links: tuple[Link, ...] = ()
    number: float | int | None = None
    period: Period | None = None
    later: Period | None = None
    """The same a year later, where either may be meant."""
    unit: str | None = None
    adjective: cues.Adjective | None = None
    aggregate: str = ""
    """Of a whole column or of all groups, that something is compared with."""
    frame: int | None = None
    """Over how many units an average (or the sum that `aggregate` says) moves."""
    op: str = ""
    """How it compares, where that was said apart: "fewer orders than average"; of a happening,
    whether its date is known or missing: not null, null.
    """
    left: tuple[str, ...] = ()
    """Cues since the mention before."""
    right: tuple[str, ...] = ()
    """Cues up to the next mention."""
    clause: str = ""
    """The latest clause-opening cue."""
    position: int = 0
    before: Mention | None = None
    after: Mention | None = None
    own_cue: str = ""
    """Set where the words may also be a cue."""
    is_heading: bool = False
    """Of these rows a number is asked without a word for it: "bookings per month"."""
    is_times: bool = False
    """`three times`."""
    measure: str = ""
    """What a number is of: the kilograms of `500 kg`."""

    @property
    def is_literal(self) -> bool:
        """A number, quotation, date, happening or stored name: what no answer may leave out."""
        if self.kind in (Kind.NUMBER, Kind.TEXT, Kind.PERIOD, Kind.HAPPENING):
            return True
        named = self.start > 0 and self.text[:1].isupper()
        return named and self.is_stored

    @property
    def is_stored(self) -> bool:
        """`which are premium`: what is stored word for word and goes by no other name."""
        return bool(self.links) and all(map(is_value, self.links))

    @property
    def is_plural(self) -> bool:
        """`the oldest players`: whether its last word says more than one."""
        return words.is_plural(self.text.split()[-1])


def is_value(link: Link) -> bool:
    """True for a stored value spelt in full."""
    return isinstance(link.target, Stored) and link.quality == "value"


def is_for_each(mention: Mention) -> bool:
    """`per customer for each country`: an average over both shows neither."""
    return not cues.EACH.isdisjoint(mention.left)


def goes_on_for_each(mention: Mention) -> bool:
    """`per plan and month`: what follows in the same breath. A month beside its year is one."""
    before = mention.before
    if mention.left != ("and",) or before is None or before.end + 1 != mention.start:
        return False
    said = not cues.EACH.isdisjoint(before.left) or goes_on_for_each(before)
    return said and before.kind is not Kind.UNIT


def leaves_some_out(mention: Mention) -> bool:
    """`per country except Japan`: for each but that one, and no condition alone."""
    after = mention.after
    if after is None or after.left != ("not",) or cues.EACH.isdisjoint(mention.left):
        return False
    return any(isinstance(link.target, Stored) for link in after.links)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that means nothing here; `position` counts the mentions before it."""

    word: str
    position: int


@dataclass(frozen=True, eq=False, slots=True)
class Lattice:
    """The question, segmented. Compared by identity, so that what it says can be remembered."""

    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    unknown: tuple[Unknown, ...]
    tags: frozenset[str]
    """Every cue in the question."""
    opener: str
    everything: bool
    """True when all columns are asked for."""
    entities: frozenset[Entity]
    """Tables that some mention names."""
    stems: frozenset[str]
    """Stem of every word."""


def asks_for_values(lattice: Lattice) -> bool:
    """Whether anything is said of values that differ: "how many different", "the values of"."""
    return not lattice.stems.isdisjoint(_OF_VALUES)


_OF_VALUES = frozenset(words.stems("distinct different unique value"))
