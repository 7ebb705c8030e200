"""`forerun experiment` on real stores and flag files: acts, their ends, and what was seen."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun.app.experimenting import open_experiments
from forerun.rollout.experiments import Mismatch, Plan
from forerun.rollout.experiments.store import SHADOW
from forerun.rollout.flags.document import read
from tests.cli.conftest import Ask, Done, Run
from tests.cli.experiments import WHY, planned, seen, started

DOWN = "postgresql://nobody@127.0.0.1:1/none"


def flag(store: Path) -> Any:
    file = store.with_name("flags.json")
    return read(file.read_bytes(), file.name).flags["parallel"]


def terms(store: Path) -> Any:
    return flag(store)["variants"][flag(store)["defaultVariant"]]


def test_the_life_of_an_experiment(forerun: Run, store: Path, told: Ask) -> None:
    """From draft to promotion, each act carried out by the flag file and told in the trail."""
    id_ = planned(forerun, "--ramp", "5,50", "--guardrail", "success=0.2")
    assert told("show", id_)["state"] == "draft"

    def act(verb: str, *more: str) -> Any:
        return told(verb, id_, *WHY, *more)

    assert (act("start")["state"], terms(store)["percentage"]) == ("running", 5.0)
    assert (act("ramp")["percentage"], terms(store)["percentage"]) == (50.0, 50.0)
    assert (act("pause")["state"], terms(store)["stage"]) == ("paused", "off")
    assert act("resume")["state"] == "running"
    assert (act("ramp", "--step", "0")["step"], terms(store)["percentage"]) == (0, 5.0)
    assert act("ramp")["step"] == 1
    early = forerun("experiment", "promote", id_, *WHY)
    assert (early.status, "no_data, not promote" in early.err) == (2, True)
    seen(store, id_, 600)
    promoted = act("promote", "--expect", "7")
    assert (promoted["state"], promoted["reason"]) == ("promoted", "a test")
    assert terms(store)["stage"] == "live"
    trail = told("audit", id_)
    done = ["create", "start", "ramp", "pause", "resume", "ramp", "ramp", "promote"]
    assert [line["action"] for line in trail["lines"]] == done
    assert {line["who"] for line in trail["lines"][1:]} == {"ann"}
    assert (trail["holds"], trail["broken_at"]) == (True, None)
    everything = told("audit")["lines"]
    assert [line["number"] for line in everything] == list(range(1, len(everything) + 1))
    of_flags = [line for line in everything if line["experiment"] == "flag parallel"]
    assert {line["action"] for line in of_flags} == {"set_flag"}
    assert of_flags[-1]["before"]["variants"] != of_flags[-1]["after"]["variants"]
    assert of_flags[-1]["after"]["variants"]["everybody"]["stage"] == "live"


def test_every_field_of_a_plan_has_an_option(forerun: Run, store: Path, told: Ask) -> None:
    """And they come out as they were given."""
    id_ = planned(
        forerun,
        *("--name", "with itself", "--unit", "asker", "--primary", "p95_time"),
        *("--guardrail", "success=0.01", "--guardrail", "p50_time=0.2", "--ramp", "2,40"),
        *("--per-step", "50", "--horizon", "500", "--alpha", "0.1", "--holdout", "3"),
        *("--control-only", "--auto-rollback", "--auto-promote", "--shadow-days", "2.5"),
    )
    plan = told("show", id_)["plan"]
    assert plan == {
        "name": "with itself",
        "hypothesis": "40 % faster",
        "unit": "asker",
        "primary": "p95_time",
        "guardrails": [
            {"metric": "success", "margin": 0.01},
            {"metric": "p50_time", "margin": 0.2},
        ],
        "ramp": [2.0, 40.0],
        "per_step": 50,
        "horizon": 500,
        "alpha": 0.1,
        "control_only": True,
        "auto_rollback": True,
        "auto_promote": True,
        "holdout": 3.0,
        "shadow_days": 2.5,
    }
    assert plan.keys() == Plan.__annotations__.keys()


def test_noise_switches_nothing_off_unless_it_is_asked_to(
    forerun: Run, store: Path, told: Ask
) -> None:
    """Compared with itself there is no rollback by itself; else there is one, if not refused."""
    for options, rolls_back in (
        (("--control-only",), False),
        (("--control-only", "--auto-rollback"), True),
        ((), True),
        (("--no-auto-rollback",), False),
    ):
        plan = told("show", planned(forerun, *options))["plan"]
        assert plan["auto_rollback"] is rolls_back


def test_a_plan_out_of_a_file(forerun: Run, store: Path, told: Ask, tmp_path: Path) -> None:
    """What it leaves out is as usual, options win over it, and `none` takes all guardrails away."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"name": "filed", "hypothesis": "h", "ramp": [3], "horizon": 900}))
    made = told("create", "--file", str(file), "--horizon", "800", "--guardrail", "none")
    plan = made["plan"]
    assert (plan["name"], plan["ramp"], plan["horizon"]) == ("filed", [3.0], 800)
    assert (plan["guardrails"], plan["alpha"]) == ([], 0.05)
    file.write_text('{"name": "filed", "hypothesis": "h", "ramps": [3]}')
    wrong = forerun("experiment", "create", "--file", str(file))
    assert wrong.status == 2
    assert "ramps" in wrong.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--name", "x"), "no hypothesis"),
        (("--hypothesis", "x"), "no name"),
        (("--name", "x", "--hypothesis", "y", "--ramp", "1,a"), "--ramp is '1,a'"),
        (("--name", "x", "--hypothesis", "y", "--ramp", "5,1"), "must rise"),
        (("--name", "x", "--hypothesis", "y", "--guardrail", "p95"), "--guardrail is 'p95'"),
        (("--name", "x", "--hypothesis", "y", "--guardrail", "p95_time=nan"), "no finite number"),
        (("--name", "x", "--hypothesis", "y", "--primary", "speed"), "primary is none of"),
        (("--file", "/nowhere/plan.json"), "cannot be read"),
    ],
)
def test_a_plan_that_cannot_be(
    forerun: Run, store: Path, options: tuple[str, ...], says: str
) -> None:
    """Status 2, what is wrong, and nothing kept."""
    done = forerun("experiment", "create", *options)
    assert done.status == 2
    assert says in done.err
    assert "no experiment yet" in forerun("experiment", "list").out


