"""Who comes in, and how much of it."""

from __future__ import annotations

from forerun.access.config import QuotasConfig
from forerun.access.identity import LOOPBACK, Allowance, Identity
from forerun.access.key_ring import KeyRing
from forerun.access.key_text import looks_like_key
from forerun.access.spending import Amount, Spending
from forerun.access.tokens import TokenReader
from forerun.domain.trace import Usage
from forerun.errors import BudgetSpent, RateLimited, Unauthenticated
from forerun.ports import Rates


class Gatekeeper:
    """Keys and tokens, rates and budgets, of one process."""

    def __init__(
        self,
        ring: KeyRing,
        tokens: TokenReader | None,
        rates: Rates,
        spending: Spending,
        quotas: QuotasConfig,
    ) -> None:
        self._ring = ring
        self._tokens = tokens
        self._rates = rates
        self._spending = spending
        self._quotas = quotas

    async def identify(self, token: str | None, *, on_loopback: bool = False) -> Identity:
        """Who has this key or token; without one, whoever sits at the machine, as long as nobody
        has made a key and the service is reached on loopback alone.

        Raises `Unauthenticated` (401), or `IdentityUnavailable` (503) where it cannot be told.
        """
        if token is None:
            if on_loopback and self._tokens is None and await self._ring.is_empty():
                return LOOPBACK
            raise Unauthenticated(
                "This service wants to know who asks.",
                "Send a key: Authorization: Bearer forerun_…",
            )
        if looks_like_key(token):
            return await self._ring.identify(token)
        if self._tokens is not None:
            return await self._tokens.identify(token)
        raise Unauthenticated(
            "What was sent is no key of this service.", "Keys begin with forerun_."
        )

    async def admit(self, identity: Identity) -> None:
        """Count one request. Raises `BudgetSpent` or `RateLimited` (429)."""
        of_key, of_tenant = self._allowances(identity)
        key, tenant = _whos(identity)
        asking = ((key, of_key, "Your key"), (tenant, of_tenant, f"The tenant {identity.tenant}"))
        for who, allowed, whose in asking:
            await self._check_budget(who, allowed, whose)
        for who, allowed, whose in asking:
            await self._count(who, allowed, whose)

    def charge(self, identity: Identity, usage: Usage) -> None:
        """Add to what was spent today. Waits for nothing, and never fails."""
        self._spending.charge(_whos(identity), Amount.of(usage))

    def _allowances(self, identity: Identity) -> tuple[Allowance, Allowance]:
        own, given = identity.allowance, self._quotas
        of_key = Allowance(
            given.per_minute if own.per_minute is None else own.per_minute,
            given.tokens_per_day if own.tokens_per_day is None else own.tokens_per_day,
            given.usd_per_day if own.usd_per_day is None else own.usd_per_day,
        )
        return of_key, Allowance(
            given.tenant_per_minute, given.tenant_tokens_per_day, given.tenant_usd_per_day
        )

    async def _check_budget(self, who: str, allowed: Allowance, whose: str) -> None:
        tokens, usd = allowed.tokens_per_day, allowed.usd_per_day
        if tokens is None and usd is None:
            return
        spent = await self._spending.spent_today(who)
        used_up = None
        if tokens is not None and spent.tokens >= tokens:
            used_up = f"{spent.tokens:,} of {tokens:,} tokens"
        elif usd is not None and spent.usd >= usd:
            used_up = f"{spent.usd:,.2f} of {usd:,.2f} US dollars"
        if used_up is not None:
            raise BudgetSpent(
                f"{whose} has spent {used_up} today.",
                "Ask again after midnight UTC, or have the limit raised.",
                self._spending.seconds_left(),
            )

    async def _count(self, who: str, allowed: Allowance, whose: str) -> None:
        if allowed.per_minute is None:
            return
        wait_s = await self._rates.take(who, allowed.per_minute)
        if wait_s > 0:
            raise RateLimited(
                f"{whose} may make {allowed.per_minute} requests a minute, and has made them.",
                f"Ask again in {wait_s:.1f} s.",
                wait_s,
            )


def _whos(identity: Identity) -> tuple[str, str]:
    return f"key:{identity.id}", f"tenant:{identity.tenant}"
