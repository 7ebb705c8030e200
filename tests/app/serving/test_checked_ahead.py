"""What keeps a service of several processes from being opened is told before any is started."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from forerun.access.config import AuthConfig
from forerun.app.configuration import Configuration
from forerun.app.sections import DatabaseSection, ServeSection
from forerun.app.serving import Deployment
from forerun.app.settings import Settings
from forerun.errors import ForerunError
from tests.mcp.shops import make_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A server of any kind, to which nobody has connected yet."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        bound.settimeout(0.2)
        yield bound


def configured(folder: Path, port: int) -> Configuration:
    """A file, a server, and every place where something is kept."""
    at = f"127.0.0.1:{port}"
    return Configuration(
        settings=Settings(state="memory", cache=f"redis://{at}/0"),
        databases={
            "shop": DatabaseSection(str(make_shop(folder / "shop.sqlite"))),
            "server": DatabaseSection(f"postgresql://reader@{at}/sales"),
        },
        serve=ServeSection(state=f"postgresql://forerun@{at}/state", redis=f"redis://{at}/0"),
        auth=AuthConfig(keys=str(folder / "keys.sqlite")),
    )


async def test_nobody_is_connected_to_and_nothing_is_written(
    tmp_path: Path, listening: socket.socket
) -> None:
    """Neither a database, nor Redis, nor any store, whether they answer or not."""
    given = configured(tmp_path, listening.getsockname()[1])
    await Deployment(given).refuse_what_cannot_be()
    with pytest.raises(TimeoutError):
        listening.accept()
    assert [each.name for each in tmp_path.iterdir()] == ["shop.sqlite"]


@pytest.mark.parametrize(
    ("settings", "database", "redis", "said"),
    [
        (Settings(), "nosuch.duckdb", "redis://x", "There is no file nosuch.duckdb"),
        (Settings(), "nosuch://x/y", "redis://x", "nosuch"),
        (Settings(), "demo", "http://x", "no address of a Redis server"),
        (Settings(knowledge="nosuch.yaml"), "demo", "redis://x", "nosuch.yaml"),
        (Settings(model="nosuch:model"), "demo", "redis://x", "There is no model nosuch:model"),
        (Settings(model="openai:gpt-5.1"), "demo", "redis://x", "needs a key"),
    ],
)
async def test_what_is_wrong_is_told(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, database: str, redis: str, said: str
) -> None:
    """Files, addresses, names and keys."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    given = Configuration(
        settings=settings,
        databases={"shop": DatabaseSection(database)},
        serve=ServeSection(state="memory", redis=redis),
        auth=AuthConfig(keys="memory"),
    )
    with pytest.raises(ForerunError, match=said):
        await Deployment(given).refuse_what_cannot_be()
