"""Where the file of a database lies when nobody says so."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".forerun.yaml"


def beside(database: Path) -> Path | None:
    """`sales.duckdb.forerun.yaml`, else `sales.forerun.yaml`, next to `sales.duckdb`."""
    return in_folder(database.absolute().parent, database.absolute())


def in_folder(folder: Path, database: Path) -> Path | None:
    """The file in `folder` that is named for `database`, whole or without its suffix."""
    names = (database.name, database.stem)
    candidates = (folder / f"{name}{SUFFIX}" for name in names if name)
    return next((candidate for candidate in candidates if candidate.is_file()), None)
