"""Several processes use one store of experiments, and some of them are killed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from forerun.app.experimenting import open_experiments
from forerun.rollout.experiments import Arm, State, resumed, started
from tests.rollout.experiments.samples import CREATE, RESUME, START, draft

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[3]
PREAMBLE = """
import sys
from dataclasses import replace
import anyio
from forerun.adapters.stores import open_sql  # without the rest of the app, which takes a second
from forerun.errors import BadInput
from forerun.rollout.experiments import Arm, paused, resumed, started, stopped
from forerun.rollout.experiments.sql_store import SQLExperimentStore
from forerun.rollout.experiments.store import AlreadyRunning, VersionConflict
from forerun.rollout.experiments.tables import LAYOUT
from tests.rollout.experiments.samples import CREATE, START, act, draft, exposure, outcome

PLACE, NAME = sys.argv[1:]

def wait():
    print("ready", flush=True)
    sys.stdin.readline()
"""
RACE = """
async def main():
    store = SQLExperimentStore(open_sql(PLACE, LAYOUT))
    wait()
{steps}
    await store.aclose()
    print("done", flush=True)
"""
RACE_AFTER_RACE = """
import json

for line in sys.stdin:
    PLACE, program = json.loads(line)
    exec(program)
    anyio.run(main)
"""


def begun(program: str, place: str, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + program, place, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


@pytest.fixture(scope="module")
def racers() -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes for all races: to start them takes longer than a race."""
    processes = [begun(RACE_AFTER_RACE, "", name) for name in ("one", "two")]
    yield processes
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0


Raced: TypeAlias = Callable[[str], list[list[str]]]


@pytest.fixture
def raced(racers: list[subprocess.Popen[str]], place: str) -> Raced:
    """What two processes print, a list of words each, who do the same from one moment on."""

    def run(steps: str) -> list[list[str]]:
        indented = "".join(f"    {line}\n" for line in steps.splitlines())
        for process in racers:
            tell(process, json.dumps([place, RACE.format(steps=indented)]))
        for process in racers:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in racers:
            tell(process, "go")
        return [list(iter(partial(line_of, process), "done")) for process in racers]

    return run


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "it has ended"
    return line.strip()


ASSIGN_ALL = """
for number in range(200):
    arm = Arm.PARALLEL if (NAME == "one") == (number % 2 == 0) else Arm.SEQUENTIAL
    print((await store.assign("e1", f"unit {number}", arm, 1.0)).value)
"""


async def test_processes_that_assign_the_same_units_agree(place: str, raced: Raced) -> None:
    """Each proposes the other arm for each unit: both hear the same, and it is what is kept."""
    store = open_experiments(place)
    await store.create(draft(), CREATE)
    one, two = raced(ASSIGN_ALL)
    assert one == two
    assert len(one) == 200
    assert await store.assigned("e1") == {arm: one.count(arm.value) for arm in Arm}
    await store.aclose()


SAVE_EACH_VERSION = """
for version in range(2, 62):
    now = started(draft(), 101.0)
    now = replace(now, version=version + 1, reason=NAME)
    try:
        await store.save(now, version, act("change", actor=NAME))
        print(version)
    except VersionConflict:
        pass
"""


async def test_of_two_changes_of_one_version_one_wins(place: str, raced: Raced) -> None:
    """Sixty versions, each of which both processes try to change: each has one winner, who is the
    one that the trail names, and the chain is whole."""
    store = open_experiments(place)
    await store.create(draft(), CREATE)
    await store.save(started(draft(), 101.0), 1, START)
    one, two = raced(SAVE_EACH_VERSION)
    assert sorted(map(int, [*one, *two])) == list(range(2, 62))
    trail = list(await store.audit())
    assert [entry.number for entry in trail] == list(range(1, 63))
    assert [entry.act.actor for entry in trail[2:]] == [
        "one" if str(version) in one else "two" for version in range(2, 62)
    ]
    assert await store.verify_audit() is None
    assert (await store.read("e1")).version == 62
    await store.aclose()


CREATE_ALL = """
for number in range(30):
    try:
        await store.create(draft(f"e{number}"), act("create", actor=NAME))
        print(number)
    except BadInput:
        pass
"""


async def test_processes_that_create_at_once_in_a_new_place(place: str, raced: Raced) -> None:
    """Both make the tables, and both give out the same ids: each id is taken by one of them, and
    their lines are one chain."""
    one, two = raced(CREATE_ALL)
    assert sorted(map(int, [*one, *two])) == list(range(30))
    store = open_experiments(place)
    assert len(await store.all()) == 30
    assert len(await store.audit()) == 30
    assert await store.verify_audit() is None
    await store.aclose()


