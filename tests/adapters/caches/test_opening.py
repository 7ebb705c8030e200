"""Which shared cache a setting names."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.adapters.caches import DiskCache, open_shared
from forerun.adapters.caches.redis import RedisCache
from forerun.errors import BadSetting, MissingExtra

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("setting", ["none", "memory"])
def test_nothing_may_be_shared(setting: str) -> None:
    """Then there is no second level."""
    assert open_shared(setting) is None


@pytest.mark.parametrize(
    "setting",
    [
        "redis://127.0.0.1:6379/3",
        "redis://ann:word@host.invalid?db=2&max_connections=5&timeout=1&protocol=3",
        "rediss://host.invalid:6380",
        "unix:///run/redis.sock?db=1",
    ],
)
def test_addresses_of_redis(setting: str) -> None:
    """Nothing is reached for yet; what redis-py would do with its own pool does not matter."""
    assert isinstance(open_shared(setting), RedisCache)


async def test_a_path_is_a_file(tmp_path: Path) -> None:
    """Nothing is made before the first call."""
    cache = open_shared(str(tmp_path / "new" / "cache.sqlite"))
    assert isinstance(cache, DiskCache)
    assert list(tmp_path.iterdir()) == []
    await cache.get(["a"])
    assert (tmp_path / "new" / "cache.sqlite").exists()
    await cache.aclose()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
async def test_disk_is_in_the_users_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder of its own there, which is closed to others though the outer one is not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "forerun").mkdir(mode=0o755)
    cache = open_shared("disk")
    assert cache is not None
    await cache.get(["a"])
    await cache.aclose()
    (made,) = (tmp_path / "forerun").iterdir()
    assert made.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in made.iterdir()] == ["cache.sqlite"]


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "  ",
        "off",
        "False",
        "http://127.0.0.1/",
        "redis+socket://x",
        "redis://host:port",
        "redis://host:6379/0?db=x",
        "redis://host?no_such_thing=1",
        "rediss://host?ssl_ca_certs=/no/such/file",
        "rediss://host?ssl_cert_reqs=perhaps",
    ],
)
def test_what_names_nothing_is_refused(setting: str) -> None:
    """At once, saying what may be written."""
    with pytest.raises(BadSetting) as raised:
        open_shared(setting)
    assert raised.value.hint


def test_without_its_client_redis_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it; a file needs nothing."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "redis" or name.startswith("forerun.adapters.caches.redis"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(MissingExtra, match="redis://:") as raised:
        open_shared("redis://:word@127.0.0.1")
    assert "forerun[redis]" in (raised.value.hint or "")
    assert "word" not in raised.value.message
    assert open_shared("cache.sqlite") is not None


@given(
    password=st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), max_size=12),
    where=st.sampled_from(["redis://ann:{}@127.0.0.1:1/0", "redis://:{}@h:x", "rediss://h?password={}",
                           "unix:///s?password={}&db=x", "amqp://ann:{}@host"]),
)  # fmt: skip
def test_a_password_is_never_shown(password: str, where: str) -> None:
    """Neither in a message, nor in a hint, nor in what they were raised from."""
    secret = f"{password.replace('&', '').replace(';', '')}S3cr!t"
    try:
        open_shared(where.format(secret))
    except BadSetting as bad:
        told = "".join(traceback.format_exception(bad)) + (bad.hint or "")
        assert "S3cr!t" not in told
