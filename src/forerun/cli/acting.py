"""Who acts, and on which files: what the commands of flags and experiments have in common."""

from __future__ import annotations

import getpass
from dataclasses import replace

from forerun.app.settings import Settings


def who_acts(given: str | None) -> str:
    """A container's user need not have a name; that must not keep anybody from a kill."""
    if given is not None and given.strip():
        return given.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def settings_for(flags: str | None, experiments: str | None = None) -> Settings:
    """The environment's, but for what options name."""
    settings = Settings.read()
    return replace(
        settings,
        flags=settings.flags if flags is None else flags,
        experiments=settings.experiments if experiments is None else experiments,
    )
