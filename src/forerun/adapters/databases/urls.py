"""Database URLs and paths as people write them, and as they may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from forerun.adapters.databases.masking import masked
from forerun.errors import BadDatabaseURL, DatabaseNotFound, UnreadableFile

__all__ = ["Engine", "FileTarget", "ServerTarget", "masked", "read_url"]

WHAT_WORKS = (
    "Give a path (shop.duckdb, shop.sqlite, sales.csv, sales.parquet, events.jsonl, or a folder "
    "of such files) or a URL: postgresql://user:password@host:5432/name, "
    "mysql://user:password@host:3306/name, sqlite:///shop.db, duckdb:///shop.duckdb."
)


class Engine(Enum):
    """Who answers."""

    DUCKDB = auto()
    SQLITE = auto()
    FILES = auto()
    POSTGRES = auto()
    MYSQL = auto()
    GENERIC = auto()


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A database file, a data file or a folder of data files."""

    engine: Engine
    path: Path


@dataclass(frozen=True, slots=True)
class ServerTarget:
    """A URL for SQLAlchemy, as it was given: it may hold a password."""

    engine: Engine
    url: str


_SERVERS = {
    "postgresql": Engine.POSTGRES,
    "postgres": Engine.POSTGRES,
    "mysql": Engine.MYSQL,
    "mariadb": Engine.MYSQL,
}
_OTHER_SQLALCHEMY = frozenset(
    {
        "access", "awsathena", "bigquery", "clickhouse", "clickhousedb", "cockroachdb", "crate",
        "databricks", "db2", "dremio", "druid", "exa", "exasol", "firebird", "hana", "hive",
        "ibm_db_sa", "impala", "mssql", "netezza", "oracle", "pinot", "presto", "redshift",
        "snowflake", "starrocks", "sybase", "teradatasql", "trino", "vertica",
    }
)  # fmt: skip
_ENGINE_OF_FILE_SCHEME = {"sqlite": Engine.SQLITE, "duckdb": Engine.DUCKDB}
_READ_ONLY_PARAMETERS = frozenset(
    {("mode", "ro"), ("immutable", "1"), ("read_only", "true"), ("access_mode", "read_only")}
)

DATA_SUFFIXES = frozenset({".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson"})
COMPRESSED_SUFFIXES = frozenset({".gz", ".zst"})
_SQLITE_MAGIC = b"SQLite format 3\0"
_DUCKDB_MAGIC = b"DUCK"  # at byte 8, after a checksum
_PARQUET_MAGIC = b"PAR1"


def read_url(url: str) -> FileTarget | ServerTarget:
    """Who can answer at `url`, without connecting.

    Raises `BadDatabaseURL`, `DatabaseNotFound` (no such file) or `UnreadableFile`.
    """
    url = url.strip()
    if not url:
        raise BadDatabaseURL("No database was named.", WHAT_WORKS)
    scheme, separator, _ = url.partition("://")
    if not separator:
        return _read_path(Path(url).expanduser())
    family, _, driver = scheme.lower().partition("+")
    if family == "file":
        return _read_path(_path_of(url))
    if family in _ENGINE_OF_FILE_SCHEME:
        return _read_file_url(url, _ENGINE_OF_FILE_SCHEME[family])
    return _read_server_url(url, family, driver)


def _read_server_url(url: str, family: str, driver: str) -> ServerTarget:
    if family in _SERVERS:
        engine = _SERVERS[family]
    elif family in _OTHER_SQLALCHEMY or driver:
        engine = Engine.GENERIC
    else:
        raise BadDatabaseURL(f"{masked(url)} has an unknown scheme, {family!r}.", WHAT_WORKS)
    try:
        _ = urlsplit(url).port
    except ValueError as broken:
        raise BadDatabaseURL(
            f"{masked(url)} cannot be read: its host or port is malformed.",
            "Write user:password@host:port, with signs such as @ / # ? : in the password "
            "percent-encoded (@ as %40).",
        ) from broken.with_traceback(None)
    return ServerTarget(engine, url)


def _read_file_url(url: str, engine: Engine) -> FileTarget:
    path = _path_of(url)
    if path.name in ("", ":memory:"):
        raise BadDatabaseURL(
            f"{masked(url)} names no file: a database in memory is always empty here.", WHAT_WORKS
        )
    for parameter in parse_qsl(url.partition("?")[2], keep_blank_values=True):
        if (parameter[0].lower(), parameter[1].lower()) not in _READ_ONLY_PARAMETERS:
            raise BadDatabaseURL(
                f"{masked(url)} has a parameter that is not known here, {parameter[0]!r}.",
                "Leave it out. The file is always opened for reading only.",
            )
    target = _read_path(path)
    if target.engine is not engine:
        raise UnreadableFile(
            f"{path} is not a {engine.name.lower()} database.",
            "Give the path alone and its kind is found out.",
        )
    return target


def _path_of(url: str) -> Path:
    """`scheme:///relative.db`, `scheme:////absolute.db`; `file:///absolute.db`."""
    scheme, _, rest = url.partition("://")
    rest = rest.partition("?")[0]
    if scheme.lower() != "file":
        rest = rest.removeprefix("/")
    path = Path(rest).expanduser()
    return path if path.exists() else Path(unquote(rest)).expanduser()


def _read_path(path: Path) -> FileTarget:
    check_name(path)
    try:
        if path.is_dir():
            return FileTarget(Engine.FILES, path)
        if not path.exists():
            raise DatabaseNotFound(f"There is no file {masked(str(path))}.", WHAT_WORKS)
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as failed:
        raise UnreadableFile(f"{masked(str(path))} cannot be read: {failed.strerror}.") from failed
    return FileTarget(_engine_of(path, head), path)


def _engine_of(path: Path, head: bytes) -> Engine:
    """By content first: a name may say anything. Data files are looked into when they load."""
    if is_data_file(path):
        return Engine.FILES
    if head.startswith(_SQLITE_MAGIC):
        return Engine.SQLITE
    if head[8:12] == _DUCKDB_MAGIC:
        return Engine.DUCKDB
    if head.startswith(_PARQUET_MAGIC):
        return Engine.FILES
    what = "is empty" if not head else "is neither a DuckDB nor an SQLite database"
    raise UnreadableFile(f"{path} {what}.", WHAT_WORKS)


def check_name(path: Path) -> None:
    """Raises `UnreadableFile` for a name that is not UTF-8: no engine here can be told it."""
    try:
        str(path).encode()
    except UnicodeEncodeError as failed:
        name = str(path).encode(errors="backslashreplace").decode()
        raise UnreadableFile(
            f"The name of {masked(name)} is not UTF-8.", "Rename the file, or ask a copy of it."
        ) from failed


def is_data_file(path: Path) -> bool:
    """True when the name says CSV, TSV, Parquet or JSON, compressed or not."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED_SUFFIXES:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in DATA_SUFFIXES
