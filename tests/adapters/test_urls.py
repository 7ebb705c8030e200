"""URLs and paths as people write them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.adapters.databases import connect
from forerun.adapters.databases.urls import Engine, FileTarget, ServerTarget, masked, read_url
from forerun.errors import (
    BadDatabaseURL,
    BadInput,
    DatabaseNotFound,
    MissingExtra,
    UnreadableFile,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one file of each kind, by telling and by other names."""
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.sqlite")) as connection:
        connection.execute("CREATE TABLE t (a)")
    with duckdb.connect("shop.duckdb") as instance:
        instance.execute("CREATE TABLE t (a INT); COPY t TO 'shop.parquet'")
    for source, other in (
        ("shop.sqlite", "s.db"),
        ("shop.sqlite", "my shop"),
        ("shop.duckdb", "d.db"),
        ("shop.parquet", "part-0"),
    ):
        Path(other).write_bytes(Path(source).read_bytes())
    Path("a.csv").write_text("a\n1\n")
    Path("some").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("url", "engine", "path"),
    [
        ("shop.sqlite", Engine.SQLITE, "shop.sqlite"),
        ("shop.duckdb", Engine.DUCKDB, "shop.duckdb"),
        ("s.db", Engine.SQLITE, "s.db"),
        ("d.db", Engine.DUCKDB, "d.db"),
        ("part-0", Engine.FILES, "part-0"),
        ("a.csv", Engine.FILES, "a.csv"),
        ("some", Engine.FILES, "some"),
        ("./some/", Engine.FILES, "some"),
        (" shop.sqlite ", Engine.SQLITE, "shop.sqlite"),
        ("sqlite:///shop.sqlite", Engine.SQLITE, "shop.sqlite"),
        ("SQLite:///s.db", Engine.SQLITE, "s.db"),
        ("sqlite+pysqlite:///s.db?mode=ro", Engine.SQLITE, "s.db"),
        ("sqlite:///{folder}/s.db", Engine.SQLITE, "s.db"),
        ("sqlite:////{folder}/s.db", Engine.SQLITE, "s.db"),
        ("sqlite:///my%20shop", Engine.SQLITE, "my shop"),
        ("sqlite:///my shop", Engine.SQLITE, "my shop"),
        ("duckdb:///d.db?access_mode=READ_ONLY", Engine.DUCKDB, "d.db"),
        ("file://{folder}/a.csv", Engine.FILES, "a.csv"),
    ],
)
def test_files(folder: Path, url: str, engine: Engine, path: str) -> None:
    """What a file is shows in its first bytes, whatever it is called and however it is written."""
    target = read_url(url.format(folder=folder))
    assert isinstance(target, FileTarget)
    assert target.engine is engine
    assert target.path.samefile(folder / path)


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("postgresql://ann:pw@db.example:5432/shop", Engine.POSTGRES),
        ("postgres://db.example/shop", Engine.POSTGRES),
        ("postgresql+psycopg://ann@db.example/shop?sslmode=require", Engine.POSTGRES),
        ("mysql://ann:pw@db.example/shop", Engine.MYSQL),
        ("mariadb+pymysql://ann@db.example/shop", Engine.MYSQL),
        ("mssql+pyodbc://ann@server/shop", Engine.GENERIC),
        ("snowflake://ann@account/shop", Engine.GENERIC),
        ("strange+driver://place", Engine.GENERIC),
    ],
)
def test_servers(url: str, engine: Engine) -> None:
    """Server URLs are handed on as they are."""
    assert read_url(url) == ServerTarget(engine, url)


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("", BadDatabaseURL, "No database"),
        ("nope://x", BadDatabaseURL, "unknown scheme, 'nope'"),
        ("postgresql://ann:s3cret@host:port/x", BadDatabaseURL, "malformed"),
        ("postgresql://ann:s3cret@[::1/x", BadDatabaseURL, "malformed"),
        ("sqlite://", BadDatabaseURL, "names no file"),
        ("sqlite:///:memory:", BadDatabaseURL, "names no file"),
        ("sqlite:///s.db?mode=rwc", BadDatabaseURL, "'mode'"),
        ("sqlite:///d.db", UnreadableFile, "not a sqlite database"),
        ("missing.sqlite", DatabaseNotFound, "no file missing.sqlite"),
        ("sqlite:///missing.sqlite", DatabaseNotFound, "no file missing.sqlite"),
        ("Server=x;Pwd=s3cret", DatabaseNotFound, "Pwd=***"),
        ("host=x password=s3cret", DatabaseNotFound, "password=***"),
        ("nul\0byte.db", DatabaseNotFound, "There is no file"),
        ("x" * 5000, UnreadableFile, "cannot be read"),
        ("text.db", UnreadableFile, "neither a DuckDB nor an SQLite"),
        ("empty.sqlite", UnreadableFile, "is empty"),
    ],
)
def test_what_cannot_be_read(folder: Path, url: str, error: type[BadInput], says: str) -> None:
    """Each mistake is told as what it is, without passwords."""
    (folder / "text.db").write_text("just some text, really")
    (folder / "empty.sqlite").touch()
    with pytest.raises(error) as told:
        connect(url)
    assert says in told.value.message
    assert "s3cret" not in f"{told.value.message} {told.value.hint}"