def test_an_act_with_its_key_is_done_once(forerun: Run, store: Path, told: Ask) -> None:
    """Create, start and rollback, each repeated: the same id, the same version, one line each."""
    create = ("create", "--name", "n", "--hypothesis", "h", "--key", "k1")
    id_ = told(*create)["id"]
    assert told(*create)["id"] == id_
    first = told("start", id_, *WHY, "--key", "k2")
    assert told("start", id_, *WHY, "--key", "k2") == first
    assert told("rollback", id_, *WHY, "--key", "k3")["written_down"]
    assert forerun("flags", "lift", "parallel", "--why", "it was not that").status == 0
    assert told("rollback", id_, *WHY, "--key", "k3")["everywhere"]
    assert flag(store)["state"] == "ENABLED"
    assert len(told("audit", id_)["lines"]) == 3
    done = forerun("experiment", "pause", id_, *WHY, "--key", "k2")
    assert done.status == 2
    assert "used before" in done.err


def test_acts_that_are_not_possible(forerun: Run, store: Path) -> None:
    """Status 2 and why: an unknown id, the wrong state, an older version, another one running."""
    id_ = started(forerun)
    other = planned(forerun, "--name", "other")
    for arguments, says in (
        (("pause", "nobody"), "no experiment nobody"),
        (("resume", id_), "only what is paused can be resumed"),
        (("pause", id_, "--expect", "1"), "at version 2, not 1"),
        (("start", other), "faster is running"),
        (("rollback", other), "can be rolled back"),
        (("ramp", id_, "--step", "9"), "Name another step"),
    ):
        done = forerun("experiment", *arguments, *WHY)
        assert done.status == 2, done
        assert says in done.out + done.err
    assert flag(store)["state"] == "ENABLED"


def test_a_rollback_kills_and_says_how_to_go_on(forerun: Run, store: Path, told: Ask) -> None:
    """The file has it with name and reason, and nothing starts before it is lifted."""
    id_ = started(forerun)
    done = forerun("experiment", "rollback", id_, *WHY)
    assert done.status == 0
    assert "forerun flags lift parallel" in done.out
    metadata = flag(store)["metadata"]
    assert (metadata["disabled_by"], metadata["disabled_because"]) == ("ann", "a test")
    assert told("show", id_)["state"] == "rolled_back"
    again = forerun("experiment", "start", planned(forerun), *WHY)
    assert again.status == 2
    assert "a test" in again.err


