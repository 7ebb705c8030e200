"""Merging by result: readings that give the same rows are one answer, and their chances add up.

The parser itself runs nothing: it names the queries of its best candidates, and is told what
became of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from forerun.domain import Outcome
from forerun.parsing.confidence import confidence, logistic, most, signs
from forerun.parsing.mentions import Lattice
from forerun.parsing.parser import Parsed, told
from forerun.parsing.ranking import Candidate
from forerun.parsing.weighing import Tree, read_trees, total

RIVALS = 5
"""Candidates that are compared, at most."""
_NO_ROWS, _BLANK = 0.3, 0.5
"""What remains of the chances of a reading that gives no rows, or only such as say nothing."""
_TREES = Path(__file__).with_name("agreement.txt")


@lru_cache(maxsize=1)
def trees() -> tuple[Tree, ...]:
    """As those of the confidence, where results are known."""
    return read_trees(_TREES)


def rivals(parsed: Parsed) -> tuple[str, ...]:
    """The queries of the best candidates, best first; none where there is nothing to compare."""
    considered = parsed.considered
    if considered is None or len(considered.candidates) < 2:
        return ()
    from forerun.parsing import emission  # sqlglot is not needed to abstain

    few = considered.candidates[:RIVALS]
    return tuple(emission.sql(candidate.plan, considered.index.dialect) for candidate in few)


def merged(parsed: Parsed, outcomes: Sequence[Outcome]) -> Parsed:
    """The same, told what became of its `rivals`; `outcomes` may be empty."""
    considered = parsed.considered
    if considered is None or not outcomes:
        return parsed
    candidates = considered.candidates
    scores = [candidate.score for candidate in candidates[: len(outcomes)]]
    order = ranked(scores, outcomes)
    reordered = [candidates[at] for at in order] + list(candidates[len(outcomes) :])
    found = dict(signs(considered.lattice, reordered))
    found |= dict(agreement(scores, outcomes, order[0]))
    agreeing = [candidates[at] for at in agreeing_with(outcomes, order[0])]
    limit = most(considered.lattice, reordered[0], agreeing)
    sure = min(logistic(total(trees(), found)), limit)

    def sure_of(lattice: Lattice, candidates: Sequence[Candidate], rank: int) -> float:
        return sure if rank == 0 else confidence(lattice, candidates, rank)

    found_again = told(replace(considered, candidates=reordered), sure_of)
    return replace(found_again, standalone=parsed.standalone)


def ranked(scores: Sequence[float], outcomes: Sequence[Outcome]) -> list[int]:
    """Positions, the best first: by the chances of all that give the same rows."""
    chances = _chances(scores)
    worth = [
        (_mass(chances, outcomes, at) * _belief(outcome), chances[at])
        for at, outcome in enumerate(outcomes)
    ]
    return sorted(range(len(outcomes)), key=lambda at: worth[at], reverse=True)


def agreeing_with(outcomes: Sequence[Outcome], best: int) -> Iterator[int]:
    """Positions of those that give the same rows as the one at `best`."""
    for at, outcome in enumerate(outcomes):
        if outcome.group == outcomes[best].group and not outcome.failed:
            yield at


def agreement(
    scores: Sequence[float], outcomes: Sequence[Outcome], best: int
) -> Iterator[tuple[str, float]]:
    """Signs of the candidate at `best`, beside those of the confidence."""
    chances, mine = _chances(scores), outcomes[best]
    mass = _mass(chances, outcomes, best)
    yield "agreement", math.log(mass / (1.0 - mass + 1e-3))
    others: dict[int, float] = {}
    for chance, outcome in zip(chances, outcomes, strict=True):
        if outcome.group != mine.group and outcome.rows and not outcome.failed:
            others[outcome.group] = others.get(outcome.group, 0.0) + chance
    yield "other-rows", max(others.values(), default=0.0)
    yield "agreeing", float(sum(outcome.group == mine.group for outcome in outcomes))
    yield "results", float(len({outcome.group for outcome in outcomes}))
    yield "rows", float(min(mine.rows, 50))
    yield "no-rows", float(not mine.rows)
    yield "blank", float(mine.blank)


def _chances(scores: Sequence[float]) -> list[float]:
    chances = [math.exp(max(score - max(scores), -30.0)) for score in scores]
    return [chance / sum(chances) for chance in chances]


def _mass(chances: Sequence[float], outcomes: Sequence[Outcome], at: int) -> float:
    if outcomes[at].failed:
        return chances[at]
    group = outcomes[at].group
    return sum(c for c, other in zip(chances, outcomes, strict=True) if other.group == group)


def _belief(outcome: Outcome) -> float:
    if outcome.failed:
        return 0.0
    return _NO_ROWS if not outcome.rows else _BLANK if outcome.blank else 1.0
