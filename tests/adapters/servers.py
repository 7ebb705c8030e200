"""What the tests of all database servers share."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest

from forerun.domain import Limits, Rows, Statement
from forerun.errors import DatabaseUnreachable, ForerunError
from forerun.ports import Database
from forerun.testing.proxy import MisbehavingProxy, misbehaving_proxy

SECURITY = Path(__file__).resolve().parents[2] / "docs" / "security.md"


SOON = Limits(timeout_s=5)


@contextmanager
def anybodys_folder() -> Iterator[Path]:
    """An empty folder that also the user of a database server on this machine may write to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


async def ask(database: Database, sql: str, limits: Limits = SOON) -> Rows:
    return await database.run(Statement(sql, database.dialect), limits)


def sql_blocks_of(heading: str) -> list[str]:
    """The SQL statements that docs/security.md gives under the heading that begins so."""
    section = SECURITY.read_text(encoding="utf-8").partition(f"\n## {heading}")[2]
    section = section.partition("\n## ")[0]
    blocks = [block.partition("```")[0] for block in section.split("```sql\n")[1:]]
    return [s.strip() for block in blocks for s in block.split(";\n") if s.strip()]


@asynccontextmanager
async def through_a_proxy(url: str) -> AsyncIterator[tuple[MisbehavingProxy, str]]:
    """A proxy before the server of `url`, and the URL that leads through it."""
    at = urlsplit(url)
    assert at.hostname is not None
    assert at.port is not None
    async with misbehaving_proxy(at.hostname, at.port) as proxy:
        yield proxy, url.replace(f"{at.hostname}:{at.port}", f"127.0.0.1:{proxy.port}")


async def unreachable_within(seconds: float, call: Callable[[], Awaitable[object]]) -> None:
    """The call fails as an unreachable database in time."""
    with anyio.fail_after(seconds):
        with pytest.raises(DatabaseUnreachable):
            await call()


def shown(error: ForerunError) -> str:
    """Everything of an error that could be printed or logged."""
    printed = "".join(traceback.format_exception(error))
    return f"{printed}\n{error!r}\n{error.message}\n{error.hint}"
