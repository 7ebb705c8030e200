"""How probable it is that a follow-up was understood: less than for a question that stands alone.

The logistic model is the one of `confidence` with signs of its own, fitted on conversations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from forerun.parsing import confidence
from forerun.parsing.mentions import Lattice
from forerun.parsing.ranking import Candidate
from forerun.parsing.references import points_back, references

_WEIGHTS = Path(__file__).with_name("follow_up_confidence.txt")
_VETOED = 0.2


@lru_cache(maxsize=1)
def weights() -> Mapping[str, float]:
    """The fitted weights: one `sign<TAB>weight` a line."""
    lines = _WEIGHTS.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {sign: float(weight) for sign, weight in pairs}


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
    vetoed = is_vetoed(lattice, chosen)
    found = sure(dict(signs(lattice, candidates, rank)), vetoed, known or weights())
    if vetoed or not is_whole(lattice, chosen):
        return found
    return (found + confidence.confidence(lattice, candidates, rank)) / 2


def is_whole(lattice: Lattice, chosen: Candidate) -> bool:
    """A question that names its tables and points at nothing, judged half as if asked alone."""
    alone = "~edit" not in chosen.features
    return alone and bool(lattice.entities) and "ref" not in set(references(lattice))


def is_vetoed(lattice: Lattice, chosen: Candidate) -> bool:
    """A plan for words that point back, which goes on from nothing, is none to answer with."""
    if "~unchanged" in chosen.features:
        return True
    alone = "~edit" not in chosen.features
    return (alone and points_back(lattice)) or confidence.vetoed(lattice, chosen)


def signs(
    lattice: Lattice, candidates: Sequence[Candidate], rank: int = 0
) -> Iterator[tuple[str, float]]:
    """What the logistic model reads, by name."""
    yield from confidence.signs(lattice, candidates, rank)
    chosen = candidates[rank].features
    yield "edited", float("~edit" in chosen)
    refers = any(feature.endswith("|ref") for feature in chosen if feature[0] == "~")
    yield "refers", float(refers)
    yield "refers-alone", float(refers and "~edit" not in chosen)
    for feature in chosen:
        if feature[0] == "~" and "=" in feature and "|" not in feature:
            yield feature[1:], 1.0


def sure(found: Mapping[str, float], vetoed: bool, known: Mapping[str, float]) -> float:
    """Probability, 0 to 1."""
    total = known.get("bias", 0.0) + sum(
        known.get(sign, 0.0) * value for sign, value in found.items()
    )
    probability = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
    return min(probability, _VETOED) if vetoed else probability
