"""Branches ahead of time: settled once, cancelled with what grew from them, failing in silence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio
import pytest

from forerun.domain import Fate, Rung
from forerun.errors import ModelBusy
from forerun.events import Event, RungLaunched, RungSettled, current_branch
from forerun.orchestrators.ahead import Ahead, Launcher, launching
from forerun.orchestrators.launching import Bet
from forerun.testing import recorded_events
from forerun.testing.virtual_clock import run_virtually

NO_BET = Bet(1.0, 0.0, 0)


@dataclass
class Ledger:
    """Admits everything but what is named; books what it hears."""

    refuses: str | None = None
    fates: list[tuple[Rung, Fate]] = field(default_factory=list)
    running: int = 0

    def refusal(self, rung: Rung, bet: Bet) -> str | None:
        return self.refuses

    def began(self) -> None:
        self.running += 1

    def settled(self, rung: Rung, fate: Fate) -> None:
        self.fates.append((rung, fate))

    def ended(self) -> None:
        self.running -= 1


Story = Callable[[Launcher], Awaitable[None]]


def told(ledger: Ledger, story: Story) -> list[Event]:
    """The story on the virtual clock, and every event of it."""

    async def play() -> list[Event]:
        with recorded_events() as events:
            async with launching(ledger) as launcher:
                await story(launcher)
        return list(events)

    return run_virtually(play)


def settled(events: list[Event]) -> list[RungSettled]:
    return [event for event in events if isinstance(event, RungSettled)]


def begun(launcher: Launcher, rung: Rung, work: Callable[[], Awaitable[object]]) -> Ahead[object]:
    ahead = launcher.ahead(rung, NO_BET, work)
    assert ahead is not None
    return ahead


async def seven() -> int:
    await anyio.sleep(7)
    return 7


@pytest.mark.parametrize(("needed_at", "saved_s"), [(0.0, 0.0), (3.0, 3.0), (20.0, 7.0)])
def test_claimed_work_saved_what_was_done_by_then(needed_at: float, saved_s: float) -> None:
    """Of seven seconds: those before it was needed, all of them if it had ended."""
    ledger = Ledger()

    async def story(launcher: Launcher) -> None:
        ahead = begun(launcher, Rung.WRITE_AHEAD, seven)
        await anyio.sleep(needed_at)
        assert await ahead.claim() == 7
        ahead.waste("too late: it is settled")

    (event,) = settled(told(ledger, story))
    assert (event.rung, event.fate, event.branch) == (Rung.WRITE_AHEAD, Fate.USED, "write-ahead")
    assert event.saved_s == pytest.approx(saved_s)
    assert (ledger.fates, ledger.running) == ([(Rung.WRITE_AHEAD, Fate.USED)], 0)


def test_claimed_beside_another_it_saved_what_ran_beside() -> None:
    """Needed at once, it still saved the two seconds in which the other one ran."""

    async def two() -> None:
        await anyio.sleep(2)

    async def story(launcher: Launcher) -> None:
        other = launcher.beside(two)
        assert await begun(launcher, Rung.CONTEXT, seven).claim(beside=other) == 7

    (event,) = settled(told(Ledger(), story))
    assert event.saved_s == pytest.approx(2.0)


def test_what_is_not_admitted_never_begins() -> None:
    """No work, no launch; the reason is told."""
    ledger = Ledger(refuses="It is switched off.")
    ran: list[int] = []

    async def work() -> None:
        ran.append(1)

    async def story(launcher: Launcher) -> None:
        assert launcher.ahead(Rung.REVIEW, NO_BET, work) is None
        await anyio.sleep(1)

    events = told(ledger, story)
    (event,) = settled(events)
    assert (event.fate, event.reason) == (Fate.SKIPPED, "It is switched off.")
    assert ran == []
    assert ledger.fates == []
    assert not any(isinstance(each, RungLaunched) for each in events)


def test_waste_cancels_what_grew_from_it() -> None:
    """A wasted branch takes its child and grandchild along; a branch beside it goes on."""
    ledger = Ledger()
    ended: list[str] = []
    grown: list[str] = []

    async def story(launcher: Launcher) -> None:
        async def leaf() -> None:
            grown.append(current_branch())
            try:
                await anyio.sleep_forever()
            finally:
                ended.append(current_branch())

        async def middle() -> None:
            begun(launcher, Rung.REVIEW, leaf)
            await leaf()

        async def root() -> None:
            begun(launcher, Rung.SQL_FIRST, middle)
            await leaf()

        ahead = begun(launcher, Rung.WRITE_AHEAD, root)
        other = begun(launcher, Rung.DRAFT_AHEAD, seven)
        await anyio.sleep(1)
        ahead.waste("the analyst added tables")
        await anyio.sleep(0)
        await ahead.ended()
        assert sorted(ended) == sorted(grown)
        assert await other.claim() == 7

    events = settled(told(ledger, story))
    lost = ["write-ahead", "write-ahead/sql-first", "write-ahead/sql-first/review"]
    assert sorted(grown) == lost
    assert [event.branch for event in events if event.fate is Fate.WASTED] == lost
    assert {event.reason for event in events[:3]} == {"the analyst added tables"}
    assert ledger.running == 0


def test_a_failure_comes_out_where_it_is_claimed() -> None:
    """The very error, at the claim; and the branch counts as wasted."""
    failure = ModelBusy("no")

    async def fail() -> None:
        raise failure

    async def story(launcher: Launcher) -> None:
        ahead = begun(launcher, Rung.WRITE_AHEAD, fail)
        await anyio.sleep(1)
        with pytest.raises(ModelBusy) as raised:
            await ahead.claim()
        assert raised.value is failure

    (event,) = settled(told(Ledger(), story))
    assert (event.fate, event.reason) == (Fate.WASTED, "it failed: no")


def test_a_failure_that_nobody_claims_is_never_heard_of() -> None:
    """Neither those beside it nor who launched it are disturbed, of whatever kind it is."""
    ledger = Ledger()

    async def fail() -> None:
        raise ZeroDivisionError

    async def story(launcher: Launcher) -> None:
        launcher.beside(fail)
        begun(launcher, Rung.DRAFT_AHEAD, fail)
        assert await begun(launcher, Rung.WRITE_AHEAD, seven).claim() == 7

    fates = [event.fate for event in settled(told(ledger, story))]
    assert fates == [Fate.USED, Fate.WASTED]  # the one that failed, when nobody needs it any more
    assert ledger.running == 0


def test_nothing_runs_on_after_the_block() -> None:
    """Whoever is still at work when the block ends is cancelled and awaited."""
    ended: list[float] = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(anyio.current_time())

    async def story(launcher: Launcher) -> None:
        launcher.beside(work)
        begun(launcher, Rung.DRAFT_AHEAD, work)
        await anyio.sleep(3)

    ledger = Ledger()
    told(ledger, story)
    assert ended == [3.0, 3.0]
    assert ledger.running == 0


@dataclass
class Watched:
    """Work that keeps in which task it was done."""

    tasks: list[int] = field(default_factory=list)

    async def __call__(self) -> int:
        self.tasks.append(anyio.get_current_task().id)
        await anyio.sleep(2)
        return 7


def test_what_nothing_runs_beside_needs_no_task() -> None:
    """It is done by whoever claims it, once; its failure is raised there all the same."""
    work, here = Watched(), []

    async def fail() -> None:
        raise ModelBusy("no")

    async def story(launcher: Launcher) -> None:
        here.append(anyio.get_current_task().id)
        alone = launcher.beside(work)
        await anyio.sleep(1)
        assert await alone.claim() == 7
        assert anyio.current_time() == 3.0
        await alone.ended()
        begun(launcher, Rung.DRAFT_AHEAD, seven)  # begins nothing that was done already
        with pytest.raises(ModelBusy):
            await launcher.beside(fail).claim()

    told(Ledger(), story)
    assert work.tasks == here


def test_what_is_needed_in_any_case_begins_with_the_next_branch() -> None:
    """From then on it runs beside it, in a task of its own."""
    work, here = Watched(), []

    async def story(launcher: Launcher) -> None:
        here.append(anyio.get_current_task().id)
        needed = launcher.beside(work)
        begun(launcher, Rung.DRAFT_AHEAD, seven)
        await anyio.sleep(1)
        assert await needed.claim() == 7
        assert anyio.current_time() == 2.0

    told(Ledger(), story)
    assert len(work.tasks) == 1
    assert work.tasks != here


def test_what_the_block_raises_comes_out_as_it_is() -> None:
    """Not in a group, though branches were running and one of them fails as it is cancelled."""

    async def stubborn() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ZeroDivisionError

    async def story(launcher: Launcher) -> None:
        begun(launcher, Rung.DRAFT_AHEAD, stubborn)
        await anyio.sleep(1)
        raise ModelBusy("no")

    with pytest.raises(ModelBusy):
        told(Ledger(), story)


def test_names_tell_where_a_branch_grew() -> None:
    """The second of a kind has a number; below another branch its name is in front."""

    async def story(launcher: Launcher) -> None:
        async def outer() -> None:
            await begun(launcher, Rung.REVIEW, seven).claim()

        await begun(launcher, Rung.REVIEW, seven).claim()
        await begun(launcher, Rung.REVIEW, seven).claim()
        await begun(launcher, Rung.WRITE_AHEAD, outer).claim()

    names = [event.branch for event in settled(told(Ledger(), story))]
    assert names == ["review", "review#2", "write-ahead/review", "write-ahead"]