def test_a_rollback_with_the_store_down(forerun: Run, store: Path, told: Ask) -> None:
    """It takes effect, says that it is not written down, and is when it is done again."""
    id_ = started(forerun)
    done = forerun("experiment", "rollback", id_, *WHY, "--store", DOWN)
    assert done.status == 1
    assert "sequential" in done.out
    assert "Run the same command again" in done.err
    assert flag(store)["state"] == "DISABLED"
    stands = json.loads(forerun("flags", "status", "--json").out)
    assert any("is running, but" in each for each in stands["trouble"])
    assert told("rollback", id_, *WHY)["written_down"]
    assert told("show", id_)["state"] == "rolled_back"


def test_a_rollback_that_reaches_nobody_has_failed(
    forerun: Run, store: Path, told: Ask, tmp_path: Path
) -> None:
    """Where the flag file cannot be written; done again with the right one it works."""
    id_ = started(forerun)
    lost = str(tmp_path / "no folder" / "flags.json")
    done = forerun("experiment", "rollback", id_, *WHY, "--flags", lost)
    assert done.status == 1
    assert "goes on" in done.err
    assert flag(store)["state"] == "ENABLED"
    assert told("rollback", id_, *WHY)["everywhere"]
    assert flag(store)["state"] == "DISABLED"


def test_status_names_the_experiment_and_what_disagrees(forerun: Run, store: Path) -> None:
    """The one that runs, and, after somebody has turned the flags by hand, the difference."""
    id_ = started(forerun, "--ramp", "5,50")
    status = partial(forerun, "flags", "status")
    stands = json.loads(status("--json").out)
    assert (stands["experiment"]["id"], stands["trouble"]) == (id_, [])
    assert "faster" in status().out
    forerun("flags", "set", "--stage", "canary", "--percentage", "7", "--why", "by hand")
    [trouble] = json.loads(status("--json").out)["trouble"]
    assert "5 %" in trouble
    assert "7 %" in trouble


def test_mismatches_are_shown_with_both_sqls(forerun: Run, store: Path, told: Ask) -> None:
    """Those of the stage shadow, where no experiment is named."""
    planned(forerun)
    mismatch = Mismatch("r1", "how many?", "1 row became 2.", "SELECT 1", None, "{}", "{}", 1.0)

    async def keep() -> None:
        opened = open_experiments(str(store))
        await opened.add_mismatch(SHADOW, mismatch)
        await opened.aclose()

    anyio.run(keep)
    [shown] = told("mismatches")["mismatches"]
    assert (shown["sequential_sql"], shown["parallel_sql"]) == ("SELECT 1", None)
    assert shown["parallel_trace"] == {}
    assert "1 row became 2." in forerun("experiment", "mismatches").out


def test_a_trail_that_was_tampered_with(forerun: Run, store: Path, told: Ask) -> None:
    """Somebody changes a reason in the file: status 1, and the line is named."""
    id_ = started(forerun)
    assert "The chain holds." in forerun("experiment", "audit").out
    with sqlite3.connect(store) as db:
        db.execute("UPDATE audit SET reason = 'nothing happened' WHERE number = 2")
    db.close()
    done = forerun("experiment", "audit", id_)
    assert done.status == 1
    assert "breaks at line 2" in done.err
    assert told("audit", status=1)["broken_at"] == 2


def test_where_experiments_are_must_be_said(
    forerun: Run, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not set, or in the memory of another process: status 2; a store that is down: status 1."""
    memory = forerun("experiment", "list", "--store", "memory")
    assert (memory.status, "of the process that answers" in memory.err) == (2, True)
    assert forerun("experiment", "list", "--store", DOWN).status == 1
    id_ = planned(forerun)
    monkeypatch.delenv("FORERUN_FLAGS")
    no_flags: Done = forerun("experiment", "start", id_, *WHY)
    assert (no_flags.status, "FORERUN_FLAGS is not set" in no_flags.err) == (2, True)
    monkeypatch.delenv("FORERUN_EXPERIMENTS")
    unset = forerun("experiment", "list", "--json")
    assert unset.status == 2
    assert "FORERUN_EXPERIMENTS is not set" in json.loads(unset.out)["error"]["message"]
