"""`experiment simulate`: an experiment's whole life, as a timeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from forerun.cli.console import safe, stderr, stdout
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.lab.latency.plotting import picture_file
from forerun.lab.rollout import Report, Sizes, simulate, to_json
from forerun.lab.rollout.lives import Life, Look
from forerun.lab.rollout.plotting import draw
from forerun.lab.rollout.running import OnProgress

EVERY_LOOK = 8
"""Of the looks at which nothing was done, one in so many is shown."""


def simulated(
    profile: str, seed: int, runs: int, late: float, plot: Path | None, *, as_json: bool
) -> ExitStatus:
    """All of it; some minutes on one core."""
    path = picture_file(plot) if plot is not None else None
    with _progress(stderr()) as on_progress:
        sizes = replace(Sizes(), runs=runs, late=late)
        report = simulate(profile, seed, sizes, on_progress)
    if path is not None:
        draw(report, path)
    if as_json:
        print_json(to_json(report))
    else:
        _show(report, stdout())
    return ExitStatus.ANSWERED


def _show(report: Report, out: Console) -> None:
    aa = report.aa
    _show_life("Control against control", report.control, out)
    told = ", ".join(f"{count} {action}" for action, count in aa.by_action.items()) or "none"
    out.print(
        f"{aa.runs:,} such experiments, up to {aa.looks} looks each, of seconds drawn from these "
        f"{aa.drawn_from:,}: {aa.false_decisions} false decisions ({told})."
    )
    _show_life(
        f"A regression: from {report.sizes.planted_from:g} % on each call of the parallel path "
        f"begins {report.late_s:g} s late",
        report.regression,
        out,
    )
    out.print(f"{report.regression.questions_since_planted:,} questions until the rollback.")
    _show_life("An improvement: the parallel path as it is", report.improvement, out)
    out.print(f"{report.improvement.questions:,} questions until the promotion.")
    out.print(Text("\nA kill", style="bold cyan"))
    rounds = len(report.kills_ms)
    out.print(
        f"{report.kill_ms:.0f} ms from the call until another process assigns only sequential "
        f"(median of {rounds}, {max(report.kills_ms):.0f} at most)."
    )
    out.print(f"[dim]{report.seconds:.0f} s, profile {report.profile}, seed {report.seed}[/]")


def _show_life(heading: str, life: Life, out: Console) -> None:
    out.print(Text(f"\n{heading}", style="bold cyan"))
    grid = grid_with_heads()
    for name in ("virtual time", "questions", "step", "sequential", "parallel", "mean time"):
        grid.add_column(name, justify="right")
    grid.add_column("what was decided")
    for number, look in enumerate(life.looks, start=1):
        if look.done is not None or number % EVERY_LOOK == 0:
            grid.add_row(*_row(look))
    out.print(grid)
    after = life.afterwards
    out.print(
        f"{life.decision.replace('_', ' ').capitalize()}. {safe(life.reason)}\n"
        f"Now {after.assigned_parallel:.1%} are assigned to the parallel path, "
        f"{after.served_parallel:.0%} of those outside the holdout are answered by it; "
        f"of {after.held_out} held out {after.held_out_parallel}. "
        f"The audit trail {'holds' if after.audit_holds else 'does not hold'}."
    )


def _row(look: Look) -> tuple[str, ...]:
    known = NOTHING
    if look.ratio is not None:
        known = f"{look.ratio:.2f} ({look.low:.2f} to {look.high:.2f})"
    return (
        str(timedelta(seconds=round(look.at_s))),
        f"{look.questions:,}",
        f"{look.percentage:g} %",
        f"{look.control:,}",
        f"{look.candidate:,}",
        known,
        _decided(look),
    )


def _decided(look: Look) -> str:
    """Of an end the word; its reasons are long, and stand below."""
    if look.done is None:
        return f"[dim]{look.action}[/]"
    ended = look.done == " ".join(look.why)
    return f"[bold]{look.action.replace('_', ' ') if ended else safe(look.done)}[/]"


@contextmanager
def _progress(console: Console) -> Iterator[OnProgress]:
    """What is under way; silent where no terminal would show it."""
    if not console.is_terminal:
        yield lambda what, look: None
        return
    with console.status("Control against control") as status:

        def on_progress(what: str, look: Look | None) -> None:
            at = "" if look is None else f": {look.questions:,} questions, {look.percentage:g} %"
            status.update(f"{what}{at}")

        yield on_progress
