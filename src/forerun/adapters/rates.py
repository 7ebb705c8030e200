"""Requests of all processes together, counted in Redis."""

from __future__ import annotations

import time
from typing import Any

import anyio

from forerun.adapters.caches.addresses import shown
from forerun.errors import BadSetting, MissingExtra, Unavailable

PATIENCE_S = 0.25
"""How long a question may wait for it."""


class RedisRates:
    """See `forerun.ports.Rates`. A moving window, by the library `limits`."""

    def __init__(self, url: str, prefix: str = "forerun_rates") -> None:
        """Connects with the first request. Raises `MissingExtra` or `BadSetting`."""
        try:
            from limits.aio.storage import RedisStorage
            from limits.aio.strategies import MovingWindowRateLimiter
            from limits.errors import ConfigurationError
            from redis.exceptions import RedisError
        except ModuleNotFoundError as missing:
            raise MissingExtra("serve,redis", f"Counting requests at {shown(url)}") from missing
        # Deadlines are ours: redis-py's own would use asyncio.wait_for, and try again.
        options: dict[str, Any] = {
            "socket_timeout": None, "socket_connect_timeout": None, "retry": None, "protocol": 2,
        }  # fmt: skip
        try:
            self._storage = RedisStorage(
                f"async+{url}", implementation="redispy", key_prefix=prefix, **options
            )
        except (ConfigurationError, RedisError, ValueError, TypeError):
            raise BadSetting(
                f"Requests cannot be counted at {shown(url)}: that is no address of Redis.",
                "Set [quotas] rates to redis://user:password@host:6379/0, or to memory.",
            ) from None  # which holds the address with its password
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._shown = shown(url)
        # What redis-py raises when the network breaks, or what is read is no reply of Redis.
        self._trouble = (
            RedisError, OSError, EOFError, ValueError, TypeError, IndexError, RecursionError,
        )  # fmt: skip

    async def take(self, who: str, per_minute: int) -> float:
        from limits import RateLimitItemPerMinute

        if per_minute < 1:
            return 60.0
        item = RateLimitItemPerMinute(per_minute)
        try:
            with anyio.fail_after(PATIENCE_S):
                if await self._limiter.hit(item, who):
                    return 0.0
                stats = await self._limiter.get_window_stats(item, who)
        except self._trouble as failed:  # TimeoutError is an OSError
            raise Unavailable(
                f"Requests cannot be counted at {self._shown}: {type(failed).__name__}.",
                "See that Redis answers there.",
            ) from failed
        return min(60.0, max(0.1, stats.reset_time - time.time()))

    async def aclose(self) -> None:
        with anyio.move_on_after(PATIENCE_S, shield=True):
            bridge: Any = self._storage.bridge
            await bridge.get_connection().aclose()
