"""However a file is changed, the change is noticed; and what is missed is read all the same."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import anyio
import anyio.to_thread
import pytest

from forerun.rollout.flags import Flags, watching
from forerun.rollout.flags.terms import NOBODY
from tests.rollout.flags.conftest import Opening
from tests.rollout.flags.files import put, switch

pytestmark = pytest.mark.anyio
PATIENCE_S = 20.0
"""Far more than it takes: this machine may be busy."""


@asynccontextmanager
async def watched(flags: Flags) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(flags.watch)
        await anyio.sleep(0.2)
        yield
        tasks.cancel_scope.cancel()


async def until(is_so: Callable[[], bool]) -> float:
    """Seconds that it took."""
    begun = anyio.current_time()
    with anyio.fail_after(PATIENCE_S):
        while not is_so():
            await anyio.sleep(0.01)
    return anyio.current_time() - begun


@pytest.fixture
def events_alone(monkeypatch: pytest.MonkeyPatch) -> float:
    """Reading without an event is so seldom that it explains nothing quicker than these seconds."""
    monkeypatch.setattr(watching, "READ_EVERY_S", 12.0)
    return 4.0


def is_on(flags: Flags) -> Callable[[], bool]:
    """By the file that was read last: `switch` would look for itself."""
    return lambda: flags.from_file("new-charts", default=False, context=NOBODY).value


def is_off(flags: Flags) -> Callable[[], bool]:
    return lambda: not is_on(flags)()


def has_version(flags: Flags, version: int) -> Callable[[], bool]:
    return lambda: flags.state().version == version


async def test_writing_into_the_file(opened: Opening, tmp_path: Path, events_alone: float) -> None:
    """Ten times in a row, each is noticed, and by its event."""
    path = put(tmp_path / "flags.json", switch("off"))
    flags = await opened(path)
    async with watched(flags):
        took = []
        for version in range(2, 12):
            put(path, switch("on", version=version))
            took.append(await until(has_version(flags, version)))
    assert median(took) < events_alone


async def test_renaming_over_the_file(opened: Opening, tmp_path: Path, events_alone: float) -> None:
    """As editors save; more than once, although each time it is another file."""
    path = put(tmp_path / "flags.json", switch("off"))
    flags = await opened(path)
    async with watched(flags):
        took = []
        for version in range(2, 8):
            put(tmp_path / "flags.json~", switch("on", version=version)).rename(path)
            took.append(await until(has_version(flags, version)))
    assert median(took) < events_alone


async def test_restoring_an_older_file(opened: Opening, tmp_path: Path) -> None:
    """With the old time of change, as a backup is put back."""
    path = put(tmp_path / "flags.json", switch("on", version=1))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    backup = tmp_path / "backup.json"
    shutil.copy2(path, backup)
    flags = await opened(path)
    async with watched(flags):
        put(path, switch("off", version=2))
        await until(is_off(flags))
        shutil.copy2(backup, path)
        await until(is_on(flags))
    assert path.stat().st_mtime == 1_000_000_000


async def test_removing_the_file_and_making_it_anew(opened: Opening, tmp_path: Path) -> None:
    """Meanwhile the last good one is in force, and the state says what is wrong."""
    path = put(tmp_path / "flags.json", switch("on"))
    flags = await opened(path)
    async with watched(flags):
        path.unlink()
        await until(lambda: flags.state().problem is not None)
        assert flags.switch("new-charts").value is True
        put(path, switch("off"))
        await until(is_off(flags))
        assert flags.state().problem is None


async def test_removing_the_folder_and_making_it_anew(opened: Opening, tmp_path: Path) -> None:
    """Twice, so that the second folder is watched as the first was."""
    folder = tmp_path / "etc" / "forerun"
    folder.mkdir(parents=True)
    path = put(folder / "flags.json", switch("on"))
    flags = await opened(path)
    async with watched(flags):
        for variant, seen in (("off", is_off), ("on", is_on)):
            shutil.rmtree(folder.parent)
            await until(lambda: flags.state().problem is not None)
            folder.mkdir(parents=True)
            put(path, switch(variant))
            await until(seen(flags))


async def test_a_folder_that_comes_later(opened: Opening, tmp_path: Path) -> None:
    """It need not be there at the start."""
    path = tmp_path / "later" / "flags.json"
    flags = await opened(path)
    async with watched(flags):
        path.parent.mkdir()
        put(path, switch("on"))
        await until(is_on(flags))


async def test_swapping_a_link_as_kubernetes_does(opened: Opening, tmp_path: Path) -> None:
    """The file leads by `..data` into a folder of each version; the old folder is then removed."""
    mounted = tmp_path / "config"
    mounted.mkdir()

    def swap(name: str, variant: str) -> None:
        (mounted / name).mkdir()
        put(mounted / name / "flags.json", switch(variant))
        (mounted / "..data_tmp").symlink_to(name)
        (mounted / "..data_tmp").rename(mounted / "..data")

    swap("..2027_01", "off")
    path = mounted / "flags.json"
    path.symlink_to("..data/flags.json")
    flags = await opened(path)
    async with watched(flags):
        swap("..2027_02", "on")
        shutil.rmtree(mounted / "..2027_01")
        await until(is_on(flags))
        swap("..2027_03", "off")
        shutil.rmtree(mounted / "..2027_02")
        await until(is_off(flags))


async def test_what_gives_no_event_is_read_all_the_same(
    opened: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link far above the file is swapped, in a folder that is not watched."""
    monkeypatch.setattr(watching, "READ_EVERY_S", 0.3)
    for name, variant in (("one", "off"), ("two", "on")):
        (tmp_path / "releases" / name / "etc").mkdir(parents=True)
        put(tmp_path / "releases" / name / "etc" / "flags.json", switch(variant))
    current = tmp_path / "current"
    current.symlink_to("releases/one")
    flags = await opened(current / "etc" / "flags.json")
    async with watched(flags):
        (tmp_path / "next").symlink_to("releases/two")
        (tmp_path / "next").rename(current)
        await until(is_on(flags))
        put(tmp_path / "releases" / "two" / "etc" / "flags.json", switch("off"))
        await until(is_off(flags))


