"""Budgets: what processes spend adds up exactly, whatever becomes of their store meanwhile."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.access.spending import BILLION, NOTHING, Amount, Ledger, Spending
from forerun.access.tables import LAYOUT
from forerun.adapters.stores import open_sql
from forerun.domain.trace import Usage
from forerun.errors import Unavailable
from tests.access.asking import MORNING, Clock, Faulty
from tests.adapters.servers import through_a_proxy
from tests.services import Scratch

DAY = "2026-11-27"
NIGHT = datetime(2026, 11, 27, 23, 59, 30, tzinfo=UTC).timestamp()

amounts = st.builds(Amount, st.integers(0, 10**6), st.integers(0, 10**12))
steps = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from("ab"), amounts, st.booleans()), max_size=25
)
faults = st.lists(st.sampled_from([None, False, True]), max_size=12)


@given(steps=steps, faults=faults)
@settings(max_examples=60, deadline=None)
def test_charges_of_many_processes_add_up(steps: Any, faults: list[bool | None]) -> None:
    """None is lost and none counted twice, whether the store fails before a booking or while it is
    confirmed; each process knows the whole of it once it has booked."""

    async def play() -> None:
        store = open_sql("memory", LAYOUT)
        clock = Clock(MORNING.timestamp())
        ledger = Ledger(Faulty(store, faults))
        processes = [Spending(ledger, clock) for _ in range(3)]
        whole = {"a": NOTHING, "b": NOTHING}
        for process, who, amount, books in steps:
            processes[process].charge([who], amount)
            whole[who] += amount
            if books:
                await _try_to_book(processes[process])
        for process in processes * 2:
            while not await _try_to_book(process):
                pass
        for process in processes:
            assert {who: await process.spent_today(who) for who in "ab"} == whole
        assert await ledger.spent(DAY, "ab") == whole
        await store.aclose()

    anyio.run(play)


async def _try_to_book(process: Spending) -> bool:
    try:
        await process.flush()
    except Unavailable:
        return False
    return True


PROGRAM = """
import anyio, sys
from forerun.access.spending import Amount, Ledger, Spending
from forerun.access.tables import LAYOUT
from forerun.adapters.stores import open_sql

async def main():
    store = open_sql(sys.argv[1], LAYOUT)
    spending = Spending(Ledger(store))
    for _ in range(40):
        spending.charge(["key:a", "tenant:t"], Amount(3, 7))
        await spending.flush()
    await store.aclose()

anyio.run(main)
"""


@pytest.mark.anyio
async def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """Three of the operating system's own, 40 bookings each, in one file."""
    place = str(tmp_path / "access.sqlite")
    command = [sys.executable, "-c", PROGRAM, place]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    for each in running:
        _, err = each.communicate(timeout=60)
        assert each.returncode == 0, err
    store = open_sql(place, LAYOUT)
    today = datetime.now(UTC).date().isoformat()
    found = await Ledger(store).spent(today, ["key:a", "tenant:t"])
    await store.aclose()
    assert found == {"key:a": Amount(360, 840), "tenant:t": Amount(360, 840)}


@pytest.mark.anyio
async def test_connections_that_break_double_no_charge(postgres: Scratch) -> None:
    """A server behind a line that is reset again and again, at any moment of a booking."""
    clock = Clock(MORNING.timestamp())
    async with through_a_proxy(postgres.owner_url) as (proxy, url):
        store = open_sql(url, LAYOUT)
        spending = Spending(Ledger(store), clock)
        await spending.flush()
        async with anyio.create_task_group() as group:

            async def disturb() -> None:
                for pause in range(12):
                    await anyio.sleep(0.002 * pause)
                    await proxy.reset()
                    proxy.behave()

            group.start_soon(disturb)
            for _ in range(30):
                spending.charge(["key:a"], Amount(1, 1))
                await _try_to_book(spending)
        while not await _try_to_book(spending):
            pass
        assert await Ledger(store).spent(DAY, ["key:a"]) == {"key:a": Amount(30, 30)}
        await store.aclose()


@pytest.mark.anyio
async def test_what_others_spent_is_known_before_the_first_question() -> None:
    """And then at each booking; the day begins anew at midnight UTC."""
    store, clock = open_sql("memory", LAYOUT), Clock(NIGHT)
    one, two = (Spending(Ledger(store), clock) for _ in range(2))
    one.charge(["a"], Amount(5, 0))
    await one.flush()
    assert (await two.spent_today("a")).tokens == 5
    one.charge(["a"], Amount(2, 0))
    await one.flush()
    assert (await two.spent_today("a")).tokens == 5
    await two.flush()
    assert (await two.spent_today("a")).tokens == 7
    assert two.seconds_left() == 30
    two.charge(["a"], Amount(1, 0))
    clock.at += 31
    assert await two.spent_today("a") == NOTHING
    await two.flush()
    assert (await Ledger(store).spent(DAY, ["a"]))["a"].tokens == 8
    await store.aclose()


@pytest.mark.anyio
async def test_while_the_store_is_down_a_question_waits_for_it_once(postgres: Scratch) -> None:
    """Not for long; what this process spends counts, and is booked when it is back."""
    clock = Clock(MORNING.timestamp())
    async with through_a_proxy(postgres.owner_url) as (proxy, url):
        store = open_sql(url, LAYOUT)
        spending = Spending(Ledger(store), clock)
        await spending.flush()
        proxy.garble()
        with anyio.fail_after(1.5):
            assert await spending.spent_today("key:down") == NOTHING
            spending.charge(["key:down"], Amount(9, 0))
            for _ in range(100):
                assert (await spending.spent_today("key:down")).tokens == 9
        assert not await _try_to_book(spending)
        proxy.behave()
        while not await _try_to_book(spending):
            pass
        assert (await Ledger(store).spent(DAY, ["key:down"]))["key:down"].tokens == 9
        await store.aclose()


@given(cost=st.floats(0, 1_000) | st.none(), tokens=st.integers(0, 10**6))
def test_money_is_kept_to_the_billionth(cost: float | None, tokens: int) -> None:
    """What has no price counts as tokens."""
    amount = Amount.of(Usage(1, tokens, 1, cost))
    assert amount.tokens == tokens + 1
    assert abs(amount.usd_billionths - (cost or 0.0) * BILLION) <= 0.5 + (cost or 0) * 1e-6
