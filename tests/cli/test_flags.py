"""`forerun flags` on real files: what it tells, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from forerun.rollout.flags import Stage
from forerun.rollout.flags.document import read
from tests.cli.conftest import Done, Run
from tests.rollout.flags.files import put, rollout, switch, with_rules

WHY = ("--why", "a test")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of FORERUN_FLAGS, which is not there yet; the gate is open."""
    path = tmp_path / "flags.json"
    monkeypatch.setenv("FORERUN_FLAGS", str(path))
    monkeypatch.setenv("ENABLE_PARALLEL", "true")
    monkeypatch.delenv("FORERUN_EXPERIMENTS", raising=False)
    return path


def stage_in(file: Path) -> str:
    flag = read(file.read_bytes(), file.name).flags["parallel"]
    return str(flag["variants"][flag["defaultVariant"]]["stage"])


def as_json(done: Done) -> Any:
    return json.loads(done.out)


def test_a_first_file_is_written_once(forerun: Run, file: Path) -> None:
    """`init` writes a good file with the rollout off, and never touches one that is there."""
    assert forerun("flags", "init", "--who", "ann").status == 0
    first = file.read_bytes()
    assert stage_in(file) == "off"
    again = forerun("flags", "init", "--json")
    assert (again.status, as_json(again)["error"]["code"]) == (2, "flag_conflict")
    assert file.read_bytes() == first


def test_set_tells_before_after_and_who_sees_it(forerun: Run, file: Path) -> None:
    """The next version lies in the file; the text says what it was, what it is, and for whom."""
    put(file, rollout(stage="off"))
    options = ("--stage", "canary", "--percentage", "12.5", "--threshold", "20", "--holdout", "2")
    done = forerun("flags", "set", *options, "--who", "ann", *WHY)
    assert done.status == 0
    assert "off → canary, 12.5 %" in done.out
    assert "version 2, by ann: a test" in done.out
    assert "Every process that follows the file sees it." in done.out
    flag = as_json(forerun("flags", "show", "parallel", "--json"))
    expected = {"stage": "canary", "percentage": 12.5, "threshold": 20.0, "holdout": 2.0}
    assert flag["value"] == expected
    assert (flag["source"], flag["version"]) == ("file", 2)


def test_a_change_as_json(forerun: Run, file: Path) -> None:
    """--json tells the whole flag before and after, and the file's new version and sha."""
    put(file, switch("off"))
    change = ("flags", "set", "new-charts", "--serve", "on", "--owner", "web", "--who", "ann")
    told = as_json(forerun(*change, *WHY, "--json"))
    assert (told["what"], told["who"], told["why"]) == ("set new-charts", "ann", "a test")
    assert (told["before"]["defaultVariant"], told["after"]["defaultVariant"]) == ("off", "on")
    assert told["after"]["metadata"] == {"owner": "web"}
    document = read(file.read_bytes(), file.name)
    assert (told["file"]["version"], told["file"]["sha"]) == (document.version, document.sha)
    assert (told["everywhere"], told["problem"], told["kill"]) == (True, None, None)


def test_whoever_looked_at_an_older_version_changes_nothing(forerun: Run, file: Path) -> None:
    """--expect another version than lies there is a conflict, with status 2."""
    put(file, rollout(stage="off", version=4))
    before = file.read_bytes()
    done = forerun("flags", "set", "--stage", "live", "--expect", "3", *WHY)
    assert done.status == 2
    assert "at version 4, not 3" in done.err
    assert file.read_bytes() == before
    assert forerun("flags", "set", "--stage", "live", "--expect", "4", *WHY).status == 0
    assert stage_in(file) == "live"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--stage", "everywhere"), "stage is 'everywhere'"),
        (("--stage", "canary", "--percentage", "101"), "percentage is 101"),
        (("--stage", "canary"), "percentage is missing"),
        (("--stage", "live", "--percentage", "5"), "which has none"),
        (("--expires", "soon"), "expires is 'soon'"),
        (("--serve", "nobody"), "nobody"),
        ((), "Nothing is said"),
    ],
)
def test_what_would_be_no_good_file_is_not_written(
    forerun: Run, file: Path, options: tuple[str, ...], says: str
) -> None:
    """The error names the field, the status is 2, and the file is as it was."""
    put(file, rollout(stage="off"))
    before = file.read_bytes()
    done = forerun("flags", "set", *options, *WHY)
    assert done.status == 2
    assert says in done.err
    assert file.read_bytes() == before


