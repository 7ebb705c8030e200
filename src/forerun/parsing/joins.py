"""Which tables to join along which keys. Paths are inferred, never read from the question."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from forerun.parsing.index import Index
from forerun.parsing.schema import Edge, Entity

_MAX_STEPS = 4
_MAX_PATHS = 3
_MAX_EXPANSIONS = 2_000
_KEPT = 1_024
"""Trees of one catalog: questions about it need the same ones again and again."""


@dataclass(frozen=True)
class Tree:
    """Tables joined by `edges`, each of which touches a table before it; `root` comes first."""

    root: Entity
    edges: tuple[Edge, ...] = ()

    @cached_property
    def entities(self) -> tuple[Entity, ...]:
        seen = dict.fromkeys((self.root,))
        for edge in self.edges:
            seen.setdefault(edge.one)
            seen.setdefault(edge.many)
        return tuple(seen)

    @cached_property
    def guessed(self) -> int:
        """How many edges nobody declared."""
        return sum(not edge.declared for edge in self.edges)

    @cached_property
    def leaves(self) -> tuple[Edge, ...]:
        """Edges by one column to a table that nothing else hangs on, and that repeats no row."""
        ends = Counter(end for edge in self.edges for end in {edge.one, edge.many})
        return tuple(
            edge
            for edge in self.edges
            if ends[edge.one] == 1 and len(edge.pairs) == 1 and edge.many is not edge.one
        )

    @cached_property
    def repeated(self) -> frozenset[Entity]:
        """Tables whose rows joining the rest may repeat."""
        if not self.edges:
            return frozenset()
        return frozenset(e for e in self.entities if any(True for _ in multiplying(self, e)))


def trees(index: Index, root: Entity, needed: Iterable[Entity]) -> Sequence[Tree]:
    """The cheapest trees that hold `needed`, equally short ones as alternatives; none if none."""
    key = (root, frozenset(needed) - {root})
    known = index.trees.get(key)
    if known is None:
        if len(index.trees) >= _KEPT:
            index.trees.clear()
        known = index.trees[key] = _grown(index, *key)
    return known


def _grown(index: Index, root: Entity, needed: frozenset[Entity]) -> tuple[Tree, ...]:
    found = [Tree(root)]
    for target in sorted(needed, key=lambda e: e.key):
        grown = []
        for tree in found:
            if target in tree.entities:
                grown.append(tree)
                continue
            paths = _paths(index, frozenset(tree.entities), target)
            grown.extend(Tree(tree.root, tree.edges + path) for path in paths)
        shortest = min((len(tree.edges) for tree in grown), default=0)
        found = [tree for tree in grown if len(tree.edges) <= shortest][:_MAX_PATHS]
    return tuple(found)


def spanning(tree: Tree, core: Iterable[Entity]) -> Tree:
    """The smallest part of the tree that holds every table of `core`: leaves fall off."""
    edges = list(tree.edges)
    wanted = set(core)
    changed = True
    while changed:
        changed = False
        for edge in edges:
            for end in (edge.one, edge.many):
                degree = sum(end in (e.one, e.many) for e in edges)
                if degree == 1 and end not in wanted:
                    edges.remove(edge)
                    changed = True
                    break
            if changed:
                break
    return Tree(tree.root, tuple(edges)) if len(edges) < len(tree.edges) else tree


def _paths(index: Index, start: frozenset[Entity], target: Entity) -> list[tuple[Edge, ...]]:
    """Up to three shortest paths from any table of `start` to `target`."""
    known = index.paths.get((start, target))
    if known is None:
        known = index.paths[(start, target)] = _search(index, start, target)
    return known


def _search(index: Index, start: frozenset[Entity], target: Entity) -> list[tuple[Edge, ...]]:
    order = count()
    queue: list[tuple[float, int, Entity, tuple[Edge, ...]]] = [
        (0.0, next(order), entity, ()) for entity in sorted(start, key=lambda e: e.key)
    ]
    found: list[tuple[float, tuple[Edge, ...]]] = []
    expansions = 0
    while queue and len(found) < _MAX_PATHS and expansions < _MAX_EXPANSIONS:
        cost, _, here, path = heapq.heappop(queue)
        if found and cost > found[0][0] + 0.01:
            break
        if here is target:
            found.append((cost, path))
            continue
        expansions += 1
        if len(path) == _MAX_STEPS:
            continue
        seen = set(start).union(*((e.one, e.many) for e in path)) if path else set(start)
        for edge in index.edges_of(here):
            other = edge.one if edge.many is here else edge.many
            if other not in seen:
                dearer = 1.0 if edge.declared else 1.4
                heapq.heappush(queue, (cost + dearer, next(order), other, (*path, edge)))
    return [path for _, path in found]


def multiplied(tree: Tree, entity: Entity) -> bool:
    """True when joining the rest of the tree may repeat rows of `entity`."""
    return entity in tree.repeated


def multiplying(tree: Tree, entity: Entity) -> Iterable[Edge]:
    """Edges of the tree that, walked away from `entity`, lead to many rows for one."""
    seen, left = {entity}, list(tree.edges)
    while left:
        touching = [edge for edge in left if edge.one in seen or edge.many in seen]
        if not touching:
            return
        for edge in touching:
            left.remove(edge)
            if edge.one in seen and edge.many not in seen and not edge.unique:
                yield edge
            seen.update((edge.one, edge.many))
