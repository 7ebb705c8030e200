"""Why a question is read as it is: words, links, runners-up, and what made it hesitate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from forerun.domain import Catalog, Draft, Explanation, Hesitation, RunnerUp
from forerun.parsing.changing import asks_for_a_change
from forerun.parsing.clarifying import clarify
from forerun.parsing.differing import difference
from forerun.parsing.hesitating import hesitations
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.offering import offered
from forerun.parsing.parser import (
    MAX_TOKENS,
    draft,
    indexed,
    is_about_the_data,
    readable,
    weights_for,
)
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.provenance import provenance
from forerun.parsing.ranking import Candidate
from forerun.parsing.vetoing import vetoes


def explain(question: str, catalog: Catalog, now: datetime) -> Explanation:
    """The same reading as `parse` gives, and how it came about. Never raises for any text."""
    index = indexed(catalog)
    if len(question.split()) > MAX_TOKENS or asks_for_a_change(question, index):
        return Explanation(question, catalog.dialect)
    lattice, candidates = propose(question, index, now.date(), weights_for(index))
    if not is_about_the_data(lattice, candidates):
        return Explanation(question, catalog.dialect, provenance(question, lattice))
    return _explained(question, lattice, candidates, index)


def _explained(
    question: str, lattice: Lattice, candidates: Sequence[Candidate], index: Index
) -> Explanation:
    ranks, best = readable(candidates), candidates[0]
    drafts = draft(lattice, candidates, ranks, index)
    plans = [candidates[rank].plan for rank in ranks]
    choices = [candidates[rank] for rank in offered(lattice, candidates)]
    asked = clarify(question, lattice, index, choices)
    return Explanation(
        question,
        index.dialect,
        provenance(question, lattice, best.roles.actions, best.plan),
        drafts[0].reading,
        drafts[0].sql,
        drafts[0].confidence,
        tuple(_joins(best.plan)),
        tuple(Hesitation(veto.words) for veto in vetoes(lattice, best)),
        hesitations(lattice, candidates),
        tuple(map(_runner_up, drafts[1:], plans[1:], [plans[0]] * len(plans[1:]))),
        asked.question if asked else None,
    )


def _joins(plan: Plan) -> Iterator[str]:
    edges = (*plan.tree.edges, *(semi.edge for semi in plan.semis))
    for edge in dict.fromkeys((*edges, *(e for semi in plan.semis for e in semi.tree.edges))):
        guessed = "" if edge.declared else " (not declared)"
        yield " and ".join(f"{mine} = {theirs}" for mine, theirs in edge.pairs) + guessed


def _runner_up(other: Draft, plan: Plan, best: Plan) -> RunnerUp:
    return RunnerUp(other.reading or "", other.confidence, other.sql, difference(best, plan))
