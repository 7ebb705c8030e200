"""Who may ask, how much, and what is written down of it, wired from the configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from forerun.access.audit import AuditLog, Trail
from forerun.access.config import AuthConfig, QuotasConfig
from forerun.access.gatekeeper import Gatekeeper
from forerun.access.key_ring import KeyRing
from forerun.access.keys import Keys
from forerun.access.rates import OwnRates, SharedRates
from forerun.access.spending import Ledger, Spending
from forerun.access.tables import LAYOUT
from forerun.access.tokens import TokenReader
from forerun.adapters.stores import IN_MEMORY, open_sql
from forerun.app.configuration import Configuration
from forerun.errors import BadSetting, Unavailable
from forerun.ports import Rates, SQLStore

NO_AUDIT = "none"
LAST_WRITE_S = 3.0


@dataclass
class Access:
    """All of it, for one process. `run` belongs in a task group that lives as long as that."""

    gatekeeper: Gatekeeper
    keys: Keys
    audit: AuditLog | None
    """None where the configuration wants none."""
    spending: Spending
    rates: Rates
    stores: tuple[SQLStore, ...]
    every_s: float

    async def run(self) -> None:
        """Write what was spent and asked, until it is cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(self.spending.run, self.every_s)
            if self.audit is not None:
                group.start_soon(self.audit.run)

    async def drain(self) -> None:
        """Write what still waits, if the store answers soon. Nothing may be charged or noted
        afterwards."""
        for flush in (self.spending.flush, None if self.audit is None else self.audit.finish):
            if flush is not None:
                with suppress(Unavailable), anyio.move_on_after(LAST_WRITE_S):
                    await flush()

    async def aclose(self) -> None:
        """Drain, and close every connection. Safe to call twice."""
        with anyio.CancelScope(shield=True):
            await self.drain()
            closing: tuple[Rates | SQLStore, ...] = (self.rates, *self.stores)
            for each in closing:
                await each.aclose()


def open_access(auth: AuthConfig, quotas: QuotasConfig) -> Access:
    """Connects with the first call. Raises `BadSetting`, `BadDatabaseURL` or `MissingExtra`."""
    store = open_sql(place_of_keys(auth), LAYOUT)
    tokens = TokenReader(auth) if takes_tokens(auth) else None
    keys, spending, rates = Keys(store), Spending(Ledger(store)), _open_rates(quotas.rates)
    ring = KeyRing(keys, auth.remember_s, auth.outage_s)
    stores, audit = [store], None
    if auth.audit != NO_AUDIT:
        kept_in = store if auth.audit is None else open_sql(auth.audit, LAYOUT)
        stores += [] if kept_in is store else [kept_in]
        audit = AuditLog(
            Trail(kept_in), with_questions=auth.audit_questions, keep_days=auth.audit_days
        )
    gatekeeper = Gatekeeper(ring, tokens, rates, spending, quotas)
    return Access(gatekeeper, keys, audit, spending, rates, tuple(stores), quotas.refresh_s)


@asynccontextmanager
async def opened_keys(auth: AuthConfig) -> AsyncIterator[Keys]:
    """The keys alone, to change them."""
    store = open_sql(_lasting(place_of_keys(auth)), LAYOUT)
    try:
        yield Keys(store)
    finally:
        await store.aclose()


@asynccontextmanager
async def opened_trail(auth: AuthConfig) -> AsyncIterator[Trail]:
    """The audit log alone, to look into it. Raises `BadSetting` where there is none."""
    if auth.audit == NO_AUDIT:
        raise BadSetting(
            "[auth] audit is none, so that there is no audit log.",
            "Name a place for it, or leave it out to keep it with the keys.",
        )
    store = open_sql(_lasting(auth.audit or place_of_keys(auth)), LAYOUT)
    try:
        yield Trail(store)
    finally:
        await store.aclose()


def takes_tokens(auth: AuthConfig) -> bool:
    """Whether anything is said of them; what is said must then be whole."""
    said = (auth.jwt_issuer, auth.jwt_audience, auth.jwt_jwks_url, auth.jwt_key_file)
    return any(each is not None for each in said)


async def tells_askers_apart(auth: AuthConfig, quotas: QuotasConfig) -> bool:
    """Whether a key was ever made, or tokens are taken; else there is nothing to ask anybody for.

    Raises what `open_access` does, and `Unavailable` where it cannot be looked up.
    """
    access = open_access(auth, quotas)
    try:
        return takes_tokens(auth) or await access.keys.any()
    finally:
        await access.aclose()


def auth_from(file: str | None, store: str | None) -> AuthConfig:
    """What `[auth]` of the configuration says; a `store` that is named holds all, and is all that
    need be known. Raises `BadSetting`."""
    if store is not None:
        return AuthConfig(keys=store)
    return Configuration.read(file).auth


def place_of_keys(auth: AuthConfig) -> str:
    if auth.keys is not None:
        return auth.keys
    import platformdirs

    return str(Path(platformdirs.user_state_path("forerun")) / "access.sqlite")


def _open_rates(place: str) -> Rates:
    if place == IN_MEMORY:
        return OwnRates()
    if not place.startswith(("redis://", "rediss://")):
        raise BadSetting(
            f"[quotas] rates is {place.partition('://')[0]!r}, which is neither memory nor Redis.",
            "Set it to memory, or to redis://host:6379/0.",
        )
    from forerun.adapters.rates import RedisRates

    return SharedRates(RedisRates(place))


def _lasting(place: str) -> str:
    if place == IN_MEMORY:
        raise BadSetting(
            "[auth] keys is memory: of the process that answers, and gone with it.",
            "Name a file or postgresql://…, for the processes that answer and for this one.",
        )
    return place
