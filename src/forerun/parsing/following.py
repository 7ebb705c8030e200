"""What a question means after an earlier one: by itself, or as a change of the earlier plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from forerun.parsing.assembly import play
from forerun.parsing.completion import complete
from forerun.parsing.edits import Edit, edits
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import MAX_PLANS, scored
from forerun.parsing.ranking import Candidate, manner
from forerun.parsing.references import is_mark, references
from forerun.parsing.schema import Edge, Entity
from forerun.parsing.search import Path as Roles
from forerun.parsing.search import search
from forerun.parsing.sketching import Impossible, Sketch
from forerun.parsing.telling import told_apart
from forerun.parsing.weighing import read_weights, weight_of

_WEIGHTS = Path(__file__).with_name("follow_up_weights.txt")
_MAX_FRAGMENTS = 8
_OF_SETS = frozenset(("both", "not", "without"))


@dataclass(frozen=True, slots=True)
class Signs:
    """What in the wording of a follow-up speaks for or against a change of the earlier plan."""

    words: tuple[str, ...]
    opener: str
    mentions: str
    base: str
    tables: str


@dataclass(frozen=True, slots=True)
class Scales:
    """What candidates are weighed with: the parser's own weights, and those of edits."""

    plans: Mapping[str, float]
    edits: Mapping[str, float]


def is_open(base: Plan) -> bool:
    """Sets put together and windows are not taken apart again."""
    return base.setop is None and base.window is None


@lru_cache(maxsize=1)
def weights() -> Mapping[str, float]:
    """The fitted weights of the edits, by name."""
    return read_weights(_WEIGHTS)


def propose_after(
    lattice: Lattice,
    alone: Sequence[Candidate],
    base: Plan,
    index: Index,
    scales: Scales,
    at_most: int = MAX_PLANS,
) -> tuple[Lattice, list[Candidate]]:
    """What a question may mean after `base`, best first, given what it may mean `alone`.

    Features of edits begin with `~`.
    """
    lattice = replace(lattice, unknown=tuple(u for u in lattice.unknown if not is_mark(u.word)))
    signs = _signs(lattice, base)
    best: dict[Plan, Candidate] = {}
    for candidate in alone:
        features = tuple(_alone(candidate.plan, base, signs))
        _keep(best, candidate, features, scales.edits)
    for candidate, features in _edited(lattice, base, index, signs, scales.plans):
        _keep(best, candidate, features, scales.edits)
    ranked = told_apart(sorted(best.values(), key=lambda candidate: -candidate.score))
    return lattice, ranked[:at_most]


def _keep(
    best: dict[Plan, Candidate], candidate: Candidate, features: tuple[str, ...],
    following: Mapping[str, float],
) -> None:  # fmt: skip
    score = candidate.score + weight_of(features, following)
    if candidate.plan not in best or best[candidate.plan].score < score:
        whole = (*candidate.features, *features)
        best[candidate.plan] = replace(candidate, features=whole, score=score)


def _edited(
    lattice: Lattice, base: Plan, index: Index, signs: Signs, known: Mapping[str, float]
) -> Iterator[tuple[Candidate, tuple[str, ...]]]:
    """Every change of the earlier plan. Its tables count as spoken of."""
    earlier = _tables(base)
    inside = replace(lattice, entities=lattice.entities | earlier)
    for path, said in _fragments(inside, index, known):
        for edit in edits(base, said, inside):
            for plan in _completed(edit, base, inside, index):
                used = frozenset(e for e in inside.entities if e not in earlier) | (
                    earlier & set(plan.tree.entities)
                )
                seen = replace(inside, entities=used)
                yield (
                    scored(plan, path, manner(plan, edit.sketch), seen, index, known),
                    tuple(_changed(plan, edit, base, signs)),
                )


def _fragments(
    lattice: Lattice, index: Index, known: Mapping[str, float]
) -> Iterator[tuple[Roles, Sketch]]:
    """What the follow-up itself says, each once: as the best of the ways that lead to it."""
    seen: list[Sketch] = []
    for path in search(lattice, index, known):
        try:
            said = play(path.actions)
        except Impossible:
            continue
        if said not in seen:
            seen.append(said)
            yield path, said
        if len(seen) == _MAX_FRAGMENTS:
            return


