"""Options that several commands share."""

from __future__ import annotations

import math
from typing import Annotated, TypeAlias

import typer

from forerun.domain import Mode


def _finite(seconds: float | None) -> float | None:
    if seconds is not None and not (0 < seconds < math.inf):
        raise typer.BadParameter("must be a number of seconds above 0")
    return seconds


Database: TypeAlias = Annotated[
    str,
    typer.Option(
        "--db",
        metavar="URL",
        help="The database: a URL (postgresql://…, mysql://…, sqlite:///x.db, "
        "duckdb:///x.duckdb), a path to a database, a CSV, TSV, Parquet or JSON file, a folder "
        "of those, or [bold]demo[/].",
    ),
]
DatabaseHere: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="The database: a URL (postgresql://…, mysql://…, sqlite:///x.db, "
        "duckdb:///x.duckdb), a path to a database, a CSV, TSV, Parquet or JSON file, a folder "
        "of those, or [bold]demo[/]. This, or --server.",
    ),
]
Server: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="Ask the service there, as [bold]forerun serve[/] runs one; its key is FORERUN_KEY.",
    ),
]
DatabaseThere: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="NAME",
        help="With --server: which of its databases; may be left out where there is only one.",
    ),
]
ModelName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="M",
        help="Language model, as provider:model (openai:…, anthropic:…, ollama:…). "
        "Without one the built-in parser answers and nothing leaves this machine.",
    ),
]
Schedule: TypeAlias = Annotated[
    Mode,
    typer.Option(
        "--mode",
        metavar="MODE",
        case_sensitive=False,
        help="Which schedule answers: [bold]hybrid[/] is parallel where that is switched on and "
        "pays; [bold]parallel[/] wherever it can be; [bold]sequential[/] never.",
    ),
]
Anew: TypeAlias = Annotated[
    bool, typer.Option("--anew", help="Answer anew, whatever is kept of earlier answers.")
]
AsJSON: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object instead of text.")
]
MaxRows: TypeAlias = Annotated[
    int | None, typer.Option("--max-rows", metavar="N", min=1, help="Fetch at most N rows.")
]
Timeout: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="S",
        callback=_finite,
        help="Seconds until everything is cancelled.",
    ),
]
NoSamples: TypeAlias = Annotated[
    bool,
    typer.Option("--no-samples", help="Never look at stored values to understand the question."),
]
KnowledgeFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--knowledge",
        metavar="PATH",
        help="YAML file of what the team knows of the database, or a folder with NAME.forerun.yaml "
        "for the database NAME. Default: the one beside a database file; [bold]none[/]: not even "
        "that.",
    ),
]
Guess: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--guess",
        help="Without a model, answer also what is only likely to be meant, with a warning.",
    ),
]
ShowTrace: TypeAlias = Annotated[
    bool,
    typer.Option("--trace", help="Draw where the time went: a row a stage and model call."),
]
ChartFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--chart", metavar="FILE", help="Write the chart to FILE: .svg, .png or .json (Vega-Lite)."
    ),
]
Debug: TypeAlias = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")
]
ConfigFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file. Default: what FORERUN_CONFIG names, else forerun.toml here.",
    ),
]
