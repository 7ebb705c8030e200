"""Plans of the same roles are told apart by what of their names the question says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.plans import Compare
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate


def _column(name: str, *samples: str | int) -> Column:
    kind = Kind.TEXT if samples and isinstance(samples[0], str) else Kind.INTEGER
    return Column(name, kind.value, kind, samples=samples, samples_complete=True)


def _refers(*columns: str) -> tuple[ForeignKey, ...]:
    return tuple(ForeignKey((column,), "members", ("member_id",)) for column in columns)


MEMBERS = Table(
    "members",
    (
        _column("member_id", 1, 2, 3),
        _column("first_name", "Ann", "Bo", "Cy"),
        _column("last_name", "Lee", "Mo", "Nix"),
    ),
    primary_key=("member_id",),
    rows=3,
)
BALLOTS = Table(
    "ballots",
    (
        _column("ballot_id", 1, 2, 3),
        _column("town", "Holm", "Voe"),
        _column("year", 2001, 2002),
        _column("clerk", "Ann", "Lee"),
        _column("treasurer_id", 1, 2),
        _column("secretary_id", 2, 3),
    ),
    primary_key=("ballot_id",),
    foreign_keys=_refers("treasurer_id", "secretary_id"),
    rows=3,
)
INDEX = indexed(Catalog("c", "sqlite", (MEMBERS, BALLOTS)))


def _candidates(question: str) -> list[Candidate]:
    return propose(question, INDEX, date(2026, 1, 1), weights_for(INDEX))[1]


def _edges(candidate: Candidate) -> Iterator[str]:
    return (mine.name for edge in candidate.plan.tree.edges for mine, _ in edge.pairs)


def test_a_key_that_is_spoken_of_is_told_from_one_that_is_not() -> None:
    """Two joins alike but for the key: only one of the keys is named."""
    found = _candidates("Who are the members that were treasurer of a ballot in Holm?")
    told = {
        edge: {f for f in candidate.features if f.startswith("edge|")}
        for candidate in found
        if len(candidate.plan.tree.edges) == 1
        for edge in _edges(candidate)
    }
    assert told == {"treasurer_id": {"edge|all"}, "secretary_id": {"edge|none"}}


def test_what_is_taken_away_stands_after_the_negation() -> None:
    """`in Holm but not in 2002`: of the two differences of sets, one denies the wrong half."""
    found = _candidates("Which clerks have a ballot in Holm but not in the town Voe?")
    sides = {
        str(condition.values[0]): {f for f in candidate.features if f.startswith("minus|denied")}
        for candidate in found
        if candidate.plan.setop is not None and candidate.plan.setop.kind == "except"
        for either in candidate.plan.setop.where
        for condition in either
        if isinstance(condition, Compare)
    }
    assert sides == {"Holm": {"minus|denied-before"}, "Voe": {"minus|denied-after"}}


def test_two_names_side_by_side_are_of_one_row() -> None:
    """`Ann Lee` is no Ann of one table beside a Lee of another."""
    found = _candidates("How many ballots did Ann Lee count?")
    told = {
        len({condition.field.entity for condition in candidate.plan.conditions}): feature
        for candidate in found
        for feature in candidate.features
        if feature.startswith("side-by-side|")
    }
    assert told == {1: "side-by-side|same=True|True", 2: "side-by-side|same=False|False"}


def test_names_that_a_reading_leaves_out_are_counted() -> None:
    """Who shows members and forgets the ballots has lost one name."""
    found = _candidates("List the first name and the town of the ballots of all members.")
    lost = {
        bool(candidate.plan.tree.edges): {f for f in candidate.features if f.startswith("lost|")}
        for candidate in reversed(found)
    }
    assert "lost|0" in lost[True]
    assert "lost|0" not in lost[False]
