"""How probable it is that the best plan is right: a few small trees, and what overrules them.

The trees read a handful of signs: how far the best plan leads, which words went unused, how
well names agreed. They were fitted on predictions for databases that the ranking weights had
not seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from forerun.parsing import completion, joins, lexicon
from forerun.parsing.actions import Action
from forerun.parsing.doubting import in_doubt
from forerun.parsing.inflection import is_verb
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import BesideAggregate, OfForemost, Plan, Term, without_ties
from forerun.parsing.ranking import Candidate
from forerun.parsing.schema import Entity
from forerun.parsing.vetoing import speaks_of_all, vetoed
from forerun.parsing.weighing import Tree, read_trees, total

_TREES = Path(__file__).with_name("confidence.txt")
_VETOED = 0.2
"""A vetoed draft is still worth showing as a reading, never worth answering."""

_IN_DOUBT = 0.5
"""A draft that takes a state for what happened, or what happened for a state, is no guess."""

_FAR_FETCHED = 0.6
"""A draft that takes a word for a more or a less general one is worth asking about."""

_KEPT = 256
"""The plans of a few questions, each of which is looked at for every reading."""


@lru_cache(maxsize=1)
def trees() -> tuple[Tree, ...]:
    """The fitted trees over the signs; they add up to log-odds."""
    return read_trees(_TREES)


def confidence(lattice: Lattice, candidates: Sequence[Candidate], rank: int = 0) -> float:
    """Probability, 0 to 1, that `candidates[rank]` answers the question."""
    probability = logistic(total(trees(), dict(signs(lattice, candidates, rank))))
    return min(probability, most(lattice, candidates[rank]))


def most(lattice: Lattice, candidate: Candidate, agreeing: Sequence[Candidate] = ()) -> float:
    """What overrules the model: the highest probability that a plan may have at all.

    `agreeing` are known to give the same rows.
    """
    if vetoed(lattice, candidate):
        return _VETOED
    if in_doubt(candidate, agreeing):
        return _IN_DOUBT
    actions = candidate.roles.actions
    far = any(action.quality == lexicon.NEAR and action.role != "skip" for action in actions)
    return _FAR_FETCHED if far else 1.0


def logistic(log_odds: float) -> float:
    """Log-odds as a probability."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds))))


def signs(
    lattice: Lattice, candidates: Sequence[Candidate], rank: int = 0
) -> Iterator[tuple[str, float]]:
    """What the trees read, by name."""
    chosen = candidates[rank]
    gists = [_gist(candidate.plan) for candidate in candidates]
    same = [c for c, gist in zip(candidates, gists, strict=True) if gist == gists[rank]]
    others = [c for c, gist in zip(candidates, gists, strict=True) if gist != gists[rank]]
    if _UNGROUPED not in chosen.features and not speaks_of_all(lattice):
        others = [c for c in others if _UNGROUPED not in c.features]
    yield from _lead(chosen, same, others)
    yield from _unused(lattice, chosen)
    yield from _agreement(chosen)
    yield from _plan_signs(chosen, lattice)


_UNGROUPED = "unmet|each"
"""One figure where one for each was asked for is no rival of the figures; "for all" asks for
either."""


def _lead(
    chosen: Candidate, same: Sequence[Candidate], others: Sequence[Candidate]
) -> Iterator[tuple[str, float]]:
    best = chosen.score
    mass, rest = _mass(same, best), _mass(others, best)
    yield "log-odds", max(-4.0, min(6.0, math.log(mass / (rest + 1e-3 * mass))))
    rows = _without_idle_keys(chosen.plan)
    twins = [c for c in same if c is chosen or _without_idle_keys(c.plan) != rows]
    yield "twins", math.log(_mass(twins, best))
    margin = best - max(other.score for other in others) if others else 6.0
    yield "margin", max(-2.0, min(margin, 6.0))
    mentions = max(len(chosen.roles.actions), 1)
    yield "score-per-mention", max(-2.0, min(best / mentions, 4.0))


def _mass(candidates: Sequence[Candidate], best: float) -> float:
    return sum(math.exp(min(candidate.score - best, 30.0)) for candidate in candidates)


