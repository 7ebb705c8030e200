"""What processes tell each other of questions under way."""

from __future__ import annotations

from forerun.adapters.caches.addresses import shown
from forerun.errors import BadSetting, MissingExtra
from forerun.ports import Relay

__all__ = ["open_relay"]

_SCHEMES = ("redis", "rediss", "unix")


def open_relay(url: str, linger_s: float) -> Relay:
    """Over the Redis at `url`, where what was told stays for `linger_s`. Reached with the first
    call. Raises `BadSetting` or `MissingExtra`."""
    if url.partition("://")[0] not in _SCHEMES:
        raise BadSetting(
            f"{shown(url)!r} is no address of a Redis server.", "Write redis://host:6379/0."
        )
    try:
        from forerun.adapters.relays.redis import RedisRelay
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
        raise MissingExtra("redis", f"What processes share at {shown(url)}") from missing
    return RedisRelay(url, linger_s)
