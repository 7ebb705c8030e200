"""CSV, TSV, Parquet and JSON files, and folders of them, as tables of a DuckDB in memory.

A folder gives one table for each data file directly in it, named after the file; subfolders
are not entered, so that a wrong folder costs little. Files are read when the first statement
comes, and again when one has changed, come or gone; then the instance is fenced in as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from forerun.adapters.databases.csv_files import load_csv
from forerun.adapters.databases.duckdb import DuckDBDatabase
from forerun.adapters.databases.duckdb_catalog import literal, quoted
from forerun.adapters.databases.duckdb_instance import Filled, Source
from forerun.adapters.databases.stamps import stamp_of, stamp_of_folder
from forerun.adapters.databases.urls import (
    COMPRESSED_SUFFIXES,
    DATA_SUFFIXES,
    check_name,
    is_data_file,
)
from forerun.errors import UnreadableFile

MOST_FILES = 1_000


def open_files(path: Path) -> DuckDBDatabase:
    """The data file at `path`, or the folder of data files. Loaded with the first statement."""
    _data_files(path)
    source = Source(partial(_load, path), _stamp_of(path), held=None)
    return DuckDBDatabase(_stem(path), source, rows_estimated=False)


def _stamp_of(path: Path) -> Callable[[], str]:
    if path.is_dir():
        return partial(stamp_of_folder, str(path), _is_table)
    return partial(stamp_of, str(path))


@lru_cache(4 * MOST_FILES)  # asked of each file for every version
def _is_table(name: str) -> bool:
    return is_data_file(Path(name)) and not name.startswith(".")


def _data_files(path: Path) -> list[Path]:
    if not path.is_dir():
        check_name(path)
        return [path]
    try:
        files = sorted(file for file in path.iterdir() if _is_table(file.name))
    except OSError as failed:
        raise UnreadableFile(f"The folder {path} cannot be read: {failed.strerror}.") from failed
    if not files:
        raise UnreadableFile(
            f"The folder {path} holds no data files.",
            "It should hold .csv, .tsv, .parquet, .json or .jsonl files; subfolders are not read.",
        )
    if len(files) > MOST_FILES:
        raise UnreadableFile(
            f"The folder {path} holds {len(files)} data files; at most {MOST_FILES} are read.",
            "Put the files that matter into a folder of their own.",
        )
    for file in files:
        check_name(file)
    return files


def table_names(files: Iterable[Path]) -> dict[str, Path]:
    """A table name for each file: its stem with `_` for signs; `_2`, `_3`… where taken.

    >>> list(table_names([Path("2024 Sales.csv"), Path("shop.csv"), Path("shop.parquet")]))
    ['t_2024_Sales', 'shop', 'shop_2']
    """
    names: dict[str, Path] = {}
    taken: set[str] = set()
    for file in files:
        plain = "".join(sign if sign.isalnum() else "_" for sign in _stem(file)).strip("_")
        first = plain if plain and not plain[0].isdigit() else f"t_{plain}".rstrip("_")
        name, count = first, 1
        while name.lower() in taken:
            count += 1
            name = f"{first}_{count}"
        taken.add(name.lower())
        names[name] = file
    return names


def _stem(path: Path) -> str:
    """`sales` of `sales.csv.gz`."""
    stem = path.stem if path.suffix else path.name
    return Path(stem).stem if path.suffix.lower() in COMPRESSED_SUFFIXES else stem


def _load(path: Path, instance: DuckDBPyConnection, _: Filled | None) -> Filled:
    warnings: list[str] = []
    for name, file in table_names(_data_files(path)).items():
        try:
            warnings += _load_table(name, file, instance)
        except duckdb.OutOfMemoryException as full:
            raise UnreadableFile(
                f"{file} does not fit into memory.", "Load it into a DuckDB file and ask that."
            ) from full
        except duckdb.Error as failed:
            raise UnreadableFile(f"{file} cannot be read: {_reason(failed, file)}") from failed
        except OSError as failed:
            raise UnreadableFile(f"{file} cannot be read: {failed.strerror}.") from failed
    return Filled("memory", tuple(warnings))


def _load_table(name: str, file: Path, instance: DuckDBPyConnection) -> tuple[str, ...]:
    if file.stat().st_size == 0:
        raise UnreadableFile(f"{file} is empty.")
    suffix = _format(file)
    if suffix in (".csv", ".tsv"):
        return load_csv(name, file, instance)
    reader = "read_parquet" if suffix == ".parquet" else "read_json_auto"
    instance.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM {reader}({literal(file)})")
    return ()


def _format(file: Path) -> str:
    """`.csv` of `sales.csv.gz`. A file without a telling name was known by its first bytes."""
    suffixes = [s for s in map(str.lower, file.suffixes) if s not in COMPRESSED_SUFFIXES]
    return suffixes[-1] if suffixes and suffixes[-1] in DATA_SUFFIXES else ".parquet"


def _reason(failed: duckdb.Error, file: Path) -> str:
    """DuckDB's words, the file's long name made short, advice and our own SQL left out."""
    words = str(failed).partition("Try ")[0].partition("LINE ")[0].replace(str(file), file.name)
    return " ".join(words.split())
