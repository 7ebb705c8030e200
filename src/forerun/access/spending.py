"""What keys and tenants have spent today: told from memory, kept in the store.

A charge is added up in memory and booked in the background, many at once, so that no question
waits for it. A booking has a name: one of which it is not known whether it was kept is made again
under the same name, and is kept once. So no charge is lost or counted twice, unless the process
ends by force: then the last seconds are lost.

What other processes have spent is read at each booking. Until then it is not known here, so that
all together may spend more than the limit by what they spend within that time.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import anyio

from forerun.access import tables
from forerun.domain.trace import Usage
from forerun.errors import Unavailable
from forerun.ports import SQLStore, Transaction

BILLION = 1_000_000_000
FIRST_LOOK_S = 1.0
"""How long a question waits to hear what was spent before; once a day for each key."""
TRY_AGAIN_S = 5.0
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in whole billionths of a dollar, so that sums are exact."""

    tokens: int = 0
    usd_billionths: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.tokens + other.tokens, self.usd_billionths + other.usd_billionths)

    @property
    def usd(self) -> float:
        return self.usd_billionths / BILLION

    @classmethod
    def of(cls, usage: Usage) -> Amount:
        """What has no known price counts as tokens alone."""
        tokens = usage.input_tokens + usage.output_tokens
        return cls(tokens, round((usage.cost_usd or 0.0) * BILLION))


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Booking:
    """What is to be kept, by day (`2026-11-27`) and who."""

    id: str
    amounts: Mapping[tuple[str, str], Amount]


class Ledger:
    """What was spent, in a store that processes share. Errors: `Unavailable`."""

    def __init__(self, store: SQLStore) -> None:
        self._store = store

    async def book(self, booking: Booking, today: str) -> None:
        """Once, however often it is called with the same booking."""
        yesterday = (datetime.fromisoformat(today) - timedelta(days=1)).date().isoformat()

        def book(tx: Transaction) -> None:
            if not tx.add("booked", [(booking.id, today)]):
                return
            for (day, who), amount in sorted(booking.amounts.items()):
                tx.change(tables.SPEND, day, who, amount.tokens, amount.usd_billionths)
            tx.change(tables.FORGET_BOOKED, yesterday)

        await self._store.write(book)

    async def spent(self, day: str, whos: Iterable[str]) -> dict[str, Amount]:
        """By everybody who is asked after, those who have spent nothing too."""
        asked = sorted(whos)

        def spent(tx: Transaction) -> dict[str, Amount]:
            found = dict.fromkeys(asked, NOTHING)
            for start in range(0, len(asked), AT_ONCE):
                some = asked[start : start + AT_ONCE]
                for who, *amount in tx.rows(tables.spent_by(len(some)), day, *some):
                    found[who] = Amount(*amount)
            return found

        return await self._store.read(spent) if asked else {}


class Spending:
    """What this process knows of it."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._clock = clock
        self._open: dict[tuple[str, str], Amount] = {}
        self._sealed: Booking | None = None
        self._kept: dict[tuple[str, str], Amount] = {}
        """What the ledger said last, of those who are asked after."""
        self._asked_after: set[str] = set()
        self._silent_until = -1.0
        self._one_at_a_time = anyio.Lock()

    def charge(self, whos: Iterable[str], amount: Amount) -> None:
        if amount != NOTHING:
            for who in whos:
                key = (self._today(), who)
                self._open[key] = self._open.get(key, NOTHING) + amount

    async def spent_today(self, who: str) -> Amount:
        """Waits for the ledger once, when somebody comes for the first time in a while; not for
        long, and while it does not answer, what was spent in this process must do."""
        key = (self._today(), who)
        self._asked_after.add(who)
        if key not in self._kept and self._clock() >= self._silent_until:
            await self._look(who)
        sealed = self._sealed.amounts if self._sealed is not None else {}
        return sum((each.get(key, NOTHING) for each in (self._kept, sealed, self._open)), NOTHING)

    def seconds_left(self) -> float:
        """Of the day."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return (midnight - now).total_seconds()

    async def flush(self) -> None:
        """Book whatever was charged, and read what others have spent. Raises `Unavailable`; then
        nothing is lost."""
        async with self._one_at_a_time:
            while self._sealed is not None or self._open:
                await self._book()
            day, asked_after = self._today(), self._asked_after
            self._asked_after = set()
            spent = await self._ledger.spent(day, asked_after)
            self._kept = {(day, who): amount for who, amount in spent.items()}

    async def run(self, every_s: float) -> None:
        """Until it is cancelled. What cannot be booked now is booked later."""
        while True:
            await anyio.sleep(every_s)
            try:
                await self.flush()
            except Unavailable:
                self._silent_until = self._clock() + TRY_AGAIN_S

    async def _book(self) -> None:
        """What is charged meanwhile goes into the next booking."""
        if self._sealed is None:
            self._sealed, self._open = Booking(uuid.uuid4().hex, self._open), {}
        booking = self._sealed
        await self._ledger.book(booking, self._today())
        for key in booking.amounts.keys() & self._kept.keys():
            self._kept[key] += booking.amounts[key]
        self._sealed = None

    async def _look(self, who: str) -> None:
        """Not while something is being booked: it would be counted twice, or not at all."""
        day = self._today()
        try:
            with anyio.fail_after(FIRST_LOOK_S):
                async with self._one_at_a_time:
                    if (day, who) not in self._kept:
                        self._kept |= {
                            (day, each): amount
                            for each, amount in (await self._ledger.spent(day, [who])).items()
                        }
        except (Unavailable, TimeoutError):
            self._silent_until = self._clock() + TRY_AGAIN_S

    def _today(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
