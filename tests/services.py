"""Where the real services and the development data are, and what to do where they are not."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

POSTGRES_ADMIN = os.environ.get(
    "FORERUN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)
REDIS = os.environ.get("FORERUN_TEST_REDIS", "redis://127.0.0.1:6379/0")
MYSQL_ADMIN = os.environ.get("FORERUN_TEST_MYSQL", "mysql://root@127.0.0.1:3306/")


def missing(what: str) -> None:
    """Skip, saying so; or fail, where the services must be there."""
    if os.environ.get("FORERUN_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} does not answer, and FORERUN_REQUIRE_SERVICES=1")
    pytest.skip(f"{what} does not answer on this machine")


def development_data() -> Path:
    """The folder of development questions and databases."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FORERUN_DATA", beside))
    if not (folder / "questions.jsonl").exists():
        pytest.skip("no development data: set FORERUN_DATA to its folder")
    return folder


@dataclass(frozen=True)
class Scratch:
    """An empty database of one test module's own. URLs are complete."""

    name: str
    owner_url: str
    """May do everything in it: for filling it."""
    reader_url: str
    """The least-privilege role that docs/security.md describes; sees what the owner grants."""
    reader: str
    """Name of that role."""


def scratch_name() -> str:
    return f"forerun_{uuid.uuid4().hex[:10]}"


def scratch_postgres() -> Iterator[Scratch]:
    """A fresh PostgreSQL database with a read-only role; dropped afterwards."""
    import psycopg
    from psycopg import conninfo, sql

    try:
        admin = psycopg.connect(POSTGRES_ADMIN, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        missing("PostgreSQL")
        return
    name = scratch_name()
    reader = f"{name}_reader"
    database, role = sql.Identifier(name), sql.Identifier(reader)
    parts = conninfo.conninfo_to_dict(POSTGRES_ADMIN)
    where = f"{parts.get('host', '127.0.0.1')}:{parts.get('port', 5432)}/{name}"
    password = f":{parts['password']}" if parts.get("password") else ""
    owner_url = f"postgresql://{parts['user']}{password}@{where}"
    try:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(database))
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret-word'").format(role))
        with psycopg.connect(owner_url, autocommit=True) as owner:
            owner.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
            owner.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
            owner.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
            owner.execute(
                sql.SQL(
                    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {}"
                ).format(role)
            )
        yield Scratch(name, owner_url, f"postgresql://{reader}:secret-word@{where}", reader)
    finally:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        admin.close()


def scratch_mysql() -> Iterator[Scratch]:
    """A fresh MySQL/MariaDB database with a read-only user; dropped afterwards."""
    from urllib.parse import urlsplit

    import pymysql

    at = urlsplit(MYSQL_ADMIN)
    host, port = at.hostname or "127.0.0.1", at.port or 3306
    try:
        admin = pymysql.connect(
            host=host, port=port, user=at.username, password=at.password or "", connect_timeout=5
        )
    except pymysql.err.OperationalError:
        missing("MySQL or MariaDB")
        return
    name = scratch_name()
    reader = f"{name[:12]}_{name[-6:]}_r"
    secret = f":{at.password}" if at.password else ""
    try:
        with admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}`")
            cursor.execute(f"CREATE USER `{reader}`@`%` IDENTIFIED BY 'secret-word'")
            cursor.execute(f"GRANT SELECT, SHOW VIEW ON `{name}`.* TO `{reader}`@`%`")
        where = f"{host}:{port}/{name}"
        yield Scratch(
            name,
            f"mysql://{at.username}{secret}@{where}",
            f"mysql://{reader}:secret-word@{where}",
            reader,
        )
    finally:
        with admin.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            cursor.execute(f"DROP USER IF EXISTS `{reader}`@`%`")
        admin.close()


def postgres_programs() -> Callable[..., None]:
    """Runs a program of the PostgreSQL server by its name; never as root, which it refuses."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [
        Path(which).parent for which in [shutil.which("initdb")] if which
    ]
    if not found:
        missing("A PostgreSQL server program (initdb)")
    # Its own user may not enter a folder of root's.
    server = "postgres" if os.geteuid() == 0 else None

    def run(program: str, *arguments: str) -> None:
        command = [str(found[-1] / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", user=server, group=server)

    return run


@contextmanager
def postgres_with_passwords(password: str) -> Iterator[str]:
    """A PostgreSQL server of its own that asks every login for its password; gives its port."""
    programs = postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="forerun_pg_"))
    (folder / "password").write_text(password)
    if os.geteuid() == 0:
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def run(program: str, *arguments: str) -> None:
        programs(program, "-D", str(folder / "data"), *arguments)

    options = f"-p {port} -c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    log, words = str(folder / "log"), str(folder / "password")
    try:
        run("initdb", "--no-sync", "-U", "ann", "-A", "scram-sha-256", "--pwfile", words)
        run("pg_ctl", "-w", "-l", log, "-o", options, "start")
        yield port
    finally:
        with suppress(subprocess.CalledProcessError):
            run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def scratch_redis() -> Iterator[str]:
    """A beginning of keys that nobody else uses, in the Redis that is there; emptied afterwards."""
    from redis import Redis
    from redis.exceptions import ConnectionError as Unreachable

    with Redis.from_url(REDIS) as client:
        try:
            client.ping()
        except Unreachable:
            missing("Redis")
        prefix = scratch_name()
        yield prefix
        for key in client.scan_iter(f"{prefix}:*", count=1_000):
            client.delete(key)


class RedisServer:
    """A Redis server of a test's own, on a free port; may be killed, stopped and started again."""

    def __init__(self, *options: str) -> None:
        self._program = shutil.which("redis-server") or ""
        if not self._program:
            missing("A Redis server program (redis-server)")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        from redis import Redis
        from redis.exceptions import ConnectionError as Unreachable

        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen([*command, *self._options], stdout=subprocess.DEVNULL)
        with Redis.from_url(self.url) as client:
            for _ in range(400):
                with suppress(Unreachable):
                    client.ping()
                    return
                time.sleep(0.05)
        pytest.fail("a Redis server of the test's own did not start")

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """As the kernel does, without a word. Safe to call twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """One that runs, and is gone afterwards."""
    server = RedisServer(*options)
    try:
        server.start()
        yield server
    finally:
        server.kill()
