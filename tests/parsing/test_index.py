"""What is known of a catalog is kept with it, and is the same for all who ask."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Collection

import pytest

from forerun.parsing import index, joins, schema
from forerun.parsing.schema import Entity
from tests.parsing import campus


def test_joins_found_once_are_kept_no_longer_than_their_catalog() -> None:
    """Many askers have catalogs of their own, of which only some are kept."""
    known = index.build(campus.catalog())
    first, *others = known.entities
    found = joins.trees(known, first, others[:1])
    assert joins.trees(known, first, others[:1]) is found
    held = weakref.ref(known)
    del known
    gc.collect()
    assert held() is None


def test_joins_found_for_a_catalog_do_not_grow_without_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joins, "_KEPT", 3)
    known = index.build(campus.catalog())
    for one in known.entities:
        for other in known.entities:
            joins.trees(known, one, [other])
    assert 0 < len(known.trees) <= 3


def test_a_table_has_one_twin_whoever_asks_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads may read at once: a plan with two twins of a table would be no plan."""
    known = index.build(campus.catalog())
    table, meanwhile = known.entities[0], list[Entity]()

    def read_twin(entity: Entity, taken: Collection[str]) -> Entity:
        twin = schema.read_twin(entity, taken)
        if not meanwhile:
            meanwhile.append(twin)
            meanwhile[0] = known.twin(entity)
        return twin

    monkeypatch.setattr(index, "read_twin", read_twin)
    assert known.twin(table) is meanwhile[0]
    assert known.twin(table) is meanwhile[0]
