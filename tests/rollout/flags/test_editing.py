"""Changes are made to the version that was looked at, whole, and with a line that tells of them."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun.domain import Strategy
from forerun.errors import BadFlags, FlagConflict, Unavailable
from forerun.rollout.flags import (
    AuditLine,
    Change,
    Context,
    Editor,
    Finding,
    Flags,
    Overrides,
    Rollout,
    Source,
    Stage,
    storing,
    writing,
)
from tests.rollout.flags.conftest import Opening
from tests.rollout.flags.files import OPEN_GATE, put, rollout, switch

pytestmark = pytest.mark.anyio
ANNA = Context("anna")
EVERYBODY: dict[str, Any] = {"stage": "live", "holdout": 0}


def stage_in(path: Path) -> dict[str, object]:
    terms: dict[str, object] = json.loads(path.read_text())["flags"]["parallel"]["variants"]
    return terms


async def test_a_change_is_in_force_when_it_returns(opened: Opening, tmp_path: Path) -> None:
    """In this process and in the file, as the next version, with all else as it was."""
    path = put(tmp_path / "flags.json", rollout(version=4, stage="canary", percentage=10))
    flags, lines = await opened(path), list[AuditLine]()
    change = Change("parallel", terms={"percentage": 25}, metadata={"owner": "bob"})
    state = await Editor(flags, lines.append).set(
        change, expected_version=4, who="bob", why="A/A is clean"
    )
    assert state.version == 5
    assert Rollout(flags).assign(ANNA).percentage == 25.0
    expected = rollout(version=5, stage="canary", percentage=25)
    expected["flags"]["parallel"]["metadata"]["owner"] = "bob"
    assert json.loads(path.read_text()) == expected
    assert [entry.name for entry in tmp_path.iterdir()] == ["flags.json"]
    (line,) = lines
    assert (line.who, line.what, line.why) == ("bob", "set parallel", "A/A is clean")
    assert line.before == rollout(stage="canary", percentage=10)["flags"]["parallel"]
    assert line.after == expected["flags"]["parallel"]
    assert (line.version, line.problem) == (5, None)


async def test_a_stage_without_percentage_drops_it(opened: Opening, tmp_path: Path) -> None:
    """From canary to live in one word; back, the percentage has to be said."""
    path = put(tmp_path / "flags.json", rollout(stage="canary", percentage=50, threshold=9))
    editor = Editor(await opened(path))
    live = Change("parallel", terms={"stage": "live", "threshold": None})
    await editor.set(live, expected_version=1, who="bob", why="it holds")
    assert stage_in(path) == {"everybody": {"stage": "live"}}
    canary = Change("parallel", terms={"stage": "canary"})
    with pytest.raises(BadFlags, match=r"everybody\.percentage is missing"):
        await editor.set(canary, expected_version=2, who="bob", why="it does not")
    assert stage_in(path) == {"everybody": {"stage": "live"}}


async def test_an_old_version_is_a_conflict(opened: Opening, tmp_path: Path) -> None:
    """Of two who looked at the same version, one changes it and the other is told."""
    path = put(tmp_path / "flags.json", switch("off", version=3))
    editor, other = Editor(await opened(path)), Editor(await opened(path))
    await editor.set(Change("new-charts", "on"), expected_version=3, who="a", why="b")
    with pytest.raises(FlagConflict, match="at version 4, not 3"):
        await other.set(Change("new-charts", "off"), expected_version=3, who="a", why="b")
    assert json.loads(path.read_text())["flags"]["new-charts"]["defaultVariant"] == "on"


async def test_of_many_at_once_one_wins(opened: Opening, tmp_path: Path) -> None:
    """The lock holds from the look to the write: no change is lost."""
    path = put(tmp_path / "flags.json", switch("off", version=1))
    outcomes: list[str] = []

    async def attempt(editor: Editor) -> None:
        try:
            await editor.set(Change("new-charts", "on"), expected_version=1, who="a", why="b")
            outcomes.append("written")
        except FlagConflict:
            outcomes.append("conflict")

    editors = [Editor(await opened(path)) for _ in range(8)]
    async with anyio.create_task_group() as tasks:
        for editor in editors:
            tasks.start_soon(attempt, editor)
    assert sorted(outcomes) == ["conflict"] * 7 + ["written"]
    assert json.loads(path.read_text())["metadata"]["version"] == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change("nothing", "on"), "has no flag 'nothing'"),
        (Change("parallel", "nobody"), "defaultVariant is 'nobody'"),
        (Change("parallel", terms={"stage": "half"}), "stage is 'half'"),
        (Change("parallel", terms={"percentage": 101}), "percentage is 101"),
        (Change("parallel", metadata={"salt": "new"}), "salt of parallel cannot be set"),
        (Change("parallel", metadata={"holdout": -1}), "holdout is -1"),
    ],
)
async def test_what_would_be_no_good_file_is_not_written(
    opened: Opening, tmp_path: Path, change: Change, told: str
) -> None:
    """The file stays as it is, to the byte; and nothing is audited, as nothing has changed."""
    path = put(tmp_path / "flags.json", rollout(stage="canary", percentage=5))
    before, lines = path.read_bytes(), list[AuditLine]()
    editor = Editor(await opened(path), lines.append)
    with pytest.raises(BadFlags) as caught:
        await editor.set(change, expected_version=1, who="bob", why="to try")
    assert told in caught.value.message
    assert path.read_bytes() == before
    assert lines == []


async def test_a_broken_file_is_not_written_over_by_a_change(
    opened: Opening, tmp_path: Path
) -> None:
    """Somebody is at work in it: they are not in the way of a kill, but of all else."""
    path = put(tmp_path / "flags.json", switch("off"))
    editor = Editor(await opened(path))
    path.write_text("{ in the middle of")
    with pytest.raises(BadFlags, match="no readable JSON"):
        await editor.set(Change("new-charts", "on"), expected_version=1, who="a", why="b")
    assert path.read_text() == "{ in the middle of"


async def test_a_kill_is_in_the_file_and_can_be_lifted(opened: Opening, tmp_path: Path) -> None:
    """With who and why; lifted, the file is as before but for its version."""
    path = put(tmp_path / "flags.json", rollout(**EVERYBODY))
    flags, lines = await opened(path), list[AuditLine]()
    editor, assign = Editor(flags, lines.append), Rollout(flags).assign
    reach = await editor.kill("parallel", who="ann", why="wrong answers")
    assert (reach.everywhere, reach.problem) == (True, None)
    told = assign(ANNA)
    assert (told.arm, told.source, told.version) == (Strategy.SEQUENTIAL, Source.KILL, 2)
    assert told.reason == "parallel is killed in flags.json by ann: wrong answers"
    assert json.loads(path.read_text())["flags"]["parallel"]["state"] == "DISABLED"
    reach = await editor.lift("parallel", who="ann", why="mended")
    assert (reach.everywhere, reach.kill) == (True, None)
    assert assign(ANNA).arm is Strategy.PARALLEL
    assert json.loads(path.read_text()) == rollout(version=3, **EVERYBODY)
    assert [(line.what, line.version) for line in lines] == [
        ("kill parallel", 2),
        ("lift parallel", 3),
    ]


async def test_a_kill_is_in_force_before_anything_is_awaited(
    opened: Opening, tmp_path: Path
) -> None:
    """The first step of `kill` needs no file and no other task."""
    flags = await opened(put(tmp_path / "flags.json", rollout(**EVERYBODY)))
    killing = Editor(flags).kill("parallel", who="ann", why="errors")
    first = killing.__await__()
    next(first)
    assert Rollout(flags).assign(ANNA).source is Source.KILL
    killing.close()


async def test_who_lifts_elsewhere_lifts_here(opened: Opening, tmp_path: Path) -> None:
    """Once the file has the kill, this process keeps none of its own."""
    path = put(tmp_path / "flags.json", rollout(**EVERYBODY))
    here, there = await opened(path), await opened(path)
    await Editor(here).kill("parallel", who="ann", why="errors")
    there.reload()
    await Editor(there).lift("parallel", who="bob", why="mended")
    here.reload()
    assert Rollout(here).assign(ANNA).arm is Strategy.PARALLEL


async def test_a_kill_holds_where_nothing_can_be_written(opened: Opening, tmp_path: Path) -> None:
    """In this process, which says why not everywhere; and it is lifted again."""
    folder = tmp_path / "flags"
    folder.mkdir()
    path = put(folder / "flags.json", rollout(**EVERYBODY))
    flags, lines = await opened(path), list[AuditLine]()
    folder.rename(tmp_path / "away")
    editor = Editor(flags, lines.append)
    reach = await editor.kill("parallel", who="ann", why="errors")
    assert reach.everywhere is False
    assert "No such file" in (reach.problem or "")
    assert Rollout(flags).assign(ANNA).reason == (
        "parallel is killed in this process by ann: errors"
    )
    assert (lines[0].what, lines[0].problem) == ("kill parallel", reach.problem)
    (tmp_path / "away").rename(folder)
    reach = await editor.lift("parallel", who="ann", why="mended")
    assert reach.kill is None
    assert Rollout(flags).assign(ANNA).arm is Strategy.PARALLEL


async def test_a_kill_does_not_wait_for_other_writers(
    opened: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives them half a second; a change gives up instead."""
    monkeypatch.setattr(storing, "PATIENCE_S", 0.1)
    path = put(tmp_path / "flags.json", rollout(**EVERYBODY))
    editor = Editor(await opened(path))
    with writing.alone(path, 1.0) as held:
        assert held
        with pytest.raises(Unavailable, match="Somebody else is writing"):
            await editor.set(Change("parallel"), expected_version=1, who="a", why="b")
        assert (await editor.kill("parallel", who="ann", why="errors")).everywhere is True


