"""What a team knows, from the command line: found, named, shown, suggested."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from forerun import knowledge
from tests.cli.conftest import Run

TEXT = """
tables:
  customers:
    description: Who buys
    synonyms: [patrons]
    columns:
      notes: {hidden: true}
metrics:
  takings: {table: orders, sql: SUM(amount)}
"""
ASKED = "how many patrons are there?"


@pytest.fixture
def database(shop: str, tmp_path: Path) -> Path:
    """The shop in a folder of its own."""
    return Path(shutil.copy(shop, tmp_path / "shop.sqlite"))


def test_the_file_beside_the_database_is_found(forerun: Run, database: Path) -> None:
    """Without an option its words are understood; `none` leaves it aside."""
    assert forerun("ask", ASKED, "--db", str(database)).status == 3
    database.with_name("shop.forerun.yaml").write_text(TEXT)
    assert forerun("ask", ASKED, "--db", str(database)).status == 0
    assert forerun("ask", ASKED, "--db", str(database), "--knowledge", "none").status == 3


def test_yaml_is_loaded_only_where_there_is_a_file(database: Path) -> None:
    """Start-up pays nothing for what nobody wrote down."""
    program = (
        "import sys\n"
        "from forerun import Forerun, Settings\n"
        "Forerun(sys.argv[1], settings=Settings())\n"
        "print('yaml' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(database)]
    assert subprocess.run(command, capture_output=True, text=True).stdout.strip() == "False"
    database.with_name("shop.forerun.yaml").write_text(TEXT)
    assert subprocess.run(command, capture_output=True, text=True).stdout.strip() == "True"


@pytest.mark.parametrize("place", ["team.yaml", "folder"])
def test_the_file_can_be_named(forerun: Run, database: Path, tmp_path: Path, place: str) -> None:
    """`--knowledge` takes a file, or a folder in which the database's own file lies."""
    path = tmp_path / place
    if place == "folder":
        path.mkdir()
    (path / "shop.forerun.yaml" if place == "folder" else path).write_text(TEXT)
    done = forerun("ask", "takings", "--db", str(database), "--knowledge", str(path), "--json")
    assert json.loads(done.out)["rows"] == [[35.0]]


def test_the_environment_names_it_too(
    forerun: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`FORERUN_KNOWLEDGE` counts for every command; the option goes before it."""
    (tmp_path / "team.yaml").write_text(TEXT)
    monkeypatch.setenv("FORERUN_KNOWLEDGE", str(tmp_path / "team.yaml"))
    assert forerun("ask", ASKED, "--db", str(database)).status == 0
    assert forerun("ask", ASKED, "--db", str(database), "--knowledge", "none").status == 3
    refused = forerun("sql", "SELECT notes FROM customers", "--db", str(database))
    assert refused.status == 3
    assert "no column 'notes'" in refused.out


def test_schema_shows_what_is_known(forerun: Run, database: Path) -> None:
    """Names, descriptions, metrics and the file, in text and as JSON; nothing of what is hidden."""
    file = database.with_name("shop.sqlite.forerun.yaml")
    file.write_text(TEXT)
    shown = forerun("schema", "--db", str(database)).out
    for text in ("also patrons", "Who buys", "takings  SUM(amount) of orders", f"from {file}"):
        assert text in shown
    assert "notes" not in shown
    catalog = json.loads(forerun("schema", "--db", str(database), "--json").out)
    (customers,) = (table for table in catalog["tables"] if table["name"] == "customers")
    assert customers["synonyms"] == ["patrons"]
    assert "notes" not in json.dumps(catalog)
    assert catalog["metrics"][0]["sql"] == "SUM(amount)"


@pytest.mark.parametrize("command", [("schema",), ("ask", ASKED)])
def test_a_faulty_file_stops_every_command(
    forerun: Run, database: Path, command: tuple[str, ...]
) -> None:
    """Status 2, with the place and what was probably meant."""
    database.with_name("shop.forerun.yaml").write_text("tables: {custommers: {}}")
    done = forerun(*command, "--db", str(database))
    assert done.status == 2
    assert "tables.custommers is no table of the database" in done.err.replace("\n", " ")
    assert "Did you mean customers?" in done.err


def test_a_file_that_is_not_there_is_told(forerun: Run, database: Path) -> None:
    """A misspelled path is not taken for "nothing known"."""
    done = forerun("schema", "--db", str(database), "--knowledge", "nowhere.yaml")
    assert done.status == 2
    assert "There is no file nowhere.yaml" in done.err


def test_a_first_version_is_suggested_and_taken(forerun: Run, database: Path) -> None:
    """What `--suggest` prints is what `--out` writes, and the next command takes it as it is."""
    file = database.with_name("shop.forerun.yaml")
    printed = forerun("schema", "--db", str(database), "--suggest")
    assert forerun("schema", "--db", str(database), "--suggest", "--out", str(file)).status == 0
    assert file.read_text() == printed.out
    assert knowledge.read_file(file).metrics[0].sql == "SUM(amount)"
    assert "known from" in forerun("schema", "--db", str(database)).out


def test_no_file_is_written_over(forerun: Run, database: Path, tmp_path: Path) -> None:
    """An existing file stays as it is, whatever it holds."""
    file = tmp_path / "mine.yaml"
    file.write_text("# mine")
    done = forerun("schema", "--db", str(database), "--suggest", "--out", str(file))
    assert done.status == 2
    assert "is there already" in done.err.replace("\n", " ")
    assert file.read_text() == "# mine"


@pytest.mark.parametrize("options", [("--suggest", "--json"), ("--out", "a.yaml")])
def test_options_that_do_not_go_together_are_told(
    forerun: Run, database: Path, options: tuple[str, ...]
) -> None:
    """`--out` without `--suggest`, and JSON where YAML is written, are the asker's to put right."""
    assert forerun("schema", "--db", str(database), *options).status == 2
