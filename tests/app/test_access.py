"""Access as it is wired: one place for all of it, written in the background and at the end."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun.access import Identity
from forerun.access.audit import log
from forerun.access.config import AuthConfig, QuotasConfig
from forerun.access.keys import Grant
from forerun.access.rates import OwnRates, SharedRates
from forerun.app.access import open_access, opened_keys, opened_trail, place_of_keys
from forerun.domain.trace import Usage
from forerun.errors import BadDatabaseURL, BadSetting, BudgetSpent
from tests.access.asking import ANN, asked
from tests.services import REDIS
from tests.test_package import loaded_by

pytestmark = pytest.mark.anyio


async def test_a_process_writes_what_was_spent_and_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the background while it runs, and what is left when it ends; the next one knows it."""
    monkeypatch.setattr(log, "EVERY_S", 0.01)
    auth = AuthConfig(keys=str(tmp_path / "access.sqlite"))
    limits = QuotasConfig(tokens_per_day=10, refresh_s=0.01)
    access = open_access(auth, limits)
    assert access.audit is not None
    key, text = await access.keys.create(Grant("x", "blue"))
    who = await access.gatekeeper.identify(text)
    assert who == Identity(key.id, "blue")
    async with anyio.create_task_group() as group:
        group.start_soon(access.run)
        access.audit.note(asked("first"))
        with anyio.fail_after(5):
            while not await access.audit.trail.lines():
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    access.gatekeeper.charge(who, Usage(1, 10, 0, 0.0))
    access.audit.note(asked("last"))
    await access.aclose()
    await access.aclose()
    other = open_access(auth, limits)
    with pytest.raises(BudgetSpent):
        await other.gatekeeper.admit(who)
    await other.aclose()
    async with opened_trail(auth) as trail:
        assert [line.body["question"] for line in await trail.lines()] == ["last", "first"]
    async with opened_keys(auth) as keys:
        assert await keys.all() == [key]


async def test_the_audit_log_may_be_elsewhere_or_nowhere(tmp_path: Path) -> None:
    """Beside the keys by default."""
    auth = AuthConfig(keys=str(tmp_path / "keys.sqlite"), audit=str(tmp_path / "audit.sqlite"))
    access = open_access(auth, QuotasConfig())
    assert access.audit is not None
    access.audit.note(asked())
    await access.aclose()
    async with opened_trail(auth) as trail:
        assert len(await trail.lines()) == 1
    async with opened_trail(replace(auth, audit=None)) as trail:
        assert not await trail.lines()
    nowhere = replace(auth, audit="none")
    without = open_access(nowhere, QuotasConfig())
    assert without.audit is None
    await without.aclose()
    with pytest.raises(BadSetting, match="no audit log"):
        async with opened_trail(nowhere):
            pass


async def test_rates_are_counted_where_the_configuration_says() -> None:
    """In this process, or in Redis with this process to fall back on."""
    memory = AuthConfig(keys="memory")
    own = open_access(memory, QuotasConfig())
    shared = open_access(memory, QuotasConfig(rates=REDIS, per_minute=1_000))
    assert isinstance(own.rates, OwnRates)
    assert isinstance(shared.rates, SharedRates)
    await shared.gatekeeper.admit(replace(ANN, id="test_rates_are_counted"))
    assert not shared.rates.alone
    await own.aclose()
    await shared.aclose()
    with pytest.raises(BadSetting, match="neither memory nor Redis"):
        open_access(memory, QuotasConfig(rates="memcached://secret-word"))


async def test_a_configuration_that_cannot_be_is_told() -> None:
    """Half of one for tokens, a place that is none, keys that nobody else could see."""
    with pytest.raises(BadSetting, match="not both"):
        open_access(AuthConfig(keys="memory", jwt_issuer="https://login"), QuotasConfig())
    with pytest.raises(BadDatabaseURL, match="keys, spending"):
        open_access(AuthConfig(keys="mysql://x"), QuotasConfig())
    with pytest.raises(BadSetting, match="gone with it"):
        async with opened_keys(AuthConfig(keys="memory")):
            pass


DOCUMENT = Path(__file__).parents[2] / "docs" / "access.md"


@pytest.mark.parametrize(
    ("config", "heading"), [(AuthConfig, "`[auth]`"), (QuotasConfig, "`[quotas]`")]
)
def test_each_option_is_documented_as_it_is(config: Any, heading: str) -> None:
    """docs/access.md lists each option with its default and its help, and no other."""
    [section] = [
        part
        for part in DOCUMENT.read_text(encoding="utf-8").split("\n## ")
        if part.startswith(heading)
    ]
    listed = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", section, re.MULTILINE)
    expected = [(each.name, _shown(each.default), each.metadata["help"]) for each in fields(config)]
    assert listed == expected


def _shown(default: object) -> str:
    if default is None or default == ():
        return "—"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{', '.join(default) if isinstance(default, tuple) else default}`"


def test_keys_are_kept_in_the_state_folder_where_nothing_is_said() -> None:
    """Of the user who runs the service."""
    assert place_of_keys(AuthConfig()).endswith("access.sqlite")


def test_what_is_not_configured_is_not_loaded() -> None:
    """Neither tokens nor Redis, nor the library that counts in it."""
    program = (
        "from forerun.app.access import open_access\n"
        "from forerun.access.config import AuthConfig, QuotasConfig\n"
        "open_access(AuthConfig(keys='memory'), QuotasConfig())"
    )
    assert loaded_by(program).isdisjoint({"jwt", "cryptography", "limits", "redis", "psycopg"})
