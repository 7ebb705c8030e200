"""What a team's golden queries teach the parser about their database.

A word of a golden question that stands beside a column or table of its SQL speaks for that
column or table, and a join that was used speaks for itself. Both are features like any other,
whose weights grow with the count but never beyond a cap: golden queries settle what is close,
and overrule no grammar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from forerun.catalog.words import normalised
from forerun.domain import Catalog, GoldenQuery
from forerun.parsing import cues
from forerun.parsing.schema import Edge, Entity, Field
from forerun.parsing.tokens import Sort, tokenise

if TYPE_CHECKING:
    from sqlglot import exp

    from forerun.parsing.actions import Action
    from forerun.parsing.joins import Tree
    from forerun.parsing.mentions import Lattice

CAP = 0.5
"""No feature of golden queries weighs more, however many there are."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden query, and how many joins it has."""

    query: GoldenQuery
    joins: int


@dataclass(frozen=True)
class Lessons:
    """Answers by their normalised question, and weights of the features that they gave."""

    answers: Mapping[str, Golden] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)

    def of_action(self, action: Action, lattice: Lattice) -> Iterator[str]:
        """Features of a mention in a role: its words were seen beside what it names."""
        target = action.field or action.entity
        if target is None or not self.weights:
            return
        for token in lattice.tokens[action.mention.start : action.mention.end]:
            feature = _pair(token.stem, target)
            if feature in self.weights:
                yield feature

    def of_joins(self, tree: Tree) -> Iterator[str]:
        """Features of the joins that were seen before."""
        if self.weights:
            yield from (name for edge in tree.edges if (name := _join(edge)) in self.weights)


def learn(catalog: Catalog, entities: list[Entity], edges: list[Edge]) -> Lessons:
    """The lessons of the catalog's golden queries, in the order in which they were written."""
    seen: Counter[str] = Counter()
    answers: dict[str, Golden] = {}
    for query in catalog.golden_queries:
        tree = _tree(query.sql, catalog.dialect)
        things = _used(tree, entities)
        seen.update({_pair(stem, thing) for stem in _stems(query.question) for thing in things})
        seen.update({_join(edge) for edge in edges if _is_used(edge, things)})
        answers[normalised(query.question)] = Golden(query, _joins(tree))
    weights = {feature: CAP * count / (count + 1) for feature, count in seen.items()}
    return Lessons(answers, weights)


@lru_cache(maxsize=2_048)
def _tree(sql: str, dialect: str) -> exp.Expr:
    """Read once, however often the catalog is put together anew. Not to be changed."""
    from forerun import syntax  # sqlglot is not needed where there are no golden queries

    return syntax.read(sql, dialect)


def _stems(question: str) -> frozenset[str]:
    """Words that may name something; what only says how to ask teaches nothing."""
    return frozenset(
        token.stem
        for token in tokenise(question)
        if token.sort is Sort.WORD
        and token.lower not in cues.STOP
        and (token.lower,) not in cues.CUES
    )


def _used(tree: exp.Expr, entities: list[Entity]) -> set[Field | Entity]:
    """Tables and columns that the query names, as far as that can be told without its scopes."""
    from sqlglot import exp

    known = {entity.key.lower(): entity for entity in entities}
    tables: dict[str, Entity] = {}
    for node in tree.find_all(exp.Table):
        key = f"{node.db}.{node.name}" if node.db else node.name
        entity = known.get(key.lower()) or known.get(node.name.lower())
        if entity is not None:
            tables[node.alias_or_name.lower()] = entity
    found: set[Field | Entity] = set(tables.values())
    for column in tree.find_all(exp.Column):
        owner = tables.get(column.table.lower()) if column.table else None
        found.update(_fields(column.name, [owner] if owner else tables.values()))
    for join in tree.find_all(exp.Join):
        for name in join.args.get("using") or ():
            found.update(_fields(name.name, tables.values()))
    return found


def _fields(name: str, owners: Iterable[Entity]) -> Iterator[Field]:
    return (item for owner in owners if (item := owner.named(name)) is not None)


def _is_used(edge: Edge, things: set[Field | Entity]) -> bool:
    return all(mine in things and theirs in things for mine, theirs in edge.pairs)


def _joins(tree: exp.Expr) -> int:
    from sqlglot import exp

    return sum(1 for _ in tree.find_all(exp.Join))


def _pair(stem: str, thing: Field | Entity) -> str:
    return f"golden|{stem}|{thing!r}"


def _join(edge: Edge) -> str:
    columns = ",".join(f"{mine!r}={theirs!r}" for mine, theirs in edge.pairs)
    return f"golden-join|{columns}"
