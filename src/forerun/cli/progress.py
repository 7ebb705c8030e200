"""Live progress on a terminal: which stage runs, for how long, what the model writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from forerun.cli.console import printable
from forerun.domain import Stage
from forerun.events import Event, StageEnded, StageStarted, TextArrived, listening

_PATIENCE_S = 0.15
"""Quicker answers show no progress: it would only flicker."""
_FRAMES_PER_S = 12
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_DOING = {
    Stage.LINK: "finding tables",
    Stage.ANALYSE: "looking for more tables",
    Stage.CONTEXTUALISE: "reading the conversation",
    Stage.DRAFT: "writing SQL",
    Stage.CHECK: "checking",
    Stage.REVIEW: "reviewing",
    Stage.RUN: "running",
    Stage.REPAIR: "repairing",
    Stage.NARRATE: "summing up",
}


@dataclass
class Stages:
    """What is known from the events so far."""

    running: dict[Stage, float] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    written: str = ""
    began: float = field(default_factory=time.perf_counter)

    def hear(self, event: Event) -> None:
        match event:
            case StageStarted(stage=stage, at=at):
                self.running[stage] = at
                self.written = ""
            case StageEnded(stage=stage, at=at, outcome=outcome):
                started = self.running.pop(stage, at)
                if outcome != "skipped":
                    self.done.append(f"{stage.value} {(at - started) * 1000:,.0f}")
            case TextArrived(text=text):
                self.written = (self.written + text)[-400:]

    def line(self, width: int) -> Text:
        """One line: what runs, then what is done."""
        now = time.perf_counter()
        if now - self.began < _PATIENCE_S:
            return Text()
        spinner = _FRAMES[int(now * _FRAMES_PER_S) % len(_FRAMES)]
        doing = " + ".join(f"{_DOING[s]} {now - at:.1f} s" for s, at in self.running.items())
        idle = "closing" if self.done else "opening"
        line = Text(f"{spinner} {doing or idle}", style="cyan", no_wrap=True)
        if self.written:
            tail = " ".join(printable(self.written).split())[-max(10, width - len(line) - 4) :]
            line.append(f"  {tail}", style="dim")
        elif self.done:
            line.append(f"  {' · '.join(self.done)}", style="dim")
        line.truncate(max(1, width - 1), overflow="ellipsis")
        return line


@contextmanager
def progress(console: Console) -> Iterator[None]:
    """Show the stages of what is asked inside, on one line that vanishes afterwards."""
    if console.is_dumb_terminal:
        yield
        return
    from rich.live import Live

    stages = Stages()
    live = Live(
        get_renderable=lambda: stages.line(console.width),
        console=console,
        refresh_per_second=_FRAMES_PER_S,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with live, listening(stages.hear):
        yield


@contextmanager
def making_demo(console: Console) -> Iterator[Callable[[float, str], None]]:
    """A progress bar for the demo's data."""
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("Making the demo data"), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("", total=1.0, visible=False)
        yield lambda done, what: bars.update(bar, completed=done, description=what, visible=True)
