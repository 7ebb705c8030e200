"""Who comes in, how often, and for how much."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from forerun.access import LOOPBACK, Allowance, Identity, Scope
from forerun.access.config import QuotasConfig
from forerun.access.gatekeeper import Gatekeeper
from forerun.access.key_ring import KeyRing
from forerun.access.keys import Grant, Keys
from forerun.access.rates import OwnRates
from forerun.access.spending import Ledger, Spending
from forerun.access.tables import LAYOUT
from forerun.adapters.stores import open_sql
from forerun.domain.trace import Usage
from forerun.errors import BudgetSpent, Forbidden, NotFound, RateLimited, Unauthenticated
from tests.access.asking import ANN, MORNING, Clock

pytestmark = pytest.mark.anyio
BOB = replace(ANN, id="k2", user="bob")


@dataclass
class Door:
    keys: Keys
    spending: Spending
    clock: Clock

    def guarded(self, limits: QuotasConfig) -> Gatekeeper:
        ring = KeyRing(self.keys, 5.0, 300.0, self.clock)
        return Gatekeeper(ring, None, OwnRates(self.clock), self.spending, limits)


@pytest.fixture
async def door(anyio_backend: str) -> AsyncIterator[Door]:
    store, clock = open_sql("memory", LAYOUT), Clock(MORNING.timestamp())
    yield Door(Keys(store), Spending(Ledger(store), clock), clock)
    await store.aclose()


async def test_nobody_comes_in_without_a_key_but_who_sits_at_the_machine(door: Door) -> None:
    """And that only until the first key is made."""
    gate = door.guarded(QuotasConfig())
    assert await gate.identify(None, on_loopback=True) is LOOPBACK
    with pytest.raises(Unauthenticated, match="who asks"):
        await gate.identify(None)
    for wrong in ("", "x", "a.b.c", "Bearer forerun_"):
        with pytest.raises(Unauthenticated):
            await gate.identify(wrong, on_loopback=True)
    key, text = await door.keys.create(Grant("x"))
    door.clock.at += 6
    assert (await gate.identify(text)).id == key.id
    with pytest.raises(Unauthenticated):
        await gate.identify(None, on_loopback=True)


async def test_a_key_and_its_tenant_are_counted_apart(door: Door) -> None:
    """A key's own limit wins over the configuration's; the time to wait is told."""
    gate = door.guarded(QuotasConfig(per_minute=1, tenant_per_minute=3))
    generous = replace(BOB, allowance=Allowance(per_minute=10))
    await gate.admit(ANN)
    with pytest.raises(RateLimited, match="Your key may make 1 requests") as limited:
        await gate.admit(ANN)
    assert limited.value.retry_after_s == pytest.approx(60)
    await gate.admit(generous)
    await gate.admit(generous)
    with pytest.raises(RateLimited, match="The tenant blue may make 3 requests"):
        await gate.admit(generous)
    await gate.admit(replace(generous, tenant="red"))
    door.clock.at += 60
    await gate.admit(ANN)


async def test_a_budget_that_is_spent_is_told_with_its_end(door: Door) -> None:
    """Tokens or money, of the key or of the tenant; what has no price is no money."""
    gate = door.guarded(QuotasConfig(tokens_per_day=100, tenant_usd_per_day=1.0))
    gate.charge(ANN, Usage(1, 60, 39, None))
    await gate.admit(ANN)
    gate.charge(ANN, Usage(1, 1, 0, 0.25))
    with pytest.raises(BudgetSpent, match="Your key has spent 100 of 100 tokens") as spent:
        await gate.admit(ANN)
    assert spent.value.retry_after_s == 16 * 3600
    await gate.admit(BOB)
    gate.charge(BOB, Usage(1, 0, 0, 0.75))
    with pytest.raises(BudgetSpent, match=r"tenant blue has spent 1\.00 of 1\.00 US dollars"):
        await gate.admit(BOB)
    await gate.admit(replace(BOB, id="k3", tenant="red"))


async def test_a_request_that_is_turned_away_uses_up_nothing(door: Door) -> None:
    """A spent budget is looked at before a request is counted."""
    gate = door.guarded(QuotasConfig(per_minute=1))
    poor = replace(ANN, allowance=Allowance(tokens_per_day=0))
    for _ in range(3):
        with pytest.raises(BudgetSpent):
            await gate.admit(poor)
    await gate.admit(ANN)


def test_scopes_and_databases_are_asked_for_one_by_one() -> None:
    """Who administers may not ask for that alone; a database that there is not is refused like one
    that is another's."""
    admin = Identity("k", scopes=frozenset({Scope.ADMIN}), databases=frozenset({"shop"}))
    admin.require(Scope.ADMIN)
    with pytest.raises(Forbidden, match="ask"):
        admin.require(Scope.ASK)
    admin.require_database("shop")
    with pytest.raises(NotFound, match="nowhere"):
        admin.require_database("nowhere")
    ANN.require_database("anything")
    with pytest.raises(Forbidden, match="admin"):
        ANN.require(Scope.ADMIN)
    LOOPBACK.require(Scope.ASK)
    LOOPBACK.require(Scope.ADMIN)


def test_admins_of_a_tenant_administer_that_tenant_alone() -> None:
    """Those of the tenant `default`, everything; who only asks, nothing."""
    admin = frozenset({Scope.ADMIN})
    blue, everybody = Identity("b", "blue", scopes=admin), Identity("d", scopes=admin)
    assert (blue.administers_all, everybody.administers_all) == (False, True)
    blue.require_tenant("blue")
    everybody.require_tenant("blue")
    everybody.require_whole_service()
    for who, tenant in ((blue, "red"), (blue, "default"), (ANN, ANN.tenant), (Identity("d"), "x")):
        with pytest.raises(Forbidden):
            who.require_tenant(tenant)
    for who in (blue, Identity("d")):
        with pytest.raises(Forbidden):
            who.require_whole_service()