@pytest.mark.parametrize(
    ("url", "extra"),
    [("postgresql://x/y", "postgres"), ("mysql://x/y", "mysql"), ("trino://x/y", "sqlalchemy")],
)
def test_missing_driver(url: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that is not installed is named by the extra that brings it."""
    for module in ("sqlalchemy", "psycopg", "pymysql"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    for module in [m for m in __import__("sys").modules if m.startswith("forerun.adapters")]:
        if any(name in module for name in ("postgres", "mysql", "generic", "server")):
            monkeypatch.delitem(__import__("sys").modules, module)
    with pytest.raises(MissingExtra, match="optional part") as told:
        connect(url)
    assert f"forerun[{extra}]" in (told.value.hint or "")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:pw@db/shop", "postgresql://ann:***@db/shop"),
        ("postgresql://ann@db/shop", "postgresql://ann@db/shop"),
        ("postgresql://db/shop", "postgresql://db/shop"),
        ("postgresql://:pw@db/shop", "postgresql://:***@db/shop"),
        ("mysql://ann:p@ss/w?x#y@db/shop", "mysql://ann:***@db/shop"),
        ("postgresql://db/s?user=ann&password=pw", "postgresql://db/s?user=ann&password=***"),
        ("snowflake://db/s?private_key=k&role=r", "snowflake://db/s?private_key=***&role=r"),
        ("shop.sqlite", "shop.sqlite"),
        ("Server=x;Database=y;Pwd={pw};", "Server=x;Database=y;Pwd=***;"),
        ("host=x password='p w' dbname=y", "host=x password=*** dbname=y"),
        ("ann:p:w@db/shop", "ann:***@db/shop"),
        ("mysql:/ann:pw@db/shop", "mysql:***@db/shop"),
        ("exports/me@home#1.csv", "exports/me@home#1.csv"),
    ],
)
def test_masked(url: str, shown: str) -> None:
    """Everything but the secret stays readable."""
    assert masked(url) == shown


@given(st.text(min_size=4).map(lambda noise: f"pw{noise}wp"))
def test_no_password_is_ever_shown(password: str) -> None:
    """However oddly a password is made up, escaped or not, nothing of it comes through."""
    assert password not in masked(f"postgresql://ann:{password}@db.example/shop?sslmode=require")
    assert masked(f"mysql://ann:{password}@db/shop") == "mysql://ann:***@db/shop"


@pytest.mark.parametrize("place", ["db/shop", "ann@db/shop", "db:5432/shop", "ann:x@db:5432/shop"])
@pytest.mark.parametrize("secret", ["pw@wp", "p:w@wp", "p@w@wp"])
def test_no_secret_parameter_with_an_at_sign_is_taken_for_a_host(place: str, secret: str) -> None:
    """What follows the sign is the secret's end, and not where the database is."""
    shown = masked(f"postgresql://{place}?password={secret}&sslmode=require")
    assert "wp" not in shown
    assert "p:w" not in shown
    assert shown.startswith("postgresql://" + place.partition(":")[0])
