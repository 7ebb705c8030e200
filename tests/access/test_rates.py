"""Requests a minute: counted right, together where it can be, and never a reason to refuse all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import urlsplit

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.access.rates import OwnRates, SharedRates
from forerun.adapters.rates import RedisRates
from forerun.errors import BadSetting, Unavailable
from forerun.testing.proxy import MisbehavingProxy, misbehaving_proxy
from tests.access.asking import Clock
from tests.services import REDIS, scratch_redis

AT = urlsplit(REDIS)


@pytest.fixture(scope="module")
def prefix() -> Iterator[str]:
    yield from scratch_redis()


@given(
    limit=st.integers(1, 5),
    steps=st.lists(st.tuples(st.sampled_from("ab"), st.floats(0.0, 30.0)), max_size=40),
)
def test_within_any_minute_no_more_are_counted_than_allowed(
    limit: int, steps: list[tuple[str, float]]
) -> None:
    """Whenever they come; whoever is turned away is let in after the time that was told, not
    before, and is not counted; nobody is counted for somebody else."""

    async def play() -> None:
        clock, counted = Clock(), dict[str, list[float]](a=[], b=[])
        rates = OwnRates(clock)
        for who, pause in steps:
            clock.at += pause
            recent = [at for at in counted[who] if at > clock.at - 60]
            wait = await rates.take(who, limit)
            assert (wait == 0.0) == (len(recent) < limit)
            if wait:
                assert wait == pytest.approx(max(0.001, recent[-limit] + 60 - clock.at))
            else:
                counted[who].append(clock.at)

    anyio.run(play)


@pytest.mark.anyio
async def test_who_has_not_come_for_a_minute_is_forgotten() -> None:
    """So that a million keys that came once take no room."""
    clock = Clock()
    rates = OwnRates(clock)
    for number in range(500):
        await rates.take(str(number), 5)
    clock.at += 61
    await rates.take("last", 5)
    assert list(rates._counted) == ["last"]


@pytest.mark.anyio
@pytest.mark.parametrize("limit", [0, -1])
async def test_nothing_at_all_may_be_allowed(limit: int) -> None:
    """A limit of none lets nobody in."""
    assert await OwnRates().take("a", limit) == 60.0


@pytest.mark.anyio
async def test_processes_count_together_in_redis(prefix: str) -> None:
    """What one has let in counts for the other; the time to wait is told."""
    one, two = (RedisRates(REDIS, prefix) for _ in range(2))
    assert [await each.take("ann", 3) for each in (one, two, one)] == [0.0, 0.0, 0.0]
    wait = await two.take("ann", 3)
    assert 50 < wait <= 60
    assert await two.take("bob", 3) == 0.0
    await one.aclose()
    await two.aclose()
    await two.aclose()


Trouble = Callable[[MisbehavingProxy], Awaitable[None]]


async def _reset(proxy: MisbehavingProxy) -> None:
    await proxy.reset()


async def _garble(proxy: MisbehavingProxy) -> None:
    proxy.garble()


async def _hang(proxy: MisbehavingProxy) -> None:
    proxy.hang()


@pytest.mark.anyio
@pytest.mark.parametrize("trouble", [_reset, _garble, _hang])
async def test_without_redis_each_process_counts_by_itself(prefix: str, trouble: Trouble) -> None:
    """At once or after a quarter of a second; what came before the outage counts, the limit holds,
    and when Redis is back it is asked again."""
    clock, who = Clock(), f"who{trouble.__name__}"
    async with misbehaving_proxy(AT.hostname or "", AT.port or 6379) as proxy:
        rates = SharedRates(RedisRates(f"redis://127.0.0.1:{proxy.port}/0", prefix), clock)
        assert await rates.take(who, 3) == 0.0
        assert not rates.alone
        await trouble(proxy)
        with anyio.fail_after(1.5):
            waits = [await rates.take(who, 3) for _ in range(3)]
        assert [wait > 0 for wait in waits] == [False, False, True]
        assert rates.alone
        proxy.behave()
        clock.at += 5.1
        assert await rates.take(who, 3) == 0.0
        assert not rates.alone
        await rates.aclose()


@pytest.mark.anyio
async def test_a_question_that_is_cancelled_leaves_no_reply_for_the_next(prefix: str) -> None:
    """The connection on which somebody gave up waiting is not used again."""
    async with misbehaving_proxy(AT.hostname or "", AT.port or 6379) as proxy:
        rates = RedisRates(f"redis://127.0.0.1:{proxy.port}/0", prefix)
        assert await rates.take("full", 1) == 0.0
        proxy.delay_s = 0.1
        with anyio.move_on_after(0.02):
            await rates.take("empty", 1_000)
        proxy.delay_s = 0.0
        assert await rates.take("full", 1) > 0
        proxy.hang()
        with pytest.raises(Unavailable, match="cannot be counted"):
            await rates.take("full", 1)
        proxy.behave()
        await rates.aclose()


def test_an_address_that_is_none_is_told() -> None:
    """Before anybody is asked, and without its password."""
    with pytest.raises(BadSetting) as wrong:
        RedisRates("redis://user:secret-word@127.0.0.1:notaport/0")
    assert "secret-word" not in wrong.value.message
