"""The second level of the caches: texts that processes keep for each other."""

from __future__ import annotations

from pathlib import Path

from forerun.adapters.caches.addresses import shown
from forerun.adapters.caches.disk import DiskCache
from forerun.errors import BadSetting, MissingExtra
from forerun.ports import SharedCache

__all__ = ["DISK", "NOTHING_SHARED", "DiskCache", "open_shared"]

DISK = "disk"
NOTHING_SHARED = ("memory", "none")
REDIS_SCHEMES = ("redis", "rediss", "unix")
MEANT_AS_NONE = frozenset(("off", "no", "false", "0", "disabled"))
"""They would be files of that name, and so a cache that is switched on."""


def open_shared(setting: str) -> SharedCache | None:
    """What `setting` names: nothing (`memory`, `none`), Redis (`redis://…`, `rediss://…`,
    `unix://…`), a file (its path), or a file in the user's cache folder (`disk`).

    Nothing is opened or reached before the first call. Raises `BadSetting` for an address that
    cannot be one, `MissingExtra` where the client of Redis is not installed.
    """
    if setting in NOTHING_SHARED:
        return None
    scheme, separator, _ = setting.partition("://")
    if separator and scheme in REDIS_SCHEMES:
        return _open_redis(setting)
    if separator or not setting.strip() or setting.lower() in MEANT_AS_NONE:
        raise BadSetting(
            f"{shown(setting)!r} is no place for a shared cache.",
            "Write `none`, `disk`, the path of a file, or the address of a Redis server "
            "(redis://…, rediss://…, unix://…).",
        )
    return DiskCache(_users_own() if setting == DISK else Path(setting).expanduser())


def _open_redis(url: str) -> SharedCache:
    try:
        from forerun.adapters.caches.redis import RedisCache
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
        raise MissingExtra("redis", f"The cache at {shown(url)}") from missing
    return RedisCache(url)


def _users_own() -> Path:
    """In a folder of its own, which nobody else may look into."""
    import platformdirs

    return platformdirs.user_cache_path("forerun") / "shared" / "cache.sqlite"