async def test_without_a_file_a_kill_is_of_this_process() -> None:
    """And says that others do not know."""
    flags = Flags(None, OPEN_GATE)
    reach = await Editor(flags).kill("parallel", who="ann", why="errors")
    assert (reach.everywhere, reach.kill is not None) == (False, True)
    assert Rollout(flags).assign(ANNA).source is Source.KILL
    await Editor(flags).lift("parallel", who="ann", why="mended")
    assert Rollout(flags).assign(ANNA).arm is Strategy.PARALLEL
    with pytest.raises(BadFlags, match="no flag file"):
        await Editor(flags).set(Change("parallel"), expected_version=1, who="a", why="b")


async def test_the_kill_of_the_environment_cannot_be_lifted(
    opened: Opening, tmp_path: Path
) -> None:
    """It is told that it is still in force."""
    path = put(tmp_path / "flags.json", rollout(**EVERYBODY))
    flags = await opened(path, Overrides.read({"FORERUN_KILL_PARALLEL": "on"}))
    reach = await Editor(flags).lift("parallel", who="ann", why="mended")
    assert reach.kill is not None
    assert "FORERUN_KILL_PARALLEL" in reach.kill.reason


@pytest.mark.parametrize("lies_there", [None, "{ in the middle of"])
async def test_a_kill_gets_past_a_broken_or_missing_file(
    opened: Opening, tmp_path: Path, lies_there: str | None
) -> None:
    """The last good file takes its place, disabled, so that every process reads the kill."""
    path = put(tmp_path / "flags.json", rollout(version=6, **EVERYBODY))
    flags = await opened(path)
    path.unlink()
    if lies_there is not None:
        path.write_text(lies_there)
        assert not path.with_name("flags.json.broken").exists()
    reach = await Editor(flags).kill("parallel", who="ann", why="errors")
    assert reach.everywhere is True
    assert (await opened(path)).kill_of("parallel") is not None
    assert flags.state().version == 7
    if lies_there is not None:
        assert path.with_name("flags.json.broken").read_text() == lies_there


