"""Live progress on a terminal: which stage runs, for how long, what the model writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from forerun.cli.console import printable
from forerun.domain import Fate, Stage
from forerun.domain.branches import is_within
from forerun.events import (
    Event,
    RungSettled,
    SpanId,
    StageEnded,
    StageStarted,
    TextArrived,
    listening,
)

_PATIENCE_S = 0.15
"""Quicker answers show no progress: it would only flicker."""
_FRAMES_PER_S = 12
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@dataclass(frozen=True, slots=True)
class _Done:
    stage: Stage
    branch: str
    took_s: float


@dataclass
class Stages:
    """What is known from the events so far. What a wasted branch did is forgotten with it."""

    running: dict[SpanId, StageStarted] = field(default_factory=dict)
    done: list[_Done] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    """What is being written on each branch; who began last comes last."""
    began: float = field(default_factory=time.monotonic)

    def hear(self, event: Event) -> None:
        match event:
            case StageStarted(span=span, branch=branch):
                self.running[span] = event
                self.written.pop(branch, None)
            case StageEnded():
                self._end(event)
            case TextArrived(text=text, branch=branch):
                self.written[branch] = (self.written.get(branch, "") + text)[-400:]
            case RungSettled(branch=branch, fate=Fate.WASTED):
                self._forget(branch)

    def line(self, width: int) -> Text:
        """One line: what runs, then what is written or done."""
        now = time.monotonic()
        if now - self.began < _PATIENCE_S:
            return Text()
        spinner = _FRAMES[int(now * _FRAMES_PER_S) % len(_FRAMES)]
        idle = "closing" if self.done else "opening"
        line = Text(f"{spinner} {self._doing(now) or idle}", style="cyan", no_wrap=True)
        if self.written:
            latest = list(self.written.values())[-1]
            tail = " ".join(printable(latest).split())[-max(10, width - len(line) - 4) :]
            line.append(f"  {tail}", style="dim")
        elif self.done:
            line.append(f"  {self._told()}", style="dim")
        line.truncate(max(1, width - 1), overflow="ellipsis")
        return line

    def _end(self, event: StageEnded) -> None:
        started = self.running.pop(event.span, None)
        if started is None:  # forgotten
            return
        self.written.pop(event.branch, None)
        if event.outcome not in ("skipped", "cancelled"):
            self.done.append(_Done(event.stage, event.branch, event.at - started.at))

    def _forget(self, wasted: str) -> None:
        self.running = {
            span: event
            for span, event in self.running.items()
            if not is_within(event.branch, wasted)
        }
        self.done = [done for done in self.done if not is_within(done.branch, wasted)]
        for branch in [branch for branch in self.written if is_within(branch, wasted)]:
            del self.written[branch]

    def _doing(self, now: float) -> str:
        """Each stage that runs, for as long as the first of its runs does."""
        begun: dict[Stage, list[float]] = {}
        for event in self.running.values():
            begun.setdefault(event.stage, []).append(event.at)
        return " + ".join(
            f"{stage.doing}{_times(len(at))} {now - min(at):.1f} s" for stage, at in begun.items()
        )

    def _told(self) -> str:
        """Milliseconds of each stage that is done; repeated ones are added up."""
        spent: dict[Stage, list[float]] = {}
        for done in self.done:
            spent.setdefault(done.stage, []).append(done.took_s * 1000)
        return " · ".join(
            f"{stage.value}{_times(len(took))} {sum(took):,.0f}" for stage, took in spent.items()
        )


def _times(number: int) -> str:
    return f" ×{number}" if number > 1 else ""


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
