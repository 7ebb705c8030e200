"""The time beside the one that was spoken of."""

from __future__ import annotations

import pytest

from forerun.parsing.lattice import build
from forerun.parsing.neighbouring import beside
from forerun.parsing.parser import indexed
from tests.parsing.plant import CATALOG, NOW


@pytest.mark.parametrize(
    ("earlier", "fragment", "words"),
    [
        ("stops in 2023", "the year before", "in 2022"),
        ("stops in May 2023", "the following month", "in June 2023"),
        ("stops in 2023", "the day before", "from 2022-12-31 to 2022-12-31"),
        ("stops on 30 March 2023", "the month before", "from 2023-02-28 to 2023-02-28"),
        ("stops on 28 February 2024", "the year before", "from 2023-02-28 to 2023-02-28"),
        ("stops on 31 May 2023", "the following month", "from 2023-06-30 to 2023-06-30"),
        ("stops since 2023", "the year before", None),
        ("stops in 2023", "the same year", None),
    ],
)
def test_a_time_has_neighbours_that_last_a_day_at_least(
    earlier: str, fragment: str, words: str | None
) -> None:
    """Also where the other month is shorter than the day spoken of is late."""
    lattice = build(earlier, indexed(CATALOG), NOW.date())
    assert beside(fragment, lattice) == words
