"""Everything a question may mean, as scored plans."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import suppress
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
from forerun.parsing.telling import told_apart
from forerun.parsing.weighing import weight_of

MAX_PLANS = 40
WIDER = 4
"""Where no path of the beam makes a plan, so many times as many are looked at."""


def propose(
    question: str, index: Index, today: date, weights: Mapping[str, float]
) -> tuple[Lattice, list[Candidate]]:
    """The segmented question and its candidates, best first, no two the same plan."""
    index = index.on(today)
    lattice = build_lattice(question, index, today)
    if not lattice.mentions:
        return lattice, []
    best: dict[Plan, Candidate] = {}
    seen: set[Hashable] = set()
    for path, sketch in _sketched(lattice, index, weights):
        for plan in told_by_bonds(complete(sketch, lattice, index), lattice, index):
            manner = ranking.manner(plan, sketch)
            key = (plan, plan.spared, manner)
            if key in seen:  # by a better path
                continue
            seen.add(key)
            candidate = scored(plan, path, manner, lattice, index, weights)
            before = best.get(plan)
            if before is None or before.score < candidate.score:
                best[plan] = candidate
    return lattice, _reranked(sorted(best.values(), key=_worst_last), lattice, weights)


def scored(
    plan: Plan,
    path: Path,
    manner: ranking.Manner,
    lattice: Lattice,
    index: Index,
    weights: Mapping[str, float],
) -> Candidate:
    """The plan as a candidate: the features of its way, of itself and of the team's lessons."""
    extra = (*ranking.features(plan, manner, lattice), *index.lessons.of_joins(plan.tree))
    score = path.score + weight_of(extra, weights)
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
        score = candidate.score + weight_of(extra, weights)
        heard.append(Candidate(plan, roles, (*candidate.features, *extra), score))
    return told_apart(sorted(heard, key=_worst_last))


def _sketched(
    lattice: Lattice, index: Index, weights: Mapping[str, float]
) -> list[tuple[Path, Sketch]]:
    """The best paths that make a sketch; of those that make the same one the best."""
    for beam in (BEAM, BEAM * WIDER):
        found: list[tuple[Path, Sketch]] = []
        seen: set[Hashable] = set()
        for path in search(lattice, index, weights, beam):
            with suppress(Impossible):
                sketch = assemble(path.actions, lattice)
                if (key := sketch.key) in seen:
                    continue
                seen.add(key)
                found += [(path, told) for told in of_a_kind(sketch, lattice, index)]
        if found:
            return found
    return []
