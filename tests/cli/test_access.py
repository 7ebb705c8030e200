"""`forerun keys` and `forerun audit` as somebody at a shell sees them."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import anyio
import pytest

from forerun.access.audit import AuditLog, Trail
from forerun.access.audit.records import Act
from forerun.access.audit.refusals import IN_FULL
from forerun.access.key_text import read_key
from forerun.access.tables import LAYOUT
from forerun.adapters.stores import open_sql
from tests.access.asking import ANN, asked
from tests.cli.conftest import Run


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "access.sqlite")


@pytest.fixture
def audited(place: str) -> str:
    """A place where three questions are written down."""

    async def write() -> None:
        store = open_sql(place, LAYOUT)
        audit = AuditLog(Trail(store))
        for number, tenant in enumerate(["blue", "red", "[bold]blue[/]"]):
            audit.note(asked(f"question {number}\x1b[31m", tenant))
        await audit.flush()
        await store.aclose()

    anyio.run(write)
    return place


def test_a_key_for_a_database_that_is_not_configured_is_warned_of(
    forerun: Run, place: str, tmp_path: Path
) -> None:
    """It may be misspelled, and would open nothing; it is made all the same, since `serve --db` may
    name it. Without a configuration nothing is said."""
    config = tmp_path / "forerun.toml"
    config.write_text('[databases.shop]\nurl = "demo"\n')
    create = ("keys", "create", "--name", "k", "--store", place, "--database")
    wrong = forerun(*create, "shp", "--config", str(config))
    assert read_key(wrong.out.strip()) is not None
    assert "no database shp, only shop" in wrong.err
    for right in (("shop", "--config", str(config)), ("shp", "--config", os.devnull)):
        assert "Note" not in forerun(*create, *right).err


def test_a_key_is_shown_once_and_listed_without_its_text(forerun: Run, place: str) -> None:
    """In a pipe the key alone is on standard output."""
    made = forerun("keys", "create", "--name", "dashboard", "--store", place)
    text = made.out.strip()
    key = read_key(text)
    assert made.status == 0
    assert key is not None
    assert key.id in made.err
    assert "shown this once" in made.err
    listed = forerun("keys", "list", "--store", place)
    assert "dashboard" in listed.out
    assert text not in listed.out
    revoked = forerun("keys", "revoke", key.id, "--store", place)
    assert "within 5 s" in revoked.out
    assert "revoked" in forerun("keys", "list", "--store", place).out
    assert forerun("keys", "revoke", "nobody", "--store", place).status == 2


def test_a_key_has_all_that_the_options_give_it(forerun: Run, place: str) -> None:
    """As JSON, with the text beside it."""
    options = (
        "--scope ask --scope admin --tenant blue --user ann --database shop --database hr",
        "--attribute region=North --attribute team=a=b --expires-in 30d --per-minute 60",
        "--tokens-per-day 1000 --usd-per-day 2.5 --json",
    )
    words = " ".join(options).split()
    made = json.loads(forerun("keys", "create", "--name", "x", "--store", place, *words).out)
    assert read_key(made.pop("key")) is not None
    [listed] = json.loads(forerun("keys", "list", "--store", place, "--json").out)["keys"]
    assert listed == made
    times = {name: made.pop(name) for name in ("id", "created_at", "expires_at")}
    assert times["expires_at"] > times["created_at"]
    assert made == {
        "name": "x",
        "tenant": "blue",
        "user": "ann",
        "scopes": ["admin", "ask"],
        "databases": ["hr", "shop"],
        "attributes": {"region": "North", "team": "a=b"},
        "per_minute": 60,
        "tokens_per_day": 1000,
        "usd_per_day": 2.5,
        "revoked_at": None,
    }


@pytest.mark.parametrize(
    "options",
    [
        ["--scope", "root"],
        ["--attribute", "region"],
        ["--attribute", "a=1", "--attribute", "a=2"],
        ["--expires-in", "soon"],
        ["--expires-in", "0d"],
        ["--tenant", " "],
        ["--store", "memory"],
        ["--store", "mysql://x"],
    ],
)
def test_options_that_cannot_be_are_told_and_make_no_key(
    forerun: Run, place: str, options: list[str]
) -> None:
    """With what to write instead."""
    done = forerun("keys", "create", "--name", "x", "--store", place, *options)
    assert done.status == 2
    assert done.out == ""
    assert done.err.count("\n") == 2
    assert "no key yet" in forerun("keys", "list", "--store", place).out


def test_the_audit_log_shows_who_asked_what(forerun: Run, audited: str) -> None:
    """The latest first; no words of a stranger steer the terminal."""
    shown = forerun("audit", "list", "--store", audited)
    assert shown.status == 0
    _, *lines = shown.out.splitlines()
    assert [line.partition("question ")[2][0] for line in lines] == ["2", "1", "0"]
    assert "\x1b" not in shown.out
    assert "[bold]blue[/]" in shown.out
    blue = forerun("audit", "list", "--store", audited, "--tenant", "blue", "--json")
    [line] = json.loads(blue.out)["lines"]
    assert line["body"]["statements"][1]["outcome"] == "cancelled"
    since = forerun("audit", "list", "--store", audited, "--since", "2099-01-01")
    assert "Nothing has been asked" in since.out
    assert forerun("audit", "list", "--store", audited, "--since", "x").status == 2


def test_the_audit_log_shows_what_was_done_beside_questions(forerun: Run, place: str) -> None:
    """With what came of it, between the questions."""

    async def write() -> None:
        store = open_sql(place, LAYOUT)
        audit = AuditLog(Trail(store))
        audit.note_act(Act("feedback", "1", "shop", "How many?", "DROP x", "sql_refused"), ANN)
        await audit.flush()
        await store.aclose()

    anyio.run(write)
    shown = forerun("audit", "list", "--store", place)
    assert all(word in shown.out for word in ("ann", "shop", "How many?", "feedback (sql_refused)"))


def test_the_audit_log_shows_how_many_tries_were_refused(forerun: Run, place: str) -> None:
    """Of those that have no line of their own: whose, and why."""

    async def write() -> None:
        store = open_sql(place, LAYOUT)
        audit = AuditLog(Trail(store))
        for _ in range(IN_FULL + 41):
            audit.note_act(Act("schema_read", error_code="rate_limited"), ANN)
        await audit.finish()
        await store.aclose()

    anyio.run(write)
    shown = forerun("audit", "list", "--store", place)
    [line] = [line for line in shown.out.splitlines() if "further tries" in line]
    assert all(word in line for word in ("blue", "ann (k1)", "41 × rate_limited"))


def test_a_log_that_was_changed_is_told(forerun: Run, audited: str) -> None:
    """With the line where it breaks; one that holds, with its last hash."""
    holds = forerun("audit", "verify", "--store", audited)
    assert holds.status == 0
    assert "3 lines, 1 to 3" in holds.out
    told = json.loads(forerun("audit", "verify", "--store", audited, "--json").out)
    assert told["last_hash"] in holds.out
    with sqlite3.connect(audited) as db:
        db.execute("UPDATE audit SET body = 'x' WHERE number = 2")
    db.close()
    broken = forerun("audit", "verify", "--store", audited)
    assert broken.status == 1
    assert "breaks at line 2" in broken.err
    assert (
        json.loads(forerun("audit", "verify", "--store", audited, "--json").out)["holds"] is False
    )
    unreadable = forerun("audit", "list", "--store", audited)
    assert unreadable.status == 1
    assert "Line 2" in unreadable.err


def test_an_empty_log_holds(forerun: Run, place: str) -> None:
    """There is nothing to be wrong."""
    assert "Nothing has been asked" in forerun("audit", "verify", "--store", place).out


def test_keys_and_the_audit_log_are_where_the_configuration_says(
    forerun: Run, audited: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of --config, of FORERUN_CONFIG, or of forerun.toml here; --store has the last word."""
    file, elsewhere = tmp_path / "forerun.toml", str(tmp_path / "elsewhere.sqlite")
    file.write_text(f'[auth]\nkeys = "{audited}"\nremember_s = 7\n')
    for name in ("create", "list"):
        more = ["--name", "dashboard"] if name == "create" else []
        assert forerun("keys", name, *more, "--config", str(file)).status == 0
    [key] = json.loads(forerun("keys", "list", "--config", str(file), "--json").out)["keys"]
    assert json.loads(forerun("keys", "list", "--store", audited, "--json").out)["keys"] == [key]
    revoked = forerun("keys", "revoke", key["id"], "--config", str(file))
    assert "within 7 s" in revoked.out
    assert "question 2" in forerun("audit", "list", "--config", str(file)).out
    monkeypatch.setenv("FORERUN_CONFIG", str(file))
    assert "The chain holds: 3 lines" in forerun("audit", "verify").out
    assert "no key yet" in forerun("keys", "list", "--store", elsewhere).out
    file.write_text("[auth]\nkees = 1\n")
    wrong = forerun("keys", "list")
    assert (wrong.status, "Did you mean keys?" in wrong.err) == (2, True)


def test_with_a_key_a_service_may_listen_everywhere(forerun: Run, tmp_path: Path) -> None:
    """The configuration cannot be used before there is one, and can afterwards; so can one that
    takes tokens, once all is said that they need."""
    file, place = tmp_path / "forerun.toml", tmp_path / "access.sqlite"
    check = ("config", "check", "--config", str(file))
    text = '[databases.demo]\nurl = "demo"\n[serve]\nhost = "0.0.0.0"\n[auth]\n'
    file.write_text(f'{text}keys = "{place}"\n')
    before = forerun(*check)
    assert (before.status, "Make a key first" in before.err) == (2, True)
    assert forerun("keys", "create", "--name", "first", "--config", str(file)).status == 0
    assert forerun(*check).status == 0
    tokens = f'{text}keys = "memory"\njwt_issuer = "https://login.example"\n'
    file.write_text(tokens)
    assert forerun(*check).status == 2
    jwks = 'jwt_jwks_url = "https://login.example/keys"\njwt_audience = "forerun"\n'
    file.write_text(f"{tokens}{jwks}")
    assert forerun(*check).status == 0
