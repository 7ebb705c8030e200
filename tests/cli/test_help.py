"""Help and documentation: light to load, complete, and in step with the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.style import Style
from rich.text import Text

from forerun import wire
from forerun.access import shapes as access_shapes
from forerun.access.audit.records import ActRecord, QuestionRecord, RefusalsRecord
from forerun.cli.commands import app
from forerun.rollout.experiments import Plan, figures, shapes
from forerun.rollout.flags import shapes as flag_shapes
from forerun.rollout.shapes import StandingJSON

DOCS = Path(__file__).parents[2] / "docs"


def commands_of(group: Any, prefix: str = "") -> dict[str, Any]:
    """Every command by its words, those of groups too."""
    found: dict[str, Any] = {}
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if "commands" in vars(command):
            found |= commands_of(command, f"{prefix}{name} ")
        else:
            found[f"{prefix}{name}"] = command
    return found


COMMANDS = commands_of(typer.main.get_command(app))
HEAVY = (
    "sqlglot", "duckdb", "sqlalchemy", "pydantic", "pandas", "numpy", "scipy", "openfeature",
    "openai", "anyio",
)  # fmt: skip


def section(command: str) -> str:
    """The part of docs/cli.md about a command."""
    parts = re.split(r"^## ", (DOCS / "cli.md").read_text(), flags=re.MULTILINE)
    return next(part for part in parts if part.startswith(f"`forerun {command}"))


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_of_help_is_taken_for_a_style(command: str) -> None:
    """The name of a section in square brackets would be, and so be left out."""
    options = COMMANDS[command].params
    written = [COMMANDS[command].help, *(getattr(each, "help", None) for each in options)]
    for text in filter(None, written):
        for span in Text.from_markup(text).spans:
            Style.parse(str(span.style))


def test_help_loads_nothing_heavy() -> None:
    """`forerun --help` loads neither a database, nor a parser of SQL, nor a model SDK."""
    program = (
        "import contextlib, sys\n"
        "from forerun.cli import main\n"
        "sys.argv = ['forerun', '--help']\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "print([name for name in sys.modules if name.split('.')[0] in "
        f"{HEAVY!r}], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
    assert "ask" in done.stdout


def test_a_group_is_made_only_when_it_is_asked_for() -> None:
    """To make them all takes longer than many a command; but each is known by its name."""
    group: Any = typer.main.get_command(app)
    names = group.list_commands(None)
    assert {"ask", "flags", "experiment"} < set(names)
    assert vars(group)["commands"]["flags"].list_commands(None) == []
    assert "kill" in group.get_command(None, "flags").list_commands(None)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_documented(name: str) -> None:
    """docs/cli.md has a section for each command that names each of its options, and no other."""
    written = section(name)
    mentioned = set(re.findall(r"`(--[a-z-]+)", written))
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} == mentioned


@pytest.mark.parametrize(
    ("shape", "heading"),
    [
        (wire.AnswerJSON, "An answer"),
        (wire.DecisionJSON, "The decision"),
        (wire.SpeculationJSON, "What was done ahead of time"),
        (wire.AssignmentJSON, "An assignment"),
        (wire.CacheUseJSON, "The cache"),
        (wire.TimingsJSON, "Timings"),
        (wire.StageJSON, "A stage"),
        (wire.CallJSON, "A model call"),
        (wire.StatementJSON, "A statement that was sent"),
        (wire.VerdictJSON, "A verdict"),
        (wire.CatalogJSON, "The catalog"),
        (wire.ExplanationJSON, "An explanation"),
        (flag_shapes.FlagJSON, "A flag"),
        (flag_shapes.FlagFileJSON, "The flag file"),
        (flag_shapes.FlagChangeJSON, "A change of a flag"),
        (StandingJSON, "Where the rollout stands"),
        (shapes.ExperimentJSON, "An experiment"),
        (Plan, "A plan"),
        (shapes.AuditLineJSON, "A line of audit"),
        (shapes.MismatchJSON, "A mismatch"),
        (figures.ResultsJSON, "Results"),
        (figures.ArmJSON, "An arm"),
        (figures.IntervalJSON, "An interval"),
        (figures.SampleRatioJSON, "The sample ratio"),
        (figures.ExperimentDecisionJSON, "What is to be done"),
        (figures.ClaimJSON, "A claim"),
        (figures.GuardrailJSON, "A guardrail"),
        (figures.MomentJSON, "A point of a series"),
        (figures.ShadowsJSON, "Shadow runs"),
        (figures.ShadowSideJSON, "Shadow runs of one kind"),
        (shapes.GivenJSON, "A unit and its arm"),
        (access_shapes.KeyJSON, "A key"),
        (access_shapes.LineJSON, "A line of the audit log"),
        (QuestionRecord, "A question in the audit log"),
        (ActRecord, "An act in the audit log"),
        (RefusalsRecord, "Refused tries in the audit log"),
        (access_shapes.StandingJSON, "Whether the audit log holds"),
    ],
)
def test_every_field_is_documented(shape: Any, heading: str) -> None:
    """docs/json.md lists exactly the fields of each object."""
    parts = re.split(r"^## ", (DOCS / "json.md").read_text(), flags=re.MULTILINE)
    written = next(part for part in parts if part.startswith(heading))
    assert set(re.findall(r"^\| `(\w+)`", written, re.MULTILINE)) == set(shape.__annotations__)
