"""`ask --chart FILE`: a drawn chart, its document, or a word on why there is none."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from forerun.cli.commands import app


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, city VARCHAR);"
            "INSERT INTO customers VALUES (1, 'Bremen'), (2, 'Kiel'), (3, 'Kiel');"
        )
    return str(path)


def ask(shop: str, question: str, chart: Path) -> int:
    arguments = ["ask", question, "--db", shop, "--chart", str(chart)]
    return CliRunner().invoke(app, arguments).exit_code


@pytest.mark.parametrize(
    ("name", "begins"), [("c.svg", b"<svg"), ("c.PNG", b"\x89PNG"), ("c.json", b"{")]
)
def test_the_chart_is_written(shop: str, tmp_path: Path, name: str, begins: bytes) -> None:
    """Each format is what its name says."""
    chart = tmp_path / name
    assert ask(shop, "How many customers are there per city?", chart) == 0
    written = chart.read_bytes()
    assert written.startswith(begins)
    if begins == b"{":
        assert "vega-lite" in json.loads(written)["$schema"]


def test_an_answer_without_a_chart_writes_nothing(shop: str, tmp_path: Path) -> None:
    """A single number has no chart; the answer still counts as answered."""
    chart = tmp_path / "c.svg"
    assert ask(shop, "How many customers are there?", chart) == 0
    assert not chart.exists()


@pytest.mark.parametrize("name", ["c.gif", "missing/c.svg"])
def test_a_file_that_cannot_be_written_is_bad_input(shop: str, tmp_path: Path, name: str) -> None:
    """A format that nobody draws, or a folder that is not there: status 2 and no traceback."""
    assert ask(shop, "How many customers are there per city?", tmp_path / name) == 2
