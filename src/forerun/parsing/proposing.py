"""Everything a question may mean, as scored plans."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date

from forerun.parsing import ranking, uptake, wording
from forerun.parsing.assembly import assemble
from forerun.parsing.bonds import told_by_bonds
from forerun.parsing.completion import complete
from forerun.parsing.index import Index
from forerun.parsing.kinds import of_a_kind
from forerun.parsing.lattice import build as build_lattice
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan
from forerun.parsing.ranking import Candidate
from forerun.parsing.search import BEAM, Path, search
from forerun.parsing.sketching import Impossible, Sketch

MAX_PLANS = 40
WIDER = 4
"""Where no path of the beam makes a plan, so many times as many are looked at."""


def propose(
    question: str, index: Index, today: date, weights: Mapping[str, float]
) -> tuple[Lattice, list[Candidate]]:
    """The segmented question and its candidates, best first, no two the same plan."""
    index = index.on(today)
    lattice = build_lattice(question, index, today)
    best: dict[Plan, Candidate] = {}
    if not lattice.mentions:
        return lattice, []
    for path, sketch in _sketched(lattice, index, weights):
        for plan in told_by_bonds(complete(sketch, lattice, index), lattice, index):
            candidate = scored(plan, path, sketch, lattice, index, weights)
            if plan not in best or best[plan].score < candidate.score:
                best[plan] = candidate
    return lattice, _reranked(sorted(best.values(), key=_worst_last), lattice, weights)


def scored(
    plan: Plan,
    path: Path,
    sketch: Sketch,
    lattice: Lattice,
    index: Index,
    weights: Mapping[str, float],
) -> Candidate:
    """The plan as a candidate: the features of its way, of itself and of the team's lessons."""
    extra = (*ranking.features(plan, sketch, lattice), *index.lessons.of_joins(plan.tree))
    score = path.score + sum(weights.get(feature, 0.0) for feature in extra)
    return Candidate(plan, path, (*path.features, *extra), score)


def _worst_last(candidate: Candidate) -> float:
    return -candidate.score


def _reranked(
    ranked: list[Candidate], lattice: Lattice, weights: Mapping[str, float]
) -> list[Candidate]:
    """The best few, in the order that they have once the wording of the question is heard too."""
    words, heard = wording.between(lattice), []
    for candidate in ranked[:MAX_PLANS]:
        plan, roles = candidate.plan, candidate.roles
        extra = (*uptake.features(plan, roles.actions, lattice), *wording.features(plan, words))
        score = candidate.score + sum(weights.get(feature, 0.0) for feature in extra)
        heard.append(replace(candidate, features=(*candidate.features, *extra), score=score))
    return sorted(heard, key=_worst_last)


def _sketched(
    lattice: Lattice, index: Index, weights: Mapping[str, float]
) -> list[tuple[Path, Sketch]]:
    """The best paths that make a sketch."""
    for beam in (BEAM, BEAM * WIDER):
        found = []
        for path in search(lattice, index, weights, beam):
            with suppress(Impossible):
                sketch = assemble(path.actions, lattice)
                found += [(path, told) for told in of_a_kind(sketch, lattice, index)]
        if found:
            return found
    return []
