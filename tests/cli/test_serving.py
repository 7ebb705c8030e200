"""`serve` and `config` as processes: their words, their refusals, and their end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest

from forerun.adapters.stores import open_sql
from forerun.app.serving.tables import LAYOUT
from tests.cli.conftest import Run
from tests.services import redis_server

COMMAND = [sys.executable, "-m", "forerun.cli"]
QUESTION = {"question": "How many customers are there per region?"}


def ran(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=folder, timeout=120
    )


def test_the_configuration_is_checked_and_shown(
    forerun: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check` names what is wrong and leaves with 2; `show` says what is in force and why."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "forerun.toml"
    file.write_text('[databases.demo]\nurl = "demo"\n[serve]\nport = 9000\n')
    good = forerun("config", "check")
    assert (good.status, "can be used: forerun.toml" in good.out) == (0, True)
    shown = json.loads(forerun("config", "show", "--json").out)
    assert shown["serve"]["port"] == {"value": 9000, "source": "file"}
    assert shown["databases.demo"]["url"] == {"value": "demo", "source": "file"}
    file.write_text("[serve]\nprot = 9000\n")
    bad = forerun("config", "check")
    assert bad.status == 2
    assert "[serve] has no 'prot'" in bad.err
    assert "Did you mean port?" in bad.err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('[databases.shop]\nurl = "nosuch.sqlite"\n', "There is no file nosuch.sqlite"),
        ('[databases.demo]\nurl = "demo"\n[serve]\nredis = "http://x"\n', "no address of a Redis"),
        ('[databases.demo]\nurl = "demo"\n[settings]\nmodel = "nosuch:x"\n', "no model nosuch:x"),
    ],
    ids=["file", "redis", "model"],
)
def test_what_the_service_would_end_with_is_told_before_it_is_started(
    forerun: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, said: str
) -> None:
    """A file that is not there, an address that is none, a model of no provider."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "forerun.toml").write_text(wrong)
    checked = forerun("config", "check")
    assert (checked.status, said in checked.err) == (2, True)


