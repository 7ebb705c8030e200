"""How probable it is that a follow-up was understood: less than for a question that stands alone.

A logistic model on the signs of `confidence` and some of its own, fitted on conversations: there
are too few of these for trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from forerun.parsing import confidence
from forerun.parsing.mentions import Lattice
from forerun.parsing.ranking import Candidate
from forerun.parsing.references import points_at_a_place, points_at_those, references
from forerun.parsing.weighing import log_odds, read_weights, total

_WEIGHTS = Path(__file__).with_name("follow_up_confidence.txt")
_OVERRULED = 0.2


@lru_cache(maxsize=1)
def weights() -> Mapping[str, float]:
    """The fitted weights of the signs, by name."""
    return read_weights(_WEIGHTS)


def confidence_after(
    lattice: Lattice,
    candidates: Sequence[Candidate],
    rank: int,
    known: Mapping[str, float] | None = None,
) -> float:
    """Probability, 0 to 1, that `candidates[rank]` is what was asked, if it goes on from that.

    `known` stands in for the fitted weights.
    """
    chosen = candidates[rank]
    odds = log_odds(known or weights(), dict(signs(lattice, candidates, rank)))
    found = confidence.logistic(odds)
    if is_whole(lattice, chosen):
        found = (found + confidence.confidence(lattice, candidates, rank)) / 2
    return min(found, most(lattice, chosen))


def is_whole(lattice: Lattice, chosen: Candidate) -> bool:
    """A question that names its tables and points at nothing, judged half as if asked alone."""
    alone = not chosen.is_edit
    return alone and bool(lattice.entities) and not {"ref", "ref-later"} & set(references(lattice))


def most(lattice: Lattice, chosen: Candidate) -> float:
    """What overrules the model.

    The earlier answer again is no answer to a new question, "these" are not all there are, and
    "the first one" is one.
    """
    top = confidence.most(lattice, chosen)
    lost = not chosen.is_edit and points_at_those(lattice)
    lost |= chosen.plan.limit is None and points_at_a_place(lattice)
    return min(top, _OVERRULED) if lost or "~unchanged" in chosen.features else top


def signs(
    lattice: Lattice, candidates: Sequence[Candidate], rank: int = 0
) -> Iterator[tuple[str, float]]:
    """What the logistic model reads, by name."""
    own = dict(confidence.signs(lattice, candidates, rank))
    yield from own.items()
    yield "as-alone", max(-4.0, min(total(confidence.trees(), own), 4.0))
    chosen = candidates[rank].features
    yield "edited", float(candidates[rank].is_edit)
    back = set(references(lattice)) & {"ref", "ref-later"}
    yield "refers", float("ref" in back)
    yield "refers-alone", float(bool(back) and not candidates[rank].is_edit)
    for feature in chosen:
        if feature[0] == "~" and "=" in feature and "|" not in feature:
            yield feature[1:], 1.0