async def test_a_broken_file_is_passed_over(opened: Opening, tmp_path: Path) -> None:
    """Noticed, told of and not taken; the next good one is."""
    path = put(tmp_path / "flags.json", switch("on"))
    flags = await opened(path)
    async with watched(flags):
        path.write_text("{")
        await until(lambda: "no readable JSON" in (flags.state().problem or ""))
        assert flags.switch("new-charts").value is True
        put(path, switch("off"))
        await until(is_off(flags))


async def test_other_files_of_the_folder_do_no_harm(opened: Opening, tmp_path: Path) -> None:
    """While many of them change, a change of the flags is noticed."""
    path = put(tmp_path / "flags.json", switch("off"))
    flags = await opened(path)
    done = threading.Event()

    def be_noisy() -> None:
        number = 0
        while not done.wait(0.001):
            (tmp_path / f"noise-{number % 50}").write_text(str(number))
            number += 1

    noise = threading.Thread(target=be_noisy)
    noise.start()
    try:
        async with watched(flags):
            put(path, switch("on"))
            await until(is_on(flags))
    finally:
        done.set()
        noise.join()


async def test_a_busy_pool_of_threads_does_not_delay_it(opened: Opening, tmp_path: Path) -> None:
    """Although slow databases have all threads of the pool, changes are seen."""
    path = put(tmp_path / "flags.json", switch("off"))
    flags = await opened(path)
    pool = anyio.to_thread.current_default_thread_limiter()
    finished = threading.Event()
    async with anyio.create_task_group() as slow:
        for _ in range(int(pool.total_tokens)):
            slow.start_soon(anyio.to_thread.run_sync, finished.wait, PATIENCE_S)
        await until(lambda: pool.available_tokens == 0)
        async with watched(flags):
            put(path, switch("on"))
            await until(is_on(flags))
            assert pool.available_tokens == 0
        finished.set()


async def test_cancelling_ends_it(opened: Opening, tmp_path: Path) -> None:
    """It waits for its thread, which ends soon, also where the folder is not there."""
    for path in (put(tmp_path / "flags.json", switch("on")), tmp_path / "none" / "flags.json"):
        flags = await opened(path)
        with anyio.fail_after(PATIENCE_S):
            async with watched(flags):
                pass


async def test_without_a_file_it_waits_until_cancelled() -> None:
    """So that an application need not ask whether there is one."""
    with anyio.move_on_after(0.05) as scope:
        await Flags(None).watch()
    assert scope.cancelled_caught