@pytest.mark.parametrize("flag", ["parallel", "new-charts"])
async def test_a_kill_makes_the_file_where_there_was_none(
    opened: Opening, tmp_path: Path, flag: str
) -> None:
    """Disabled, and off also when it is lifted: nobody had switched anything on."""
    path = tmp_path / "flags.json"
    flags = await opened(path)
    assert (await Editor(flags).kill(flag, who="ann", why="errors")).everywhere is True
    assert flags.kill_of(flag) is not None
    assert (await Editor(flags).lift(flag, who="ann", why="mended")).kill is None
    assert flags.state().problem is None
    assert Rollout(flags).assign(ANNA).arm is Strategy.SEQUENTIAL
    assert flags.switch(flag).value is False


async def test_a_first_file_is_off(opened: Opening, tmp_path: Path) -> None:
    """To be ramped from there; each has a salt of its own, and none is written over."""
    flags = [await opened(tmp_path / name) for name in ("a.json", "b.json")]
    for each in flags:
        await Editor(each).begin(who="bob", why="the rollout begins")
    told = [Rollout(each).assign(ANNA) for each in flags]
    assert {(each.stage, each.source) for each in told} == {(Stage.OFF, Source.FILE)}
    assert told[0].salt != told[1].salt
    with pytest.raises(FlagConflict, match="is there already"):
        await Editor(flags[0]).begin(who="bob", why="again")
    ramp = Change("parallel", terms={"stage": "canary", "percentage": 1})
    state = await Editor(flags[0]).set(ramp, expected_version=1, who="bob", why="first percent")
    assert state.version == 2


