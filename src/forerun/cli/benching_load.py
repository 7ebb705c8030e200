"""`bench load`: a service under load, what it takes of its own, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection

from rich.console import Console
from rich.table import Table
from rich.text import Text

from forerun.app.configuration import Configuration
from forerun.cli.console import stderr, stdout
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.lab.load import Load, Report, run_load, to_json
from forerun.lab.load.driving import OnProgress
from forerun.lab.load.reporting import GOAL_OWN_MS, Spread
from forerun.lab.load.serving import Measured

MB = 1_000_000


def load(about: Load, *, as_json: bool) -> ExitStatus:
    """Fails where a question has failed, or something was left behind."""
    with _progress(stderr(), about) as on_progress:
        report = run_load(about, serve, on_progress)
    if as_json:
        print_json(to_json(report))
    else:
        _show(report, stdout())
    return ExitStatus.FAILED if report.faults else ExitStatus.ANSWERED


def serve(configuration: Configuration, about: Load, pipe: Connection) -> None:
    """In a process of its own: what `forerun serve` does, over a measured deployment."""
    from forerun.api import running
    from forerun.app.serving.listening import bind

    listening = bind(configuration.serve)
    pipe.send(listening.getsockname()[1])
    running.run(configuration, listening, Measured(about, pipe))


def _show(report: Report, out: Console) -> None:
    about = ", ".join(f"{name} {value}" for name, value in report.about.items())
    out.print(Text(about, style="dim"), soft_wrap=True)
    out.print(
        f"{report.questions:,} questions in {report.seconds:.1f} s, {report.a_second:.1f} a "
        f"second; {_counts(report.statuses)}."
    )
    out.print(
        f"Paths: {_counts(report.strategies)}; {report.shed} with nothing done ahead because of "
        f"the load, {report.fallbacks} fallbacks. A question: {report.model_calls:.1f} model "
        f"calls, {report.statements:.1f} statements, {report.events:.0f} events, "
        f"{report.bytes / 1000:.0f} kB."
    )
    out.print(_times(report))
    _show_machine(report, out)
    _show_left(report, out)
    for fault in report.faults:
        out.print(Text(f"Fault: {fault}", style="bold red"))


def _times(report: Report) -> Table:
    times = report.times
    grid = grid_with_heads()
    grid.add_column("time")
    for heading in ("p50", "p95", "p99"):
        grid.add_column(heading, justify="right")
    rows = (
        ("own, ms: at the server, outside models and database", times.own_ms),
        ("  CPU of the loop in it, ms", times.own_cpu_ms),
        ("  orchestration", times.orchestration_ms),
        ("  events, JSON, keeping", times.around_ms),
        ("HTTP on top of it, ms", times.http_ms),
        ("waited to be let in, ms", times.queued_ms),
        ("the event loop is late by, ms", times.lag_ms),
        ("whole, s", times.whole_s),
        ("first event, s", times.first_event_s),
    )
    for name, spread in rows:
        grid.add_row(name, *_shown(spread))
    return grid


def _shown(spread: Spread | None) -> tuple[str, ...]:
    if spread is None:
        return (NOTHING, NOTHING, NOTHING)
    return tuple(f"{value:,.2f}" for value in (spread.p50, spread.p95, spread.p99))


def _show_machine(report: Report, out: Console) -> None:
    machine, own = report.machine, report.times.own_ms
    if own is not None:
        verdict = "reached" if own.p50 <= GOAL_OWN_MS else "not reached"
        out.print(f"Own time p50 of {GOAL_OWN_MS:g} ms or less: {verdict}.")
    out.print(
        f"CPU: {machine.cpu_ms_a_question:.1f} ms a question, "
        f"{machine.loop_cpu_ms_a_question:.1f} of it the event loop's; {machine.cpu_share:.0%} "
        f"of a core; the askers {machine.asker_cpu_share:.0%}; "
        f"load average {machine.load_average:.1f} on {machine.cores} cores."
    )
    if machine.sdk_cpu_ms_a_call is not None:
        part = "in the above" if report.about["over_http"] else "not in the above"
        out.print(f"A provider's SDK: {machine.sdk_cpu_ms_a_call:.1f} ms CPU a call, {part}.")


def _show_left(report: Report, out: Console) -> None:
    memory, left = report.memory, report.left
    slope = memory.growth_a_question
    grows = "" if slope is None else f"; {slope:+,.0f} bytes a question once warm"
    out.print(
        f"Memory: {memory.before / MB:.0f} MB before, {memory.peak / MB:.0f} at most, "
        f"{memory.after / MB:.0f} after{grows}."
    )
    held = left.after
    connections = ", ".join(f"{kind} {count}" for kind, count in held.connections.items())
    files, of_state = (
        ", ".join(f"{name} {count}" for name, count in kept.items())
        for kept in (held.files, held.of_state)
    )
    out.print(
        f"Held before and after{'' if not left.behind else ', but for what is below'}: "
        f"{held.tasks} tasks, {held.threads} threads, {held.busy_threads} busy, "
        f"{held.questions} questions, files: {files or 'none'}, "
        f"connections: {connections or 'none'}; of its state, which SQLite may keep open: "
        f"{of_state or 'none'}; "
        f"as before after {left.settled_s:.1f} s."
    )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"


@contextmanager
def _progress(console: Console, about: Load) -> Iterator[OnProgress]:
    """A bar with the questions, or the seconds; silent where no terminal would show it."""
    from rich.progress import BarColumn, Progress, TextColumn

    total = about.seconds if about.questions is None else about.questions
    columns = (TextColumn("Asking"), BarColumn(), TextColumn("{task.description}"))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task("", total=total)

        def on_progress(ended: int, seconds: float) -> None:
            done = min(seconds, total) if about.questions is None else ended
            bars.update(bar, completed=done, description=f"{ended:,} questions")

        yield on_progress
