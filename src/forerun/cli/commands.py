"""The commands with their arguments. Each loads what it needs only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from forerun import __version__
from forerun.cli.access_commands import audit, keys
from forerun.cli.bench_commands import bench
from forerun.cli.cache_commands import cache
from forerun.cli.flag_commands import flags
from forerun.cli.golden_commands import golden
from forerun.cli.lazily import LazyGroup
from forerun.cli.leaving import ExitStatus, leave, run
from forerun.cli.mcp_command import mcp
from forerun.cli.options import (
    Anew,
    AsJSON,
    ChartFile,
    Database,
    DatabaseHere,
    DatabaseThere,
    Debug,
    Guess,
    KnowledgeFile,
    MaxRows,
    ModelName,
    NoSamples,
    Schedule,
    Server,
    ShowTrace,
    Timeout,
)
from forerun.cli.serve_commands import config, serve
from forerun.cli.simulate_command import experiment
from forerun.cli.telemetry_commands import performance, traces
from forerun.domain import Mode


class Commands(LazyGroup):
    """And the groups, beside the commands below."""

    groups: ClassVar = {
        "config": config,
        "bench": bench,
        "cache": cache,
        "flags": flags,
        "experiment": experiment,
        "golden": golden,
        "traces": traces,
        "keys": keys,
        "audit": audit,
    }


app = typer.Typer(
    name="forerun",
    cls=Commands,
    help="Ask a database in plain language: SQL, rows and a summary.",
    epilog="Try it: forerun ask 'how many customers are there per region?' --db demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"forerun {__version__}")
        raise typer.Exit


@app.callback()
def _forerun(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def ask(  # noqa: PLR0913 - each is an option
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="What you want to know, in a sentence.")
    ],
    db: DatabaseHere = None,
    server: Server = None,
    database: DatabaseThere = None,
    model: ModelName = None,
    mode: Schedule = Mode.HYBRID,
    as_json: AsJSON = False,
    max_rows: MaxRows = None,
    timeout: Timeout = None,
    no_samples: NoSamples = False,
    knowledge: KnowledgeFile = None,
    guess: Guess = False,
    anew: Anew = False,
    trace: ShowTrace = False,
    chart: ChartFile = None,
    debug: Debug = False,
) -> None:
    """Answer one question about a database, here or at a service."""

    async def work() -> ExitStatus:
        from forerun.cli.asking import Asking

        job = Asking(
            db,
            model,
            max_rows,
            timeout,
            no_samples=no_samples,
            as_json=as_json,
            trace=trace,
            mode=mode,
            knowledge=knowledge,
            guess=guess or None,
            anew=anew,
            server=server,
            database=database,
        )
        return await job.ask(question, chart_file=chart)

    run(work, asked=question, as_json=as_json, debug=debug)


@app.command()
def chat(  # noqa: PLR0913 - each is an option
    db: DatabaseHere = None,
    server: Server = None,
    database: DatabaseThere = None,
    model: ModelName = None,
    mode: Schedule = Mode.HYBRID,
    max_rows: MaxRows = None,
    timeout: Timeout = None,
    no_samples: NoSamples = False,
    knowledge: KnowledgeFile = None,
    guess: Guess = False,
    debug: Debug = False,
) -> None:
    """Ask question after question; each may refer to the ones before it."""

    def work() -> ExitStatus:
        from forerun.cli.asking import Asking
        from forerun.cli.chatting import chat

        job = Asking(
            db,
            model,
            max_rows,
            timeout,
            no_samples=no_samples,
            mode=mode,
            knowledge=knowledge,
            guess=guess or None,
            server=server,
            database=database,
        )
        return chat(job)

    leave(work, debug=debug)


@app.command()
def explain(
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="What you would ask, in a sentence.")
    ],
    db: Database,
    as_json: AsJSON = False,
    no_samples: NoSamples = False,
    debug: Debug = False,
) -> None:
    """Show how the built-in parser reads a question, and why it hesitates. Nothing is run."""

    async def work() -> ExitStatus:
        from forerun.cli import explaining

        return await explaining.explain(question, db, no_samples=no_samples, as_json=as_json)

    run(work, asked=question, as_json=as_json, debug=debug)


@app.command()
def schema(
    db: Database,
    knowledge: KnowledgeFile = None,
    suggest: Annotated[
        bool,
        typer.Option(
            "--suggest",
            help="Write a first version of the file of what is known of the database instead.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="With --suggest: write it to a new FILE."),
    ] = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Show the tables, columns and keys of a database, and what is known of them."""

    async def work() -> ExitStatus:
        from forerun.cli import describing, suggesting

        if suggest:
            return await suggesting.suggest(db, out, as_json=as_json)
        suggesting.refuse_out(out)
        return await describing.schema(db, knowledge, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@app.command()
def check(
    db: Database,
    sql: Annotated[str | None, typer.Argument(metavar="[SQL]", help="One statement.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="STATEMENTS.jsonl",
            help="Check one {sql, id?} a line, - for standard input; prints one JSON line each.",
        ),
    ] = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Say whether SQL would be let through to a database. Nothing is run."""

    async def work() -> ExitStatus:
        from forerun.cli import gating

        return await gating.check(db, sql, file, as_json=as_json)

    run(work, asked=sql or "", as_json=as_json, debug=debug)


@app.command()
def sql(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT statement.")],
    db: Database,
    as_json: AsJSON = False,
    max_rows: MaxRows = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Run SQL of your own: checked, bounded and read-only like any other."""

    async def work() -> ExitStatus:
        from forerun.cli.asking import Asking

        return await Asking(db, None, max_rows, timeout, as_json=as_json).sql(sql)

    run(work, asked=sql, as_json=as_json, debug=debug)


@app.command()
def demo(as_json: AsJSON = False, debug: Debug = False) -> None:
    """Ask a drinks bottler's data five questions, without any model."""

    async def work() -> ExitStatus:
        from forerun.cli.asking import demonstrate

        return await demonstrate(as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@app.command("eval")
def evaluate(  # noqa: PLR0913 - each is an option
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS.jsonl",
            help="Questions with gold SQL, or conversations of such, one a line.",
        ),
    ],
    databases: Annotated[
        Path,
        typer.Option(
            "--databases", metavar="DIR", help="Searched for <db>.sqlite, .duckdb and .sql."
        ),
    ],
    variants: Annotated[
        Path | None,
        typer.Option(
            "--variants",
            metavar="DIR",
            help="Changed copies, <db>.v*.sqlite, on which an answer must be right as well. "
            "Default: variants/ in the databases' folder or above it.",
        ),
    ] = None,
    postgres: Annotated[
        str | None,
        typer.Option(
            "--postgres",
            metavar="URL",
            help="Server on which .sql dumps are loaded into scratch databases.",
        ),
    ] = None,
    model: ModelName = None,
    knowledge: KnowledgeFile = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N lines.")
    ] = None,
    as_json: AsJSON = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PREDICTIONS.jsonl",
            help="Write predictions there as they come; those already there are not asked again.",
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Count how many questions with known answers come out right."""

    async def work() -> ExitStatus:
        from forerun.cli import evaluating
        from forerun.lab.evaluation import Benchmark

        benchmark = Benchmark(questions, databases, variants, postgres, out, limit)
        return await evaluating.examine(benchmark, model, knowledge, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


app.command()(serve)
app.command()(mcp)
app.command()(performance)