def test_a_state_that_a_newer_version_has_brought_further_is_told_at_the_start(
    forerun: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `serve` and by `config check`; not with the first answer that cannot be kept."""
    monkeypatch.chdir(tmp_path)
    state = tmp_path / "state.sqlite"
    (tmp_path / "forerun.toml").write_text(
        f'[databases.demo]\nurl = "demo"\n[serve]\nport = 0\nstate = "{state}"\n'
    )

    async def brought_further() -> None:
        store = open_sql(str(state), replace(LAYOUT, version=LAYOUT.version + 1))
        await store.read(lambda tx: tx.rows("SELECT 1"))
        await store.aclose()

    anyio.run(brought_further)
    for command in (("serve",), ("config", "check")):
        told = forerun(*command)
        assert told.status != 0
        assert "a newer Forerun has brought it to version" in told.err
        assert "Update this Forerun" in told.err


def test_a_service_that_must_not_be_is_not_started(
    forerun: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several workers without Redis, and an address that others reach, without keys."""
    monkeypatch.chdir(tmp_path)
    several = forerun("serve", "--db", "demo", "--workers", "2")
    assert (several.status, "need Redis" in several.err) == (2, True)
    monkeypatch.setenv("FORERUN_AUTH_KEYS", str(tmp_path / "access.sqlite"))
    everywhere = forerun("serve", "--db", "demo", "--host", "0.0.0.0")  # noqa: S104
    assert (everywhere.status, "Nobody is asked for a key" in everywhere.err) == (2, True)


def test_a_service_that_cannot_be_opened_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words and with what to do, and nothing else: a database that there is not, also where
    there would be several workers, none of which is then started; and a place where nothing can be
    kept."""
    monkeypatch.setenv("FORERUN_AUTH_KEYS", str(tmp_path / "access.sqlite"))
    monkeypatch.setenv("FORERUN_SERVE_STATE", str(tmp_path))
    folder = ran("serve", "--db", "demo", "--port", "0", folder=tmp_path)
    assert (folder.returncode, "It is a folder" in folder.stderr) == (2, True)
    monkeypatch.setenv("FORERUN_SERVE_STATE", "memory")
    one = ran("serve", "--db", "nosuch.duckdb", "--port", "0", folder=tmp_path)
    monkeypatch.setenv("FORERUN_SERVE_STATE", str(tmp_path / "state.sqlite"))
    monkeypatch.setenv("FORERUN_SERVE_REDIS", "redis://127.0.0.1:1/0")
    job = ("serve", "--db", "nosuch.duckdb", "--port", "0", "--workers", "2")
    for missing in (one, ran(*job, folder=tmp_path)):
        assert missing.returncode == 2
        what, next_, *more = missing.stderr.splitlines()
        assert what == "Error: There is no file nosuch.duckdb."
        assert next_.startswith("Give a path")
        assert (more, missing.stdout) == ([], "")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_broken_flag_file_is_told_of_before_the_service_listens(
    tmp_path: Path, workers: str
) -> None:
    """However many processes there are: it names the file and the place, and says what holds
    meanwhile. The service begins all the same."""
    (tmp_path / "flags.json").write_text('{"flags": ')
    file = tmp_path / "forerun.toml"
    file.write_text(
        '[settings]\nflags = "flags.json"\n[serve]\nredis = "redis://127.0.0.1:1/0"\n'
        f'state = "{tmp_path / "state.sqlite"}"\n[auth]\nkeys = "{tmp_path / "keys.sqlite"}"\n'
    )
    job = ("serve", "--db", "demo", "--port", "0", "--workers", workers, "--config", str(file))
    with subprocess.Popen(
        [*COMMAND, *job],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    ) as process:
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            assert "listens" in process.stdout.readline()
            assert process.poll() is None
        finally:
            process.terminate()
    assert told.startswith("Warning: flags.json is no readable JSON: line 1")
    assert "every flag is its default" in told


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A running service and a client; ended afterwards, whatever happens."""
    environment = {
        **os.environ,
        "FORERUN_SERVE_STATE": str(folder / "state.sqlite"),
        "FORERUN_AUTH_KEYS": str(folder / "access.sqlite"),
    }
    with subprocess.Popen(
        [*COMMAND, "serve", "--db", "demo", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address is not None
            with _connecting_anew() as client:
                client.base_url = address[0]
                _wait_until_ready(client)
                yield process, client
        finally:
            process.kill()


def _connecting_anew() -> httpx.Client:
    """A connection for each request."""
    return httpx.Client(verify=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))  # noqa: S501


def _wait_until_ready(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("the service did not become ready")


@pytest.mark.slow
def test_a_service_answers_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """It warns that it asks for no key, answers, and leaves with 0 on SIGTERM; what it tells of the
    question is a line, and a trace for the command line."""
    with serving(tmp_path, "--log-format", "json") as (process, client):
        answer = client.post("/v1/ask", json=QUESTION)
        assert answer.json()["status"] == "answered"
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0
    assert "nobody is asked for a key" in said
    assert "Traceback" not in said
    [line] = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert (line["event"], line["trace_id"]) == ("question", answer.json()["trace_id"])
    kept = str(tmp_path / "state.sqlite.telemetry.sqlite")
    assert line["trace_id"] in ran("traces", "list", "--store", kept, folder=tmp_path).stdout


@pytest.mark.slow
def test_several_workers_answer_for_each_other(tmp_path: Path) -> None:
    """Behind one port: whichever process a request comes to, the answer is there; and all of them
    end when the first is told to."""
    with (
        redis_server() as redis,
        serving(tmp_path, "--workers", "2", "--config", _config(tmp_path, redis.url)) as (
            process,
            client,
        ),
    ):
        answer = client.post("/v1/ask", json=QUESTION).json()
        assert answer["status"] == "answered"
        time.sleep(0.5)
        for _ in range(12):  # a connection each: they spread over the processes
            read = client.get(f"/v1/ask/{answer['trace_id']}/stream")
            assert "event: answer" in read.text
        _wait_until_both_are_counted(client)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def _wait_until_both_are_counted(client: httpx.Client) -> None:
    """Whichever is scraped tells of the other, too."""
    for _ in range(100):
        text = client.get("/metrics").text
        workers = set(re.findall(r'forerun_in_flight{worker="(\d+)"}', text))
        if len(workers) == 2 and "forerun_questions_total{" in text:
            return
        time.sleep(0.1)
    pytest.fail("a worker does not tell of the other")


def _config(folder: Path, redis: str) -> str:
    file = folder / "several.toml"
    file.write_text(f'[serve]\nredis = "{redis}"\n')
    return str(file)
