"""Everything a question may mean, as scored plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from forerun.parsing import ranking
from forerun.parsing.assembly import assemble
from forerun.parsing.completion import complete
from forerun.parsing.index import Index
from forerun.parsing.lattice import build as build_lattice
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan
from forerun.parsing.ranking import Candidate
from forerun.parsing.search import search
from forerun.parsing.sketching import Impossible

MAX_PLANS = 48


def propose(
    question: str, index: Index, today: date, weights: Mapping[str, float]
) -> tuple[Lattice, list[Candidate]]:
    """The segmented question and its candidates, best first, no two the same plan."""
    lattice = build_lattice(question, index, today)
    best: dict[Plan, Candidate] = {}
    if not lattice.mentions:
        return lattice, []
    for path in search(lattice, index, weights):
        try:
            sketch = assemble(path.actions, lattice)
        except Impossible:
            continue
        for plan in complete(sketch, lattice, index):
            extra = (*ranking.features(plan, sketch, lattice), *index.lessons.of_joins(plan.tree))
            score = path.score + sum(weights.get(feature, 0.0) for feature in extra)
            if plan not in best or best[plan].score < score:
                best[plan] = Candidate(plan, path, (*path.features, *extra), score)
    ranked = sorted(best.values(), key=lambda candidate: -candidate.score)
    return lattice, ranked[:MAX_PLANS]
