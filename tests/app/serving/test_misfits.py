"""Policies that do not fit their database are noticed whenever it first answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun import Forerun
from forerun.app.serving import databases
from forerun.app.serving.databases import Databases
from forerun.domain import Policies
from forerun.errors import BadPolicy, Unavailable
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Forerun]:
    """Of a database whose structure cannot be read until that is undone."""

    async def down(**_: Any) -> None:
        raise Unavailable("It is down.")

    made = make_duckdb(tmp_path / "shop.duckdb", "CREATE TABLE customers AS SELECT 1 AS id")
    async with Forerun(made) as forerun:
        monkeypatch.setattr(forerun, "catalog", down)
        monkeypatch.setattr(databases, "ASKED_AGAIN_S", 0.0)
        yield forerun


async def test_one_that_was_down_at_the_start_is_looked_at_once_it_answers(
    shop: Forerun, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else it would be called ready though nobody can ask it, and no line of the log say why; it is
    logged once, however often it is looked at."""
    served = Databases({"shop": shop}, {"shop": Policies(hidden=("payrol",))})
    await served.warm_up()
    assert await served.reach() == {"shop": None}
    monkeypatch.undo()
    monkeypatch.setattr(databases, "ASKED_AGAIN_S", 0.0)
    for _ in range(3):
        assert isinstance((await served.reach())["shop"], BadPolicy)
    assert caplog.text.count("The policies of shop do not fit") == 1


async def test_who_asks_whether_it_is_ready_does_not_wait_for_a_long_look(
    shop: Forerun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then, what was known before holds."""
    served = Databases({"shop": shop}, {"shop": Policies(hidden=("payrol",))})
    await served.warm_up()
    monkeypatch.setattr(shop, "catalog", lambda **_: anyio.sleep_forever())
    monkeypatch.setattr(databases, "REACHED_WITHIN_S", 0.2)
    with anyio.fail_after(20):
        assert await served.reach() == {"shop": None}
