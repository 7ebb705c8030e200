"""Versions read once for all who ask at about the same time."""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio

from forerun.clock import now
from forerun.errors import ForerunError
from forerun.orchestrators.passing import PassingDatabase
from forerun.ports import Version


@dataclass(slots=True, eq=False)
class _Read:
    """One reading of the version, under way or done."""

    began_at: float
    landed: anyio.Event = field(default_factory=anyio.Event)
    version: Version | None = None
    error: ForerunError | None = None


@dataclass(slots=True, eq=False)
class _Latest:
    read: _Read | None = None


@dataclass(frozen=True, slots=True)
class ReusedVersions(PassingDatabase):
    """A Database whose version is read again only when the last reading is too old.

    What is given holds all that was committed `ttl_s` seconds before the call: its reading began
    no earlier. Who asks while such a reading is under way gets what it gives, or its error; should
    its asker leave, the next one reads. With `ttl_s` 0 every call is passed on.
    """

    ttl_s: float
    _latest: _Latest = field(default_factory=_Latest)

    async def version(self) -> Version:
        if self.ttl_s <= 0:
            return await self.inner.version()
        asked_at = now()
        while (read := self._latest.read) is not None and asked_at - read.began_at <= self.ttl_s:
            await read.landed.wait()
            if read.version is not None:
                return read.version
            if read.error is not None:
                raise read.error
        return await self._read()

    async def _read(self) -> Version:
        """Anew. A reading that gives nothing is forgotten: whoever asks next reads again."""
        read = self._latest.read = _Read(now())
        try:
            read.version = await self.inner.version()
            return read.version
        except ForerunError as error:
            read.error = error
            raise
        finally:
            if read.version is None and self._latest.read is read:
                self._latest.read = None
            read.landed.set()
