"""What made the confidence hesitate, in words: the signs that cost most.

Signs cost what they take from the log-odds, seen from a reading without them. Signs that every
reading has are seen from what they are where the confidence is high: no other reading near, and
the means over the golden questions of which it is more than 90 % sure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forerun.domain import Hesitation
from forerun.parsing.confidence import logistic, signs, trees
from forerun.parsing.mentions import Lattice
from forerun.parsing.ranking import Candidate
from forerun.parsing.vetoing import unmet, vetoed
from forerun.parsing.weighing import total

_MAX_TOLD = 4
_WORTH_TELLING = 0.01
"""Of probability."""


@dataclass(frozen=True, slots=True)
class _Concern:
    """Signs that mean one thing to an asker. They are seen from 0, or from `without`."""

    words: str
    signs: tuple[str, ...]
    without: Mapping[str, float] = field(default_factory=dict)

    def cost(self, found: Mapping[str, float]) -> float:
        without = {sign: self.without.get(sign, 0.0) for sign in self.signs if sign in found}
        return total(trees(), {**found, **without}) - total(trees(), found)


_UNMET = _Concern(
    "Something was asked for that this reading does not have.", ("unmet-cues", "unmet-each")
)
"""Its own words name what was asked for."""
CONCERNS = (
    _Concern("Another reading is nearly as good.", ("log-odds", "margin"),
             {"log-odds": 6.0, "margin": 6.0}),
    _Concern("The same reading can be put into SQL in several ways.", ("twins",)),
    _Concern("Readings that are nearly as good give other rows.",
             ("agreement", "other-rows", "agreeing", "results"), {"agreement": 6.0}),
    _Concern("It gives no rows, or hardly any.", ("rows", "no-rows", "blank"), {"rows": 5.0}),
    _Concern("Some words are not understood.", ("unknown-verbs", "unknown-nouns")),
    _Concern("Some names are left out.", (
        "skipped-exact", "skipped-other", "names-lost", "names-stray")),
    _UNMET,
    _Concern("Names agree only in part.", (
        "link-tail", "link-part", "link-synonym", "link-value-stem", "link-hint", "exact-share",
        "name-part-unsaid", "shown-unsaid", "link-wordnet", "link-wordnet-near"),
        {"exact-share": 0.7}),
    _Concern("The words would be unusual for what this reading makes of them.",
             ("score-per-mention",), {"score-per-mention": 3.0}),
    _Concern("Tables are joined along keys that nobody declared.", ("guessed-joins",)),
    _Concern("The question does not say along which key the tables are joined.",
             ("edges-unsaid", "joins")),
    _Concern("The tables are not quite those that the question names.",
             ("idle-table", "missing-table", "tables-unnamed")),
    _Concern("A count was asked for that is only ranked by.", ("count-only-ranks",)),
    _Concern("It ranks by a figure of which each has many.", ("ranked-by-one-of-many",)),
    _Concern("A negation may mean that there is no such row, or that there is another.",
             ("denies-a-partner", "denied", "absent")),
    _Concern("The date may be another one than is meant.", ("other-time",)),
    _Concern("The question does not say what to show.", ("nothing-asked",)),
    _Concern("It is not said whether rows that are alike count once or every time.",
             ("repeats", "repeats-by-join", "distinct", "value-and-list", "count-repeats",
              "distinct-dropped")),
    _Concern("Numbers are stored as text.", ("numbers-in-text",)),
    _Concern("The question is long.", ("mentions",), {"mentions": 3.0}),
    _Concern("Questions of this kind go wrong more often than others.", (
        "grouped", "ranked", "absences", "semis", "plain-count", "values", "conditions", "columns",
        "opener-count", "opener-for", "opener-how", "opener-list", "opener-what", "opener-when",
        "opener-where", "opener-which", "opener-who", "opener-is", "opener-are",
        "setop", "kinds-counted", "rare-role", "compared", "same-column-twice", "shows-key",
        "shows-what-is-fixed", "value-of-another-column", "group-by-name", "group-by-key",
        "by-key", "query-inside", "table-twice"),
        {"columns": 1.0}),
)  # fmt: skip


def hesitations(lattice: Lattice, candidates: Sequence[Candidate]) -> tuple[Hesitation, ...]:
    """The concerns that cost the best candidate most, the costliest first.

    Where it is vetoed, no probability is told: without these it would not be answered either.
    """
    found = dict(signs(lattice, candidates))
    odds, forbidden = total(trees(), found), vetoed(lattice, candidates[0])
    costs = sorted(((concern.cost(found), concern) for concern in CONCERNS), key=lambda c: -c[0])
    told: list[Hesitation] = []
    for cost, concern in costs:
        without = logistic(odds + cost)
        words = " ".join(unmet(candidates[0])) if concern is _UNMET else concern.words
        if words and without - logistic(odds) >= _WORTH_TELLING:
            told.append(Hesitation(words, None if forbidden else round(without, 3)))
    return tuple(told)[:_MAX_TOLD]