def test_a_kill_is_in_the_file_and_can_be_lifted(forerun: Run, file: Path) -> None:
    """It tells who and why, wins over the stage, and taking it back gives the stage again."""
    put(file, rollout(stage="live"))
    killed = forerun("flags", "kill", "parallel", "--who", "ann", "--why", "wrong answers")
    assert killed.status == 0
    assert "live → killed" in killed.out
    assert read(file.read_bytes(), file.name).killed["parallel"].who == "ann"
    stands = as_json(forerun("flags", "status", "--json"))
    assert (stands["stage"], stands["source"]) == ("off", "kill")
    assert (stands["kill"]["who"], stands["kill"]["why"]) == ("ann", "wrong answers")
    assert "killed → live" in forerun("flags", "lift", "parallel", *WHY).out
    assert as_json(forerun("flags", "status", "--json"))["stage"] == "live"


def test_a_kill_that_reaches_nobody_has_failed(forerun: Run, file: Path, tmp_path: Path) -> None:
    """Where the file cannot be written, everything goes on: status 1, and the way out is named."""
    lost = str(tmp_path / "no folder" / "flags.json")
    done = forerun("flags", "kill", "parallel", "--file", lost, *WHY)
    assert done.status == 1
    assert "parallel goes on" in done.err
    assert "FORERUN_KILL_PARALLEL=true" in done.err
    assert done.out == ""
    told = forerun("flags", "kill", "parallel", "--file", lost, *WHY, "--json")
    assert (told.status, as_json(told)["everywhere"]) == (1, False)
    assert "cannot be written" in as_json(told)["problem"]


def test_a_kill_of_a_misspelt_flag_is_noticed(forerun: Run, file: Path) -> None:
    """The file gets it, as it must where it is meant; but a note asks, and `lift` has nothing."""
    put(file, rollout(stage="live"))
    done = forerun("flags", "kill", "paralel", *WHY)
    assert done.status == 0
    assert "Is it spelt right?" in done.err
    assert "Nothing to do" in forerun("flags", "lift", "parallel", *WHY).out
    assert "spelt" not in forerun("flags", "kill", "parallel", *WHY).err


def test_a_kill_gets_the_better_of_a_broken_file(forerun: Run, file: Path) -> None:
    """The broken one is kept beside it."""
    file.write_text("{")
    done = forerun("flags", "kill", "parallel", *WHY)
    assert done.status == 0
    assert "…broken" in done.err
    assert file.with_name("flags.json.broken").read_text() == "{"
    assert "parallel" in read(file.read_bytes(), file.name).killed


