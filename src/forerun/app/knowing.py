"""Which file says what the team knows of a database, and the catalog that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from forerun import knowledge, parsing
from forerun.adapters.databases import file_of
from forerun.domain import Catalog, Knowledge
from forerun.errors import BadSetting

NONE = "none"


def knowledge_file(setting: str | None, url: str) -> Path | None:
    """The file for the database at `url`: the one named, in the folder named, or beside it.

    Raises `BadSetting` where the setting names nothing that is there.
    """
    if setting is not None and setting.strip().lower() == NONE:
        return None
    database = file_of(url)
    if setting is None:
        return knowledge.beside(database) if database is not None else None
    path = Path(setting).expanduser()
    if path.is_dir():
        name = database if database is not None else Path(urlsplit(url).path)
        return knowledge.in_folder(path, name)
    if not path.exists():
        raise BadSetting(
            f"There is no file {path}, which should hold what is known of the database.",
            "Check --knowledge or FORERUN_KNOWLEDGE; `forerun schema --suggest` writes one.",
        )
    return path


def first_version(catalog: Catalog) -> str:
    """A file to begin with, guessed from the catalog; a reader takes it as it is."""
    return knowledge.write(parsing.suggest(catalog), catalog)


@dataclass(frozen=True, slots=True)
class Known:
    """What a file says of a database, as it was read once."""

    said: Knowledge | None
    file: str

    def enrich(self, catalog: Catalog) -> Catalog:
        """The catalog with what the file says."""
        if self.said is None:
            return catalog
        return knowledge.enrich(catalog, knowledge=self.said, file=self.file)


def known_of(file: Path | None) -> Known:
    """The file is read now, whole, or raises `BadKnowledge`."""
    return Known(None if file is None else knowledge.read_file(file), str(file))
