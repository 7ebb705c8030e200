"""Where the demo database is kept: made once, in the user's cache folder."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from forerun.demo.generator import OnProgress, generate, version
from forerun.errors import Unavailable


def path(on_progress: OnProgress | None = None, folder: Path | None = None) -> Path:
    """The demo database, made on first use (about two seconds).

    The file is written under a passing name and then renamed: nobody ever sees half of it,
    and two processes that start at once both end with a whole one. `folder` is the user's
    cache folder unless named. Raises `Unavailable` where it cannot be written.
    """
    folder = folder or _user_cache()
    target = folder / f"demo-{version()}.duckdb"
    if not target.exists():
        _make(target, on_progress)
    return target


def _make(target: Path, on_progress: OnProgress | None) -> None:
    import duckdb

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".demo-", dir=target.parent) as passing:
            unfinished = Path(passing) / target.name
            generate(unfinished, on_progress)
            _rename(unfinished, target)
    except (OSError, duckdb.IOException) as error:
        raise Unavailable(
            f"The demo database could not be written to {target.parent}: {error}",
            "Make that folder writable, or have the cache elsewhere (XDG_CACHE_HOME on Linux).",
        ) from error


def _rename(unfinished: Path, target: Path) -> None:
    try:
        unfinished.replace(target)
    except PermissionError:  # Windows: another process made it first and has it open
        if not target.exists():
            raise


def _user_cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("forerun")
