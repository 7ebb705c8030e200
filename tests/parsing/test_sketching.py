"""What tells one sketch from another."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from forerun.parsing.schema import read_entity
from forerun.parsing.sketching import Sketch
from forerun.parsing.spelling import Spelling
from tests.parsing import shop

TABLES = shop.catalog().tables
SPELLING = Spelling(TABLES)


@pytest.mark.parametrize("name", [item.name for item in fields(Sketch)])
def test_no_two_sketches_that_differ_are_taken_for_the_same(name: str) -> None:
    """A sketch that was made before is passed over: what its key left out would be lost."""
    plain = Sketch()
    before = getattr(plain, name)
    other: object = not before
    if isinstance(before, list):
        other = [["something"]] if name == "where" else ["something"]
    elif isinstance(before, dict):
        other = {"something": None}
    elif before is None or type(before) is int:
        other = 7
    changed = replace(plain)
    assert changed.key == plain.key
    setattr(changed, name, other)
    assert changed.key != plain.key


def test_the_order_in_which_tables_were_spoken_of_counts() -> None:
    """Which comes first is where joins begin."""
    first, second, *_ = (read_entity(table, SPELLING) for table in TABLES)
    one, other = (
        Sketch(tables={first: None, second: None}),
        Sketch(tables={second: None, first: None}),
    )
    assert one.key != other.key