@lru_cache(maxsize=_KEPT)
def _gist(plan: Plan) -> Plan:
    """The plan without what few askers mind: the key beside a name, the measure of a top n, who
    ties for the first place, a key counted in place of rows, and which group is told first.
    """
    plan = without_ties(plan)
    named = {term.entity for term in plan.group if term.field in term.entity.display}

    def told(term: Term) -> bool:
        key = term.field in term.entity.primary
        return term.entity not in named or not key or term in plan.select

    measures = {order.term for order in plan.order if order.term.aggregate and plan.limit}
    select = tuple(_rows_counted(term) for term in plan.select if term not in measures)
    window = plan.window
    if window is not None:
        window = replace(window, partition=tuple(filter(told, window.partition)))
    group = tuple(sorted(filter(told, plan.group), key=repr))
    if plan.group:
        select = tuple(sorted(select, key=repr))
    if (group, select, window) == (plan.group, plan.select, plan.window):
        return plan
    return replace(plan, group=group, select=select, window=window)


@lru_cache(maxsize=_KEPT)
def _without_idle_keys(plan: Plan) -> Plan:
    """The same rows: beside a name that only one row has, its key makes no other groups."""
    named = {term.entity for term in plan.group if _tells_alone(term)}
    told = (t for t in plan.group if _tells_alone(t) or not _is_key_of(t, named))
    return replace(plan, group=tuple(told))


def _is_key_of(term: Term, entities: set[Entity]) -> bool:
    return term.entity in entities and term.field in term.entity.primary


def _tells_alone(term: Term) -> bool:
    field = term.field
    return field is not None and field in term.entity.display and field.tells_rows_apart


def _rows_counted(term: Term) -> Term:
    if not term.distinct or term.field not in term.entity.primary:
        return term
    return replace(term, field=None, distinct=False)


def _unused(lattice: Lattice, chosen: Candidate) -> Iterator[tuple[str, float]]:
    verbs = sum(is_verb(unknown.word) for unknown in lattice.unknown)
    yield "unknown-verbs", float(min(verbs, 3))
    yield "unknown-nouns", float(min(len(lattice.unknown) - verbs, 3))
    skipped = [action for action in chosen.roles.actions if action.role == "skip"]
    yield "skipped-exact", float(sum(_is_lost(action, chosen.plan) for action in skipped))
    yield "skipped-other", float(min(len(skipped), 3))
    unmet = sum(feature.startswith("unmet|") for feature in chosen.features)
    yield "unmet-cues", float(min(unmet, 3))
    yield "unmet-each", float("unmet|each" in chosen.features)


def _is_lost(action: Action, plan: Plan) -> bool:
    """A good name left out, of which nothing shows up in the plan either."""
    if action.quality not in ("exact", "qualified", "stripped"):
        return False
    tables = set(plan.tree.entities).union(*(semi.tree.entities for semi in plan.semis))
    return not any(link.target in tables for link in action.mention.links)


def _agreement(chosen: Candidate) -> Iterator[tuple[str, float]]:
    used = [action for action in chosen.roles.actions if action.role != "skip"]
    for quality in ("tail", "part", "synonym", "value-stem", lexicon.SAME, lexicon.NEAR):
        yield f"link-{quality}", float(sum(action.quality == quality for action in used))
    exact = sum(action.quality in ("exact", "value", "qualified") for action in used)
    yield "exact-share", exact / max(len(used), 1)
    yield "values", float(min(sum(action.role == "equal" for action in used), 3))
    yield "link-hint", float(sum(action.quality.startswith("hint") for action in used))
    unsaid = sum(feature.startswith("rest-unsaid") for feature in chosen.features)
    yield "name-part-unsaid", float(min(unsaid, 3))
    yield from ((sign, _number(chosen, start)) for sign, start in _UPTAKE)


_UPTAKE = (("names-lost", "lost|"), ("names-stray", "stray|"), ("shown-unsaid", "unsaid|shown|"))


def _number(chosen: Candidate, start: str) -> float:
    """What a feature of that beginning counts."""
    ends = (f.removeprefix(start) for f in chosen.features if f.startswith(start))
    return float(next((end for end in ends if end.isdigit()), 0))


