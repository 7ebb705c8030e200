"""Two rows of one name are two: groups go by the key before they go by the name alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forerun.parsing.plans import Plan
from forerun.parsing.ranking import Candidate


def told_apart(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, best first; where the best groups rows by their name alone, and another does
    nothing else but tell them apart by their key, these two change places.

    Which of the two is meant is nothing that a question tells: public golds have it either way.
    A sum over two workers of one name is a number that nobody asked for.
    """
    candidates = list(ranked)
    other = next((at for at, each in enumerate(candidates) if _tells_apart(each, candidates[0])), 0)
    if other:
        first, keyed = candidates[0], candidates[other]
        candidates[0] = replace(keyed, score=first.score)
        candidates[other] = replace(first, score=keyed.score)
    return candidates


def _tells_apart(candidate: Candidate, first: Candidate) -> bool:
    """Whether it is the same but for the keys of what the first groups by name."""
    more = set(candidate.plan.group) - set(first.plan.group)
    named = {term.entity for term in first.plan.group if term.field in term.entity.display}
    keys = all(term.entity in named and term.field in term.entity.primary for term in more)
    return bool(more) and keys and _ungrouped(candidate.plan) == _ungrouped(first.plan)


def _ungrouped(plan: Plan) -> Plan:
    return replace(plan, group=())
