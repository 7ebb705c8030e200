"""Which file says what the team knows of a database, and the catalog that it makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from forerun import knowledge, parsing
from forerun.adapters.databases import file_of
from forerun.domain import Catalog
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


def digest(file: Path | None) -> str:
    """Of what the file says now; empty without one. Raises `BadKnowledge` as reading it does."""
    if file is None:
        return ""
    return repr(knowledge.read_file(file))


def first_version(catalog: Catalog) -> str:
    """A file to begin with, guessed from the catalog; a reader takes it as it is."""
    return knowledge.write(parsing.suggest(catalog), catalog)


def enriching(file: Path | None) -> Callable[[Catalog], Catalog]:
    """Gives a catalog what the file says. The file is read now, whole, or raises `BadKnowledge`."""
    if file is None:
        return lambda catalog: catalog
    known = knowledge.read_file(file)
    return partial(knowledge.enrich, knowledge=known, file=str(file))
