"""Trees as text: what is read is what was written."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from forerun.parsing.weighing import Leaf, Split, Tree, read_trees, signs_of, total, written

values = st.integers(-4_000, 4_000).map(lambda thousandths: thousandths / 1_000)
signs = st.sampled_from(["joins", "log-odds", "unknown-nouns"])
trees: st.SearchStrategy[Tree] = st.recursive(
    st.builds(Leaf, values),
    lambda inner: st.builds(Split, signs, values, inner, inner),
    max_leaves=9,
)


@given(st.lists(trees, min_size=1, max_size=4), st.dictionaries(signs, values))
def test_trees_that_are_written_and_read_say_the_same(
    some: list[Tree], found: dict[str, float]
) -> None:
    """The very same trees, and so the same sum for any signs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trees.txt"
        path.write_text("# a comment\n" + "".join(f"{written(tree)}\n" for tree in some), "utf-8")
        again = read_trees(path)
    assert list(again) == some
    assert total(again, found) == total(some, found)


def test_a_sign_at_the_threshold_goes_low_and_one_that_is_missing_is_0() -> None:
    """As the fit puts examples into bins."""
    tree = Split("joins", 0.5, Leaf(-1.0), Split("joins", 2.0, Leaf(1.0), Leaf(3.0)))
    assert [total([tree], {"joins": joins}) for joins in (0.5, 2.0, 2.1)] == [-1.0, 1.0, 3.0]
    assert total([tree], {}) == -1.0
    assert list(signs_of(tree)) == ["joins", "joins"]