async def test_yaml_is_written_as_yaml(opened: Opening, tmp_path: Path) -> None:
    """And read again as what it was, `off` included."""
    path = tmp_path / "flags.yaml"
    path.write_text(
        "metadata: {version: 1}\n"
        "flags:\n"
        "  parallel:\n"
        "    state: ENABLED\n"
        "    variants: {off: {stage: off}}\n"
        "    defaultVariant: off\n"
        "    metadata: {salt: a1b2c3d4, hash_version: 1, expires: 2099-12-31}\n"
    )
    flags = await opened(path)
    await Editor(flags).kill("parallel", who="ann", why="errors")
    await Editor(flags).lift("parallel", who="ann", why="mended")
    assert flags.state().problem is None
    assert Rollout(flags).assign(ANNA).stage is Stage.OFF
    assert path.read_text().startswith("metadata:\n  version: 3\n")


async def test_a_link_stays_a_link_and_rights_stay_rights(opened: Opening, tmp_path: Path) -> None:
    """What the link leads to is replaced, and whoever could read it still can."""
    real = put(tmp_path / "real.json", switch("off"))
    real.chmod(0o640)
    link = tmp_path / "flags.json"
    link.symlink_to(real.name)
    flags = await opened(link)
    await Editor(flags).set(Change("new-charts", "on"), expected_version=1, who="a", why="b")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert flags.switch("new-charts").value is True


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """The new text is written beside it first; where that fails, nothing is left of it."""
    path = put(tmp_path / "flags.json", switch("on"))
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from forerun.rollout.flags import writing\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n"
        "    writing.replace(Path(sys.argv[1]), 'x' * 1000)\n"
        "except OSError as failed:\n"
        "    sys.exit(0 if 'too large' in str(failed) else 2)\n"
        "sys.exit(3)\n"
    )
    before = path.read_bytes()
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == 0
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["flags.json"]


async def test_a_change_that_cannot_be_written_says_so(opened: Opening, tmp_path: Path) -> None:
    """Which file, why, and what to do next."""
    folder = tmp_path / "flags"
    folder.mkdir()
    flags = await opened(put(folder / "flags.json", switch("off")))
    folder.rename(tmp_path / "away")
    with pytest.raises(Unavailable, match=r"flags\.json .*No such file") as caught:
        await Editor(flags).set(Change("new-charts", "on"), expected_version=1, who="a", why="b")
    assert caught.value.hint


async def test_expired_and_ownerless_flags_are_found(opened: Opening, tmp_path: Path) -> None:
    """The day after the last one, not on it; and those that nobody could answer for."""
    made = rollout(stage="live")
    made["flags"]["parallel"]["metadata"]["expires"] = "2027-03-31"
    made["flags"] |= switch("on")["flags"]
    flags = await opened(put(tmp_path / "flags.json", made))
    missing = [Finding("new-charts", f"It has no {key}.") for key in ("owner", "expires")]
    missing.append(Finding("new-charts", "It has no description."))
    assert list(flags.lint(date(2027, 3, 31))) == missing
    expired, *rest = flags.lint(date(2027, 4, 1))
    assert expired.flag == "parallel"
    assert expired.what.startswith("It expired on 2027-03-31, 1 day ago")
    assert rest == missing
