"""Which path a question takes: by stages, percentages and rules; sequential where in doubt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.domain import Strategy
from forerun.rollout.flags import Context, Flags, Overrides, Rollout, Source, Stage, bucket
from tests.rollout.flags.conftest import Opening
from tests.rollout.flags.files import OPEN_GATE, PEOPLE, Plain, put, raw, rollout, with_rules

pytestmark = pytest.mark.anyio
ANNA = Context("anna", tenant="acme", database="sales", complexity="complex")


def parallel_among(flags: Flags) -> set[str | None]:
    assign = Rollout(flags).assign
    return {each.unit for each in PEOPLE if assign(each).arm is Strategy.PARALLEL}


def reread(flags: Flags, path: Path, document: Plain) -> None:
    put(path, document)
    flags.reload()
    assert flags.state().problem is None


async def test_an_assignment_says_everything(opened: Opening, tmp_path: Path) -> None:
    """Arm, stage, percentage, bucket, who decided and why, and of which file."""
    path = put(tmp_path / "flags.json", rollout(version=8, stage="canary", percentage=60))
    flags = await opened(path)
    told = Rollout(flags).assign(Context("session-7"))
    assert told.arm is Strategy.PARALLEL
    assert told.stage is Stage.CANARY
    assert told.percentage == 60.0
    assert told.bucket == bucket("a1b2c3d4", "session-7", 1) == 5372
    assert told.source is Source.FILE
    assert told.reason == (
        "flags.json has no rule and gives the variant everybody; canary: bucket 5372 is within 60 %"
    )
    assert (told.version, told.sha) == (8, flags.state().sha)
    assert (told.salt, told.hash_version, told.variant) == ("a1b2c3d4", 1, "everybody")
    assert Rollout(flags).assign(Context("session-7")) == told


@pytest.mark.parametrize(
    ("terms", "low", "high"),
    [
        ({"stage": "off"}, 0.0, 0.0),
        ({"stage": "shadow"}, 0.0, 0.0),
        ({"stage": "canary", "percentage": 10}, 0.07, 0.13),
        ({"stage": "canary", "percentage": 100}, 0.97, 0.999),
        ({"stage": "live"}, 0.97, 0.999),
        ({"stage": "complete"}, 0.97, 0.999),
        ({"stage": "live", "holdout": 0}, 1.0, 1.0),
        ({"stage": "live", "holdout": 20}, 0.75, 0.85),
    ],
)
async def test_stages(
    opened: Opening, tmp_path: Path, terms: dict[str, Any], low: float, high: float
) -> None:
    """Each stage sends its share the parallel way; one percent is held out unless told."""
    flags = await opened(put(tmp_path / "flags.json", rollout(**terms)))
    assert low <= len(parallel_among(flags)) / len(PEOPLE) <= high


async def test_a_shadow_is_sequential_and_runs_beside(opened: Opening, tmp_path: Path) -> None:
    """For the percentage of the stage, all of it where there is none, and never for the holdout."""
    path = put(tmp_path / "flags.json", rollout(stage="shadow", percentage=30))
    flags = await opened(path)
    told = [Rollout(flags).assign(each) for each in PEOPLE]
    assert {each.arm for each in told} == {Strategy.SEQUENTIAL}
    assert 0.26 < sum(each.shadow for each in told) / len(told) < 0.34
    reread(flags, path, rollout(stage="shadow", holdout=10))
    told = [Rollout(flags).assign(each) for each in PEOPLE]
    assert all(each.shadow != each.held_out for each in told)
    assert {each.percentage for each in told} == {100.0}


async def test_the_holdout_never_moves(opened: Opening, tmp_path: Path) -> None:
    """The same few are held out at every stage that sends anybody the parallel way."""
    path = tmp_path / "flags.json"
    flags = await opened(put(path, rollout(stage="canary", percentage=1, holdout=5)))
    held = [{each for each in PEOPLE if Rollout(flags).assign(each).held_out}]
    for terms in ({"stage": "canary", "percentage": 99}, {"stage": "live"}, {"stage": "complete"}):
        reread(flags, path, rollout(**terms, holdout=5))
        held.append({each for each in PEOPLE if Rollout(flags).assign(each).held_out})
    assert 60 < len(held[0]) < 140
    assert all(each == held[0] for each in held)


@settings(deadline=None, max_examples=30)
@given(percentages=st.lists(st.integers(0, 10_000), min_size=2, max_size=6))
async def test_a_ramp_loses_nobody(
    tmp_path_factory: pytest.TempPathFactory, percentages: list[int]
) -> None:
    """Whoever goes parallel at some percentage does so at every higher one."""
    path = tmp_path_factory.getbasetemp() / "ramp.json"
    flags = Flags(put(path, rollout(stage="off")), OPEN_GATE)
    await flags.open()
    assign, before = Rollout(flags).assign, set[Context]()
    for hundredths in sorted(percentages):
        reread(flags, path, rollout(stage="canary", percentage=hundredths / 100))
        now = {each for each in PEOPLE[:60] if assign(each).arm is Strategy.PARALLEL}
        assert before <= now
        before = now
    flags.close()


async def test_the_order_of_variants_is_irrelevant(opened: Opening, tmp_path: Path) -> None:
    """Written the other way round, the same people go the parallel way."""
    path = tmp_path / "flags.json"
    made = with_rules(
        rollout(stage="canary", percentage=50),
        {"if": [{"==": [{"var": "tenant"}, "acme"]}, "bold"]},
        bold={"percentage": 90},
    )
    flags = await opened(put(path, made))
    before = parallel_among(flags)
    variants = made["flags"]["parallel"]["variants"]
    made["flags"]["parallel"]["variants"] = dict(reversed(variants.items()))
    made["flags"]["parallel"] = dict(reversed(made["flags"]["parallel"].items()))
    sha = flags.state().sha
    reread(flags, path, made)
    assert flags.state().sha != sha
    assert parallel_among(flags) == before


async def test_other_flags_re_randomise_nobody(opened: Opening, tmp_path: Path) -> None:
    """Flags come, change and go, versions rise: everybody keeps bucket and arm."""
    path = tmp_path / "flags.json"
    flags = await opened(put(path, rollout(stage="canary", percentage=50)))
    before = [(told.arm, told.bucket) for told in map(Rollout(flags).assign, PEOPLE)]
    made = rollout(version=2, stage="canary", percentage=50)
    other = {"state": "ENABLED", "variants": {"a": "x", "b": "y"}, "defaultVariant": "a"}
    made["flags"] = {"another": other, **made["flags"], "third": other}
    made["flags"]["parallel"]["metadata"]["owner"] = "somebody else"
    reread(flags, path, made)
    assert [(told.arm, told.bucket) for told in map(Rollout(flags).assign, PEOPLE)] == before


async def test_another_salt_is_another_experiment(opened: Opening, tmp_path: Path) -> None:
    """The salt is what spreads people anew, and nothing else does."""
    path = tmp_path / "flags.json"
    flags = await opened(put(path, rollout(stage="canary", percentage=50)))
    before = parallel_among(flags)
    made = rollout(stage="canary", percentage=50)
    made["flags"]["parallel"]["metadata"]["salt"] = "e5f6a7b8"
    reread(flags, path, made)
    stayed = len(before & parallel_among(flags)) / len(before)
    assert 0.4 < stayed < 0.6


@pytest.mark.parametrize("unit", [None, ""])
async def test_without_a_unit_it_is_sequential_and_said_so(
    opened: Opening, tmp_path: Path, unit: str | None
) -> None:
    """Nobody is put into an arm by chance."""
    flags = await opened(put(tmp_path / "flags.json", rollout(stage="live")))
    told = Rollout(flags).assign(Context(unit, tenant="acme"))
    assert (told.arm, told.bucket, told.source) == (Strategy.SEQUENTIAL, None, Source.FILE)
    assert "nobody knows whose question it is" in told.reason


async def test_where_all_are_treated_alike_no_unit_is_needed(
    opened: Opening, tmp_path: Path
) -> None:
    """Without a holdout, live is for everybody."""
    flags = await opened(put(tmp_path / "flags.json", rollout(stage="live", holdout=0)))
    assert Rollout(flags).assign(Context()).arm is Strategy.PARALLEL


async def test_rules_set_stage_and_percentage(opened: Opening, tmp_path: Path) -> None:
    """By complexity, database and tenant; what a rule's variant does not say is everybody's."""
    made = with_rules(
        rollout(stage="canary", percentage=20, threshold=30),
        {
            "if": [
                {"==": [{"var": "complexity"}, "simple"]},
                "never",
                {"==": [{"var": "database"}, "sales"]},
                "more",
                {"in": [{"var": "tenant"}, ["acme", "globex"]]},
                "all",
            ]
        },
        never={"stage": "off"},
        more={"percentage": 75.25, "threshold": 10},
        all={"stage": "live"},
    )
    assign = Rollout(await opened(put(tmp_path / "flags.json", made))).assign
    found = [
        assign(Context("anna", complexity="simple", database="sales")),
        assign(Context("anna", complexity="complex", database="sales", tenant="acme")),
        assign(Context("anna", tenant="globex")),
        assign(Context("anna", tenant="initech")),
    ]
    assert [(each.variant, each.stage, each.percentage, each.threshold_s) for each in found] == [
        ("never", Stage.OFF, 0.0, 30.0),
        ("more", Stage.CANARY, 75.25, 10.0),
        ("all", Stage.LIVE, 100.0, 30.0),
        ("everybody", Stage.CANARY, 20.0, 30.0),
    ]
    assert found[1].reason.startswith("a rule of flags.json gives the variant more; ")


@pytest.mark.parametrize(
    ("environment", "source"),
    [({"ENABLE_PARALLEL": "false"}, Source.ENVIRONMENT), ({}, Source.DEFAULT)],
)
async def test_a_closed_gate_is_sequential_whatever_the_file_says(
    opened: Opening, tmp_path: Path, environment: dict[str, str], source: Source
) -> None:
    """Closed it is unless somebody opens it."""
    path = put(tmp_path / "flags.json", rollout(stage="complete", holdout=0))
    told = Rollout(await opened(path, Overrides.read(environment))).assign(ANNA)
    assert (told.arm, told.source) == (Strategy.SEQUENTIAL, source)
    assert "ENABLE_PARALLEL" in told.reason


async def test_an_open_gate_without_a_file_is_for_everybody() -> None:
    """As it was before there were flag files, and without knowing who asks."""
    told = Rollout(Flags(None, OPEN_GATE)).assign(Context())
    assert (told.arm, told.source, told.percentage) == (
        Strategy.PARALLEL,
        Source.ENVIRONMENT,
        100.0,
    )


@pytest.mark.parametrize("content", [None, b"{", raw({"metadata": {"version": 1}, "flags": {}})])
async def test_a_file_that_says_nothing_is_sequential(
    opened: Opening, tmp_path: Path, content: bytes | None
) -> None:
    """Named but missing, broken, or without the rollout: nobody meant everybody by that."""
    path = tmp_path / "flags.json"
    if content is not None:
        path.write_bytes(content)
    told = Rollout(await opened(path)).assign(ANNA)
    assert (told.arm, told.source) == (Strategy.SEQUENTIAL, Source.DEFAULT)
    assert told.reason


async def test_before_the_flags_are_open_it_is_sequential(tmp_path: Path) -> None:
    """Also where the file would send everybody the parallel way."""
    path = put(tmp_path / "flags.json", rollout(stage="complete", holdout=0))
    told = Rollout(Flags(path, OPEN_GATE)).assign(ANNA)
    assert (told.arm, told.source) == (Strategy.SEQUENTIAL, Source.DEFAULT)


@pytest.mark.parametrize(
    ("environment", "in_file", "threshold", "source"),
    [
        ({}, {}, None, Source.DEFAULT),
        ({}, {"threshold": 12.5}, 12.5, Source.FILE),
        ({"PARALLEL_THRESHOLD": "0"}, {"threshold": 12.5}, 0.0, Source.ENVIRONMENT),
        ({"PARALLEL_THRESHOLD": "7"}, {}, 7.0, Source.ENVIRONMENT),
    ],
)
async def test_the_threshold_of_the_environment_wins(
    opened: Opening,
    tmp_path: Path,
    environment: dict[str, str],
    in_file: dict[str, Any],
    threshold: float | None,
    source: Source,
) -> None:
    """Also where it is zero."""
    path = put(tmp_path / "flags.json", rollout(stage="live", **in_file))
    overrides = Overrides.read({"ENABLE_PARALLEL": "1", **environment})
    told = Rollout(await opened(path, overrides)).assign(ANNA)
    assert (told.threshold_s, told.threshold_source) == (threshold, source)


async def test_the_environment_kills(opened: Opening, tmp_path: Path) -> None:
    """Although gate and file are open."""
    path = put(tmp_path / "flags.json", rollout(stage="complete", holdout=0))
    overrides = Overrides.read({"ENABLE_PARALLEL": "1", "FORERUN_KILL_PARALLEL": "1"})
    told = Rollout(await opened(path, overrides)).assign(ANNA)
    assert (told.arm, told.source) == (Strategy.SEQUENTIAL, Source.KILL)
    assert told.reason == "parallel is killed in the environment, by FORERUN_KILL_PARALLEL"


async def test_a_kill_here_is_at_once_and_can_be_taken_back(
    opened: Opening, tmp_path: Path
) -> None:
    """The very next question is sequential; nothing is read or written for it."""
    path = put(tmp_path / "flags.json", rollout(stage="complete", holdout=0))
    flags = await opened(path)
    path.unlink()
    assign = Rollout(flags).assign
    assert assign(ANNA).arm is Strategy.PARALLEL
    flags.kill_here("parallel", who="guard", why="wrong answers")
    told = assign(ANNA)
    assert (told.arm, told.source) == (Strategy.SEQUENTIAL, Source.KILL)
    assert told.reason == "parallel is killed in this process by guard: wrong answers"
    flags.forget_kill("parallel")
    assert assign(ANNA).arm is Strategy.PARALLEL


async def test_a_kill_in_the_file_holds_from_the_next_question_on(
    opened: Opening, tmp_path: Path
) -> None:
    """Of whoever wrote it, and although nobody follows the file; so does lifting it. A file that
    is then broken or gone leaves what was last good in force."""
    path = put(tmp_path / "flags.json", rollout(stage="complete", holdout=0))
    assign = Rollout(await opened(path)).assign
    assert assign(ANNA).arm is Strategy.PARALLEL
    killed = rollout(stage="complete", holdout=0, version=2)
    killed["flags"]["parallel"]["state"] = "DISABLED"
    other = put(tmp_path / "other.json", killed)
    other.rename(path)
    assert (assign(ANNA).arm, assign(ANNA).source) == (Strategy.SEQUENTIAL, Source.KILL)
    path.write_text("{")
    assert assign(ANNA).source is Source.KILL
    put(path, rollout(stage="complete", holdout=0, version=3))
    assert assign(ANNA).arm is Strategy.PARALLEL
    path.unlink()
    assert assign(ANNA).arm is Strategy.PARALLEL


async def test_assigning_is_quick(
    opened: Opening, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """About 30 µs with a rule; far less than a millisecond, so that no file is read for it."""
    made = with_rules(
        rollout(stage="canary", percentage=50),
        {"if": [{"==": [{"var": "complexity"}, "simple"]}, "never"]},
        never={"stage": "off"},
    )
    assign = Rollout(await opened(put(tmp_path / "flags.json", made))).assign
    taken = []
    for each in PEOPLE:
        begun = perf_counter()
        assign(each)
        taken.append(perf_counter() - begun)
    record_property("assign_us", round(median(taken) * 1e6))
    assert median(taken) < 0.001
