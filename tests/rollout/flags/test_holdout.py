"""Who is held out stays held out: by a salt of its own, whatever experiments come and go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forerun.domain import Strategy
from forerun.errors import BadFlags
from forerun.rollout.flags import Change, Context, Editor, Holdout, Rollout
from forerun.rollout.flags.document import read
from tests.rollout.flags.conftest import Opening
from tests.rollout.flags.files import PEOPLE, Plain, put, raw, rollout

pytestmark = pytest.mark.anyio

GOLDEN = [
    ("a1b2c3d4", "asker default/ann", 5098),
    ("a1b2c3d4", "conversation 7", 5256),
    ("hold", "asker acme/bob", 633),
    ("hölder", "question 1", 3037),
    ("x", "y", 9966),
]


def with_salt(document: Plain, **metadata: Any) -> Plain:
    document["flags"]["parallel"]["metadata"] |= metadata
    return document


@pytest.mark.parametrize(("salt", "unit", "expected"), GOLDEN)
def test_who_is_held_out_never_changes(salt: str, unit: str, expected: int) -> None:
    """These numbers are for ever: another release that gives others exchanges the people."""
    assert Holdout(1.0, salt, 1).bucket_of(unit) == expected


async def test_an_experiment_leaves_the_holdout_where_it_is(
    opened: Opening, tmp_path: Path
) -> None:
    """Each experiment shares the others out by a salt of its own; the held out are the same, also
    those of a file that is older than the holdout's own salt."""
    path = put(tmp_path / "flags.json", rollout(stage="live", holdout=5))
    flags = await opened(path)
    editor, held, parallel = Editor(flags), [], []
    for version, salt in enumerate(("first", "second", "third"), 1):
        told = {each: Rollout(flags).assign(each) for each in PEOPLE}
        held.append({each for each, said in told.items() if said.held_out})
        ramp = Change("parallel", terms={"stage": "canary", "percentage": 30}, salt=salt)
        await editor.set(ramp, expected_version=version, who="ann", why="an experiment")
        told = {each: Rollout(flags).assign(each) for each in PEOPLE}
        parallel.append({each for each, said in told.items() if said.arm is Strategy.PARALLEL})
        assert not held[-1] & parallel[-1]
    assert 60 < len(held[0]) < 140
    assert held[0] == held[1] == held[2]
    assert len(parallel[0] & parallel[1]) < len(parallel[0]) / 2


async def test_an_asker_is_held_out_with_all_his_questions(opened: Opening, tmp_path: Path) -> None:
    """The arm may hang on each question; the holdout hangs on who asks."""
    path = tmp_path / "flags.json"
    told = rollout(stage="canary", percentage=50, holdout=20)
    flags = await opened(put(path, with_salt(told, holdout_salt="h", holdout_hash_version=1)))
    for asker in range(40):
        questions = [Context(f"q{asker}-{n}", lasting=f"asker {asker}") for n in range(30)]
        said = [Rollout(flags).assign(each) for each in questions]
        assert len({each.held_out for each in said}) == 1
        if said[0].held_out:
            assert {each.arm for each in said} == {Strategy.SEQUENTIAL}
            assert "holdout of 20 %" in said[0].reason
        else:
            assert len({each.arm for each in said}) == 2


async def test_without_anything_lasting_the_unit_is_held_out(
    opened: Opening, tmp_path: Path
) -> None:
    """Who gives nothing but a unit has the holdout of that unit."""
    flags = await opened(put(tmp_path / "flags.json", rollout(stage="live", holdout=30)))
    for each in PEOPLE[:200]:
        alone = Rollout(flags).assign(each)
        assert alone == Rollout(flags).assign(replace(each, lasting=each.unit))


async def test_a_first_file_has_both_salts(opened: Opening, tmp_path: Path) -> None:
    """Of their own, so that holdout and arms do not hang together."""
    flags = await opened(tmp_path / "flags.json")
    await Editor(flags).begin(who="ann", why="the rollout begins")
    document = flags.in_force()
    assert document is not None
    metadata = document.flags["parallel"]["metadata"]
    assert metadata["holdout_salt"] != metadata["salt"]
    assert flags.holdout() == Holdout(1.0, metadata["holdout_salt"], 1)


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"holdout_salt": "h"}, "holdout_hash_version is missing"),
        ({"holdout_hash_version": 1}, "holdout_salt is missing"),
        ({"holdout_salt": "h", "holdout_hash_version": 9}, "holdout_hash_version is 9"),
        ({"holdout_salt": "", "holdout_hash_version": 1}, "holdout_salt is ''"),
    ],
)
def test_half_a_holdout_is_refused(metadata: dict[str, Any], says: str) -> None:
    """A salt without its hash would be another holdout one day."""
    with pytest.raises(BadFlags, match=says):
        read(raw(with_salt(rollout(stage="live"), **metadata)), "flags.json")