def _completed(edit: Edit, base: Plan, lattice: Lattice, index: Index) -> Iterator[Plan]:
    sets = bool(lattice.tags & _OF_SETS)
    for plan in complete(edit.sketch, lattice, index):
        if plan.setop is not None and not sets:
            continue
        if edit.keeps_rows and _is_joined_otherwise(plan, base):
            continue
        if edit.all_columns and plan.select == tuple(edit.sketch.select):
            yield replace(plan, all_columns=True)
        yield plan


def _is_joined_otherwise(plan: Plan, base: Plan) -> bool:
    """Whether two tables are joined along another key than before: by home, not by birth."""
    before: dict[frozenset[Entity], set[Edge]] = defaultdict(set)
    for edge in _edges(base):
        before[frozenset((edge.one, edge.many))].add(edge)
    return any(
        edge not in known
        for edge in _edges(plan)
        if (known := before.get(frozenset((edge.one, edge.many))))
    )


def _edges(plan: Plan) -> Iterator[Edge]:
    yield from plan.tree.edges
    for semi in plan.partners:
        yield from (semi.edge, *semi.tree.edges)


# --- features


def _signs(lattice: Lattice, base: Plan) -> Signs:
    told = tuple(dict.fromkeys(references(lattice))) or ("bare",)
    named, earlier = lattice.entities, _tables(base)
    tables = "none" if not named else "shared" if named & earlier else "other"
    mentions = str(min(len(lattice.mentions), 4))
    return Signs(told, lattice.opener, mentions, _shape(base), tables)


def _tables(base: Plan) -> set[Entity]:
    return {*base.tree.entities, *(e for semi in base.partners for e in semi.tree.entities)}


def _shape(base: Plan) -> str:
    figures = all(term.aggregate for term in base.select)
    kind = "figure" if figures else "grouped" if base.group else "list"
    distinct = "+distinct" if base.distinct else ""
    return kind + ("+top" if base.limit is not None else distinct)


def _spread(name: str, signs: Signs) -> Iterator[str]:
    yield f"~{name}"
    yield f"~{name}|o={signs.opener}"
    yield f"~{name}|n={signs.mentions}"
    yield f"~{name}|b={signs.base}"
    yield f"~{name}|t={signs.tables}"
    for word in signs.words:
        yield f"~{name}|{word}"
        yield f"~{name}|{word}|n={signs.mentions}"


def _alone(plan: Plan, base: Plan, signs: Signs) -> Iterator[str]:
    yield from _spread("alone", signs)
    yield f"~alone|tables={'shared' if _tables(base) & set(plan.tree.entities) else 'new'}"
    yield f"~alone|filters={any(True for _ in plan.conditions)}|earlier={bool(base.where)}"
    if plan == base:
        yield "~unchanged"
    if plan.all_columns:
        yield "~all-columns"


def _changed(plan: Plan, edit: Edit, base: Plan, signs: Signs) -> Iterator[str]:
    yield "~edit"
    for slot, choice in edit.slots:
        yield from _spread(f"{slot}={choice}", signs)
    select, where, group, order = (choice for _, choice in edit.slots)
    yield f"~{select}+{where}"
    yield f"~{select}+{group}|b={_shape(base)}"
    yield f"~{select}+{order}"
    yield f"~{select}+{where}+{group}+{order}"
    if plan == base:
        yield "~unchanged"
    yield f"~distinct|{base.distinct}>{plan.distinct}"
    if plan.all_columns:
        yield "~all-columns"
    if select in ("replace", "add"):
        again = set(edit.sketch.select) & set(base.select)
        yield f"~{select}|{'shown-before' if again and select == 'replace' else 'fresh'}"
        inside = {t.entity for t in plan.select} <= set(base.tree.entities)
        yield f"~{select}|{'same' if inside else 'other'}-tables"
