"""What was taught reaches every process: each looks now and then whether anything has changed."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
from anyio.abc import TaskStatus

from forerun.app.serving.databases import Databases
from forerun.app.serving.teaching.glossary_store import GlossaryStore
from forerun.errors import ForerunError, Unavailable

log = logging.getLogger(__name__)

EVERY_S = 1.0


@dataclass(eq=False)
class Spreading:
    """From the store to the databases of this process."""

    store: GlossaryStore
    databases: Databases
    _taught: set[tuple[str, str]] = field(default_factory=set)
    """Tenants and databases of which anything was ever taught."""
    _revision: int = 0
    _lock: anyio.Lock = field(default_factory=anyio.Lock)
    _failed: bool = False

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. Started once the first question can be answered with what is known."""
        await self._try()
        task_status.started()
        while True:
            await anyio.sleep(EVERY_S)
            await self._try()

    async def tell_misfits(self) -> None:
        """Log, once, how much is not used: another database may have had the name before. Nothing
        is said of one that does not answer."""
        async with anyio.create_task_group() as group:
            for tenant, database in self._taught:
                group.start_soon(self._tell_misfits, tenant, database)

    async def _tell_misfits(self, tenant: str, database: str) -> None:
        try:
            faults = await self.databases.opened[database].faults(tenant)
        except ForerunError:
            return  # whoever asks it is told
        counts = len(faults.golden_queries), len(faults.terms)
        if any(counts):
            await anyio.to_thread.run_sync(self._tell, tenant, database, counts)

    def _tell(self, tenant: str, database: str, counts: tuple[int, int]) -> None:
        """Once among all processes: may wait for another that is about to."""
        with self.databases.told.telling(f"{tenant!r} {database!r} {counts}") as is_ours:
            if is_ours:
                log.warning(
                    "Of what the tenant %s has taught of %s, %d golden queries and %d words are "
                    "not used: see broken in GET /v1/golden-queries and GET /v1/glossary.",
                    tenant,
                    database,
                    *counts,
                )

    async def now(self) -> None:
        """So that what has just been changed is known here at once. Raises `Unavailable`."""
        async with self._lock:
            changed = await self.store.changed_since(self._revision)
            for tenant, database, revision in sorted(changed, key=lambda each: each[2]):
                if (forerun := self.databases.opened.get(database)) is not None:
                    await forerun.teach(tenant, await self.store.taught(tenant, database))
                    self._taught.add((tenant, database))
                self._revision = revision

    async def soon(self) -> None:
        """The same; where it cannot be read back just now, it will be the next time."""
        with suppress(Unavailable):
            await self.now()

    async def _try(self) -> None:
        """What is known stays known while the store does not answer."""
        try:
            await self.now()
        except Unavailable as error:
            if not self._failed:
                log.warning("What is taught elsewhere is not heard for the moment: %s", error)
            self._failed = True
        else:
            self._failed = False