REPEAT = """
for number in range(2, 22):
    ended = stopped(draft(f"e{number}"), 101.0, "Given up.")
    assert await store.save(ended, 1, act("stop", f"key {number}")) == ended
    now = ended
    print(now.version)
"""


async def test_the_same_act_by_two_processes_at_once_is_done_once(place: str, raced: Raced) -> None:
    """With one key: both get what was kept, and there is one line of it."""
    store = open_experiments(place)
    for number in range(2, 22):
        await store.create(draft(f"e{number}"), CREATE)
    assert raced(REPEAT) == [["2"] * 20] * 2
    assert len(await store.audit()) == 40
    await store.aclose()


ADD_THE_SAME = """
requests = [f"request {number}" for number in range(1_000)]
if NAME == "two":
    requests.reverse()
for part in range(0, 1_000, 250):
    some = requests[part : part + 250]
    print(await store.add_outcomes("e1", [outcome(each) for each in some]))
    print(await store.add_exposures("e1", [exposure(each) for each in some]))
"""


async def test_processes_that_report_the_same_requests_count_them_once(
    place: str, raced: Raced
) -> None:
    """In batches that overlap, in opposite orders: none waits for the other for ever."""
    store = open_experiments(place)
    await store.create(draft(), CREATE)
    one, two = raced(ADD_THE_SAME)
    assert sum(map(int, [*one, *two])) == 2_000
    assert len(await store.seen("e1")) == 1_000
    await store.aclose()


BATCH = 300
WORK_UNTIL_KILLED = """
from itertools import count
from uuid import uuid4

async def main():
    store = SQLExperimentStore(open_sql(PLACE, LAYOUT))
    now = await store.read("e1")
    wait()
    for number in count():
        batch = uuid4().hex
        requests = [f"{batch} {number}" for number in range(300)]
        await store.add_exposures("e1", [exposure(each, unit=batch) for each in requests])
        await store.add_outcomes("e1", [outcome(each) for each in requests])
        change = paused(now, "To look.") if number % 2 == 0 else resumed(now, 200.0)
        now = await store.save(change, now.version, act("change", f"{batch}"))
        print("done", flush=True)

anyio.run(main)
"""


@pytest.mark.slow
async def test_a_killed_process_leaves_all_of_a_change_or_nothing(place: str) -> None:
    """Killed ten times without warning in the middle of its work: batches are whole, the trail is
    whole, and the experiment is where its last line says. And the store works on."""
    chance = random.Random(8)
    store = open_experiments(place)
    await store.create(draft(), CREATE)
    now = await store.save(started(draft(), 101.0), 1, START)
    for _ in range(10):
        if now.state is State.PAUSED:  # each process begins with a pause
            await store.save(resumed(now, 200.0), now.version, RESUME)
        process = begun(WORK_UNTIL_KILLED, place, "one")
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        tell(process, "go")
        assert process.stdout.readline() == "done\n"
        time.sleep(chance.uniform(0.0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        now = await store.read("e1")
        assert await store.verify_audit() is None
        assert now.version == len(await store.audit("e1"))
        seen = [each.unit for each in await store.seen("e1")]
        assert all(seen.count(batch) == BATCH for batch in set(seen))
    await store.aclose()


START_MINE = """
mine = "e2" if NAME == "one" else "e3"
for version in range(1, 40, 2):
    now = await store.read(mine)
    try:
        change = started(now, 101.0) if now.state == "draft" else resumed(now, 101.0)
        after = await store.save(change, now.version, act("start"))
        print("ran")
        running = [each.id for each in await store.all() if each.state == "running"]
        assert running == [mine], running
        await store.save(paused(after, "The other's turn."), after.version, act("pause"))
    except AlreadyRunning:
        print("waited")
"""


async def test_two_hosts_never_run_two_experiments_at_once(place: str, raced: Raced) -> None:
    """Each starts its own, over and over: whenever one runs, the other is refused."""
    store = open_experiments(place)
    await store.create(draft("e2"), CREATE)
    await store.create(draft("e3"), CREATE)
    one, two = raced(START_MINE)
    assert len([*one, *two]) == 40
    assert "ran" in one
    assert "ran" in two
    assert await store.verify_audit() is None
    await store.aclose()