def _plan_signs(chosen: Candidate, lattice: Lattice) -> Iterator[tuple[str, float]]:
    plan = chosen.plan
    yield "joins", float(min(len(plan.tree.edges), 4))
    yield "guessed-joins", float(plan.tree.guessed)
    yield "semis", float(sum(not semi.negated for semi in plan.semis))
    yield "absences", float(sum(semi.negated for semi in plan.semis))
    yield "edges-unsaid", float(sum(f == "edge-unsaid" for f in chosen.features))
    yield "idle-table", float(any(f.startswith("idle-table") for f in chosen.features))
    missing = ("missing-tables=1", "missing-tables=2", "missing-tables=3")
    yield "missing-table", float(any(f in missing for f in chosen.features))
    yield "columns", float(min(len(plan.select), 5))
    yield "conditions", float(min(sum(1 for _ in plan.conditions), 4))
    yield from _repetition(plan)
    inside = (c for c in plan.conditions if isinstance(c, BesideAggregate | OfForemost))
    yield "query-inside", float(any(True for _ in inside))
    yield "table-twice", float(any(entity.alias for entity in plan.tree.entities))
    yield "denied", float(any(semi.negated and semi.where for semi in plan.semis))
    yield "numbers-in-text", float(any(c.field.is_numeric_text for c in plan.conditions))
    yield "plain-count", float(_is_plain_count(plan))
    yield "grouped", float(bool(plan.group))
    yield "ranked", float(plan.limit is not None)
    many = [f for f in chosen.features if f.startswith("ranked-by-many|")]
    yield "ranked-by-one-of-many", float(any(f.endswith("|None") for f in many))
    yield f"opener-{lattice.opener}", 1.0
    yield "nothing-asked", float(any(f.startswith("nothing-asked") for f in chosen.features))
    yield "other-time", float(any(f in _OTHER_TIMES for f in chosen.features))
    yield "mentions", float(min(len(lattice.mentions), 10))
    features = set(chosen.features)
    if _goes_by_its_key(plan):
        features -= {"by-key", "shows-key"}
    for oddity in _ODDITIES:
        yield oddity, float(oddity in features)
    yield "setop", float(plan.setop is not None)
    yield "kinds-counted", float(any(a.role == "tally" for a in chosen.roles.actions))
    beside = ("flag", "lacks", "against", "beside", "rows", "frequent")
    yield "rare-role", float(any(a.role in beside for a in chosen.roles.actions))
    yield "compared", float(any(a.role in ("compare", "having") for a in chosen.roles.actions))
    yield "absent", float(any(a.role == "absent" for a in chosen.roles.actions))
    unnamed = [e for e in plan.tree.entities if e not in lattice.entities]
    yield "tables-unnamed", float(min(len(unnamed), 3))


def _goes_by_its_key(plan: Plan) -> bool:
    """Rows without a name can only go by their key, which is nothing odd of them."""
    first = plan.select[0]
    return first.field in first.entity.primary and first.entity.display == first.entity.primary


_ODDITIES = (
    "denies-a-partner", "count-only-ranks", "count-repeats", "same-column-twice",
    "shows-key", "shows-what-is-fixed", "value-of-another-column", "distinct-dropped",
    "group-by-name", "group-by-key", "by-key",
)  # fmt: skip
_OTHER_TIMES = (
    "time|lookup",
    "time|elsewhere",
    "time|elsewhere-said",
    "time|of-unnamed",
    "other-time",
)


def _repetition(plan: Plan) -> Iterator[tuple[str, float]]:
    """Lists that may show a row twice: did the asker want each once?"""
    listed = not plan.group and not plan.distinct and not any(t.aggregate for t in plan.select)
    repeated = listed and completion.repeats(plan.select)
    yield "repeats", float(repeated and not plan.tree.edges)
    shown = {term.entity for term in plan.select}
    multiplied = any(joins.multiplied(plan.tree, entity) for entity in shown)
    yield "repeats-by-join", float(listed and multiplied)
    yield "distinct", float(plan.distinct)
    yield "value-and-list", float(listed and any(True for _ in plan.conditions))


def _is_plain_count(plan: Plan) -> bool:
    return len(plan.select) == 1 and plan.select[0].aggregate == "count" and not plan.group
