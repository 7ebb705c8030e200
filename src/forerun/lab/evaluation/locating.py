"""Which file is which database: found by name under a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forerun.errors import BadInput
from forerun.lab.evaluation.reading import Item, read_lines

DIALECTS = {".sqlite": "sqlite", ".duckdb": "duckdb", ".sql": "postgres"}
"""A `.sql` file is a dump to be loaded into PostgreSQL."""
MANIFEST = "databases.jsonl"
"""Names the file of a database that is not called after it: `{"db": …, "path": …}` lines."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file that holds a database, and its changed copies by name (`v1`, …)."""

    path: Path
    dialect: str
    variants: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """Every database file under a folder, by (name, dialect)."""

    files: Mapping[tuple[str, str], Path]
    variants: Mapping[str, Mapping[str, Path]]

    def of(self, item: Item) -> Source | None:
        """The database that `item` asks about, or None where there is no such file."""
        dialects = (item.dialect,) if item.dialect else tuple(DIALECTS.values())
        for dialect in dialects:
            path = self.files.get((item.db, dialect))
            if path:
                return Source(path, dialect, self.variants.get(item.db, {}))
        return None


def find_sources(databases: Path, variants: Path | None = None) -> Sources:
    """Look under `databases`, and under `variants` (by default `variants/` in it or above it)."""
    if not databases.is_dir():
        raise BadInput(f"{databases} is no folder.", "Name the folder that holds the databases.")
    if variants is not None and not variants.is_dir():
        raise BadInput(f"{variants} is no folder.", "Name the folder of changed copies.")
    near = _near(databases)
    found = variants or next((f / "variants" for f in near if (f / "variants").is_dir()), None)
    files = _listed(near) | _named(databases)
    return Sources(files, _variants(found) if found else {})


def _near(folder: Path) -> tuple[Path, ...]:
    """The folder, the one it is in, and the one above that."""
    return (folder, *folder.resolve().parents[:2])


def _named(folder: Path) -> dict[tuple[str, str], Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in DIALECTS)
    return {(path.stem, DIALECTS[path.suffix]): path for path in found}


def _listed(folders: Iterable[Path]) -> dict[tuple[str, str], Path]:
    manifest = next((f / MANIFEST for f in folders if (f / MANIFEST).is_file()), None)
    if manifest is None:
        return {}
    listed = {}
    for line in read_lines(manifest):
        path = manifest.parent / line.text("path")
        if path.suffix in DIALECTS and path.is_file():
            listed[line.text("db"), DIALECTS[path.suffix]] = path
    return listed


def _variants(folder: Path) -> dict[str, dict[str, Path]]:
    """`<db>.<variant>.sqlite` files, by database and variant."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*.v*.sqlite")):
        db, _, variant = path.stem.rpartition(".")
        found.setdefault(db, {})[variant] = path
    return found
