"""Keys remembered: quick, revoked within seconds, and good while their store is down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import pytest

from forerun.access import Identity
from forerun.access.key_ring import KeyRing
from forerun.access.key_text import new_key
from forerun.access.keys import Grant, Keys
from forerun.access.tables import LAYOUT
from forerun.adapters.stores import open_sql
from forerun.errors import IdentityUnavailable, Unauthenticated
from forerun.testing.proxy import MisbehavingProxy
from tests.access.asking import Clock
from tests.adapters.servers import through_a_proxy
from tests.services import Scratch

pytestmark = pytest.mark.anyio


@pytest.fixture
async def keys(anyio_backend: str) -> AsyncIterator[Keys]:
    store = open_sql("memory", LAYOUT)
    yield Keys(store)
    await store.aclose()


def ring_of(keys: Keys, clock: Clock) -> KeyRing:
    return KeyRing(keys, remember_s=5.0, outage_s=300.0, clock=clock)


async def test_the_owner_of_a_key_is_told_by_its_text(keys: Keys) -> None:
    """With tenant, user and scopes; a key that was never made, and another's secret under a known
    id, are not told from each other."""
    key, text = await keys.create(Grant("x", "blue", "ann"))
    ring = ring_of(keys, Clock())
    assert await ring.identify(text) == Identity(key.id, "blue", "ann")
    stranger = new_key()
    with pytest.raises(Unauthenticated) as unknown:
        await ring.identify(stranger.text)
    forged = _with_id(key.id)
    with pytest.raises(Unauthenticated) as wrong:
        await ring.identify(forged)
    assert wrong.value.message == unknown.value.message


async def test_a_typo_is_told_without_a_look_into_the_store(keys: Keys) -> None:
    """Also when the store is gone."""
    _, text = await keys.create(Grant("x"))
    ring = ring_of(keys, Clock())
    await keys._store.aclose()
    with pytest.raises(Unauthenticated, match="typo"):
        await ring.identify(text[:-1] + ("a" if text[-1] != "a" else "b"))


async def test_a_revoked_key_works_for_as_long_as_it_is_remembered(keys: Keys) -> None:
    """And not a moment longer; one that has expired, not even that."""
    clock = Clock()
    key, text = await keys.create(Grant("x"))
    ring = ring_of(keys, clock)
    await ring.identify(text)
    await keys.revoke(key.id)
    clock.at += 4.9
    assert (await ring.identify(text)).id == key.id
    clock.at += 0.2
    with pytest.raises(Unauthenticated):
        await ring.identify(text)
    _, expired = await keys.create(Grant("x"), expires_in_s=-1)
    with pytest.raises(Unauthenticated):
        await ring.identify(expired)


async def test_the_first_key_that_is_made_closes_the_door(keys: Keys) -> None:
    """Where there was none; and it stays closed when that one is revoked."""
    clock = Clock()
    ring = ring_of(keys, clock)
    assert await ring.is_empty()
    key, _ = await keys.create(Grant("x"))
    clock.at += 5.1
    assert not await ring.is_empty()
    await keys.revoke(key.id)
    clock.at += 5.1
    assert not await ring.is_empty()


Trouble = Callable[[MisbehavingProxy], Awaitable[None]]


async def _reset(proxy: MisbehavingProxy) -> None:
    await proxy.reset()


async def _garble(proxy: MisbehavingProxy) -> None:
    proxy.garble()


async def _hang(proxy: MisbehavingProxy) -> None:
    proxy.hang()


@pytest.mark.parametrize("trouble", [_reset, _garble, pytest.param(_hang, marks=pytest.mark.slow)])
async def test_known_keys_work_on_while_the_store_is_down(
    postgres: Scratch, trouble: Trouble
) -> None:
    """For so long and no longer; of unknown ones it cannot be told, which is not a refusal. When
    the store is back, all is as before."""
    clock = Clock()
    async with through_a_proxy(postgres.owner_url) as (proxy, url):
        store = open_sql(url, LAYOUT)
        keys = Keys(store)
        ring = ring_of(keys, clock)
        key, text = await keys.create(Grant("x"))
        _, unseen = await keys.create(Grant("y"))
        await ring.identify(text)
        await trouble(proxy)
        clock.at += 200
        with anyio.fail_after(10):
            assert (await ring.identify(text)).id == key.id
            with pytest.raises(IdentityUnavailable) as untold:
                await ring.identify(unseen)
        assert "127.0.0.1" not in untold.value.message
        clock.at += 101
        with pytest.raises(IdentityUnavailable):
            await ring.identify(text)
        proxy.behave()
        clock.at += 5.1
        assert (await ring.identify(text)).id == key.id
        assert await ring.identify(unseen)
        await store.aclose()


def _with_id(id_: str) -> str:
    """A whole key of that id with a secret of its own."""
    from forerun.access.key_text import _checksum

    body = f"forerun_{id_}_{new_key().text.split('_')[2][:-6]}"
    return body + _checksum(body)