def test_what_the_environment_kills_stays_killed(
    forerun: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking the file's kill back says so, instead of promising what does not happen."""
    put(file, rollout(stage="live"))
    forerun("flags", "kill", "parallel", *WHY)
    monkeypatch.setenv("FORERUN_KILL_PARALLEL", "true")
    done = forerun("flags", "lift", "parallel", *WHY)
    assert done.status == 0
    assert "stays off all the same" in done.err
    assert "FORERUN_KILL_PARALLEL" in done.err


def test_list_tells_value_winner_reason_and_who_answers(
    forerun: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flags of every kind; what the environment overrides is told as its own."""
    document = with_rules(
        rollout(stage="canary", percentage=10),
        {"if": [{"==": [{"var": "tenant"}, "acme"]}, "bold"]},
        bold={"percentage": 50},
    )
    for name, variants, default in (
        ("new-charts", {"on": True, "off": False}, "off"),
        ("colour", {"red": "red", "blue": "blue"}, "blue"),
        ("limit", {"low": 1, "high": 2.5}, "high"),
        ("limits", {"one": {"rows": 1}}, "one"),
    ):
        flag = {"state": "ENABLED", "variants": variants, "defaultVariant": default}
        document["flags"][name] = flag | {"metadata": {"owner": "web", "expires": "2027-03-31"}}
    put(file, document)
    monkeypatch.setenv("FORERUN_FLAG_NEW_CHARTS", "true")
    told = as_json(forerun("flags", "list", "--json"))["flags"]
    values = {each["flag"]: (each["value"], each["source"]) for each in told}
    assert values.pop("parallel")[0]["percentage"] == 10
    assert values == {
        "new-charts": (True, "environment"),
        "colour": ("blue", "file"),
        "limit": (2.5, "file"),
        "limits": ({"rows": 1}, "file"),
    }
    assert {(each["owner"], each["expires"]) for each in told[1:]} == {("web", "2027-03-31")}
    assert {each["sha"] for each in told} == {read(file.read_bytes(), file.name).sha}
    text = forerun("flags", "list").out
    assert "canary, 10 %" in text
    assert "FORERUN_FLAG_NEW_CHARTS is true" in text
    shown = forerun("flags", "show", "parallel").out
    assert '"bold": {"percentage": 50}' in shown
    assert '"var": "tenant"' in shown


def test_the_gate_and_the_threshold_of_the_environment_win(
    forerun: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they do for questions."""
    put(file, rollout(stage="live", threshold=20))
    monkeypatch.setenv("PARALLEL_THRESHOLD", "7")
    assert as_json(forerun("flags", "status", "--json"))["threshold"] == 7
    monkeypatch.setenv("ENABLE_PARALLEL", "false")
    stands = as_json(forerun("flags", "status", "--json"))
    assert (stands["stage"], stands["source"]) == (Stage.OFF, "environment")


def test_a_killed_switch_is_what_the_code_has(forerun: Run, file: Path) -> None:
    """Which only the code knows: the value is null, not false."""
    put(file, switch("on"))
    forerun("flags", "kill", "new-charts", *WHY)
    told = as_json(forerun("flags", "show", "new-charts", "--json"))
    assert (told["value"], told["source"]) == (None, "kill")
    assert "as the code has it" in forerun("flags", "show", "new-charts").out


def test_a_flag_of_which_nothing_is_said(forerun: Run, file: Path) -> None:
    """Status 2, and the flags that there are."""
    put(file, switch("on"))
    done = forerun("flags", "show", "old-charts")
    assert done.status == 2
    assert "old-charts" in done.err
    assert "new-charts" in done.err


@pytest.mark.parametrize("command", ["list", "show parallel", "lint", "set --stage off --why x"])
def test_a_broken_file_is_told_with_its_place(forerun: Run, file: Path, command: str) -> None:
    """Status 2 and the line; a file that is not there leads to `init`."""
    file.write_text('{"metadata": {"version": 1}, "flags": }')
    done = forerun("flags", *command.split())
    assert done.status == 2
    assert "flags.json is no readable JSON: line 1, column 39" in done.err
    file.unlink()
    missing = forerun("flags", *command.split())
    assert missing.status == 2
    assert "forerun flags init" in missing.err


def test_status_tells_trouble_without_failing(
    forerun: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken file and a store that does not answer: nobody goes parallel, and it says why."""
    file.write_text("{")
    monkeypatch.setenv("FORERUN_EXPERIMENTS", "postgresql://nobody@127.0.0.1:1/none")
    done = forerun("flags", "status", "--json")
    assert done.status == 0
    stands = as_json(done)
    assert (stands["stage"], stands["experiment"]) == ("off", None)
    assert len(stands["trouble"]) == 2
    assert any("no readable JSON" in each for each in stands["trouble"])
    assert "Trouble:" in forerun("flags", "status").err


def test_lint_is_for_a_build(forerun: Run, file: Path) -> None:
    """Status 1 with findings, 0 without."""
    document = rollout(stage="off")
    put(file, document)
    assert forerun("flags", "lint").status == 0
    document["flags"]["parallel"]["metadata"]["expires"] = "2020-01-01"
    put(file, document)
    done = forerun("flags", "lint", "--json")
    assert done.status == 1
    [finding] = as_json(done)["findings"]
    assert finding["flag"] == "parallel"
    assert "expired on 2020-01-01" in finding["what"]


def test_without_a_file(forerun: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked is answered by the environment; what would be written has no place."""
    monkeypatch.delenv("FORERUN_FLAGS")
    told = as_json(forerun("flags", "list", "--json"))
    assert [each["value"]["stage"] for each in told["flags"]] == ["complete"]
    assert told["file"]["path"] is None
    for command in ("init", "kill parallel --why x", "lift parallel --why x", "lint"):
        done = forerun("flags", *command.split())
        assert done.status == 2
        assert "FORERUN_FLAGS is not set" in done.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody without a name")
def test_somebody_without_a_name_can_act() -> None:
    """A container's user is in no list of users; that must not keep anybody from a kill."""
    program = (
        "import os, pwd; from forerun.cli.acting import who_acts; os.setuid(54321); "
        "print(who_acts(None), who_acts('ann'))"
    )
    named = ("LOGNAME", "USER", "LNAME", "USERNAME")
    environment = {name: value for name, value in os.environ.items() if name not in named}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["unknown", "ann"], done.stderr
