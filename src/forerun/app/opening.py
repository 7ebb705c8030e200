"""What is opened: the database that a name stands for, and the rollout that settings ask for."""

from __future__ import annotations

from os import PathLike, fspath
from typing import TYPE_CHECKING

from forerun import demo
from forerun.app.settings import Settings

if TYPE_CHECKING:
    from forerun.app.rolling_out import RollingOut

DEMO = "demo"


def url_of(database: str | PathLike[str]) -> str:
    """The URL or path; of the demo, where that is. It is made first if need be."""
    return str(demo.path()) if database == DEMO else fspath(database)


def rollout_of(settings: Settings) -> RollingOut | None:
    """Loading it takes a while: only where somebody has something to say."""
    if settings.flags is None and not settings.flag_variables:
        return None
    from forerun.app.rolling_out import open_rollout

    return open_rollout(settings)
