"""What is opened: the database that a name stands for, and the rollout that settings ask for."""

from __future__ import annotations

from hashlib import blake2b
from os import PathLike, fspath
from typing import TYPE_CHECKING

from forerun import demo
from forerun.adapters.databases import whereabouts
from forerun.app.settings import Settings

if TYPE_CHECKING:
    from forerun.app.rolling_out import RollingOut

DEMO = "demo"


def url_of(database: str | PathLike[str]) -> str:
    """The URL or path; of the demo, where that is. It is made first if need be."""
    return str(demo.path()) if database == DEMO else fspath(database)


def place_of(url: str) -> str:
    """Tells the database at `url` from all others, whoever logs in there. Holds no secret."""
    place = DEMO if url == DEMO else whereabouts(url)
    return blake2b(place.encode(), digest_size=10).hexdigest()


def rollout_of(settings: Settings) -> RollingOut | None:
    """Loading it takes a while: only where somebody has something to say."""
    if settings.flags is None and not settings.flag_variables:
        return None
    from forerun.app.rolling_out import open_rollout

    return open_rollout(settings)
