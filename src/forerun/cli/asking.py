"""`ask`, `sql` and `demo`: open the database, get an Answer, show it.

Rich takes a tenth of a second to load: it is loaded only when there is something to draw.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forerun import demo
from forerun.app import Forerun, Settings
from forerun.cli.leaving import ExitStatus, print_json, status_of
from forerun.cli.picture import draw, picture_file
from forerun.domain import Answer, Mode
from forerun.errors import BadInput
from forerun.wire import answer_to_json

if TYPE_CHECKING:
    from forerun.cli.elsewhere import Elsewhere


@dataclass(frozen=True, slots=True)
class Asking:
    """Which database is asked, and how."""

    db: str | None
    model: str | None = None
    max_rows: int | None = None
    timeout_s: float | None = None
    no_samples: bool = False
    as_json: bool = False
    trace: bool = False
    mode: Mode = Mode.HYBRID
    knowledge: str | None = None
    guess: bool | None = None
    """None leaves it to the settings."""
    anew: bool = False
    server: str | None = None
    """A service elsewhere, which is asked instead of `db`."""
    database: str | None = None
    """Which of its databases."""

    def open(self) -> Forerun | Elsewhere:
        """What is to be asked, here or elsewhere. Raises `BadInput` where it is not said."""
        if self.server is None:
            return self.open_here()
        self._refuse_what_the_service_decides()
        from forerun.cli.elsewhere import Elsewhere

        return Elsewhere(self.server, self.database, Settings.read().key)

    def open_here(self) -> Forerun:
        """The database, ready to be asked; the demo is made first if need be."""
        if self.db is None:
            raise BadInput("Nothing says what to ask.", "Give --db URL, or --server URL.")
        if self.database is not None:
            raise BadInput("--database names a database of a service.", "Give --server URL too.")
        if self.db == "demo":
            make_demo()
        samples = False if self.no_samples else None
        settings = settings_with(self.knowledge)
        return Forerun(self.db, model=self.model, settings=settings, samples=samples)

    async def ask(self, question: str, *, chart_file: str | None = None) -> ExitStatus:
        path = picture_file(chart_file) if chart_file else None
        async with self.open() as forerun:
            asked = forerun.ask(
                question,
                max_rows=self.max_rows,
                timeout_s=self.timeout_s,
                mode=self.mode,
                guess=self.guess,
                anew=self.anew,
            )
            answer = await watched(asked)
        ended = self.shown(answer)
        if path is not None and not draw(answer, path):
            print("Note: this answer has no chart, so no file was written.", file=sys.stderr)
        return ended

    async def sql(self, sql: str) -> ExitStatus:
        async with self.open_here() as forerun:
            asked = forerun.sql(sql, max_rows=self.max_rows, timeout_s=self.timeout_s)
            return self.shown(await watched(asked))

    def _refuse_what_the_service_decides(self) -> None:
        here = {
            "--db": self.db is not None,
            "--model": self.model is not None,
            "--no-samples": self.no_samples,
            "--knowledge": self.knowledge is not None,
        }
        if given := [option for option, is_given in here.items() if is_given]:
            raise BadInput(
                f"{' and '.join(given)} cannot be told to a service, which decides that itself.",
                "Leave it out, or leave out --server.",
            )

    def shown(self, answer: Answer) -> ExitStatus:
        """Print the answer, as JSON or for people."""
        if self.as_json:
            print_json(answer_to_json(answer))
        else:
            from forerun.cli.console import stderr, stdout
            from forerun.cli.showing import show

            show(answer, stdout(), stderr(), self.mode)
            if self.trace:
                from forerun.cli.waterfall import waterfall

                stdout().print(waterfall(answer, stdout().width))
        return status_of(answer.status)


def settings_with(knowledge: str | None) -> Settings:
    """The environment's settings, with the file of what is known where the asker names one."""
    settings = Settings.read()
    return settings if knowledge is None else replace(settings, knowledge=knowledge)


async def watched(asked: Awaitable[Answer]) -> Answer:
    """The same, with live progress where a terminal shows it."""
    if not sys.stderr.isatty():
        return await asked
    from forerun.cli.console import stderr
    from forerun.cli.progress import progress

    with progress(stderr()):
        return await asked


async def demonstrate(*, as_json: bool) -> ExitStatus:
    """Ask the demo its questions with the built-in parser."""
    from forerun.cli.console import safe, stdout

    make_demo()
    job = Asking("demo", as_json=as_json)
    worst = ExitStatus.ANSWERED
    async with Forerun("demo", settings=Settings()) as forerun:
        for number, question in enumerate(demo.QUESTIONS, start=1):
            if not as_json:
                stdout().print(f"[bold cyan]{number}. {safe(question)}[/]\n")
            answer = await watched(forerun.ask(question))
            worst = max(worst, job.shown(replace(answer, suggestions=())))
            if not as_json:
                stdout().print()
    if not as_json:
        stdout().print("[dim]Ask your own: forerun ask '…' --db demo, or --db with your data.[/]")
    return worst


def make_demo() -> None:
    """Make the demo database on first use, with a progress bar on a terminal."""
    if not sys.stderr.isatty():
        demo.path()
        return
    from forerun.cli.console import stderr
    from forerun.cli.progress import making_demo

    with making_demo(stderr()) as on_progress:
        demo.path(on_progress)
