"""`chat`: a conversation at the prompt."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from forerun.app import Conversation, Forerun
from forerun.cli.asking import Asking, watched
from forerun.cli.console import stdout
from forerun.cli.leaving import ExitStatus, tell
from forerun.domain import Answer
from forerun.errors import ForerunError

if TYPE_CHECKING:
    from forerun.cli.elsewhere import Elsewhere, Talk

_HELP = """\
Ask in plain words; a question may refer to the ones before it.
  /sql    the SQL of the last answer
  /help   this
  /quit   leave (or Ctrl-D)
After a question back, the number of a choice is enough. Ctrl-C stops a question."""

_LEAVING = ("/quit", "/exit", "/q", "quit", "exit")


def chat(job: Asking) -> ExitStatus:
    """Ask until the input ends. One event loop throughout, so that connections stay open."""
    with asyncio.Runner() as runner:
        forerun = job.open()
        try:
            runner.run(_reach(forerun))
            _Chat(job, runner, forerun.conversation()).talk()
        finally:
            runner.run(forerun.aclose())
    return ExitStatus.ANSWERED


async def _reach(forerun: Forerun | Elsewhere) -> None:
    """A wrong password, key or model is told before the first question, not after it."""
    await forerun.__aenter__()
    await forerun.warnings()


@dataclass
class _Chat:
    """One sitting."""

    job: Asking
    runner: asyncio.Runner
    conversation: Conversation | Talk
    last: Answer | None = None

    def talk(self) -> None:
        if sys.stdin.isatty():
            stdout().print("[dim]Ask away. /help shows what else there is.[/]")
        while (line := _read_line()) is not None:
            if line.lower() in _LEAVING:
                return
            if line.startswith("/"):
                self._command(line)
            elif (question := self._chosen(line)) is not None:
                self._ask(question)

    def _command(self, line: str) -> None:
        if line == "/sql":
            sql = self.last.sql if self.last else None
            stdout().print(Text(sql or "There is no SQL yet."))
        else:
            if line != "/help":
                stdout().print(Text(f"There is no {line}. What there is:"))
            stdout().print(Text(_HELP))

    def _chosen(self, line: str) -> str | None:
        """The choice of that number, where the last answer offered some; None for nothing."""
        choices = self.last.clarification.choices if self.last and self.last.clarification else ()
        if not line.isdecimal() or not choices:
            return line or None
        numbered = {str(number): choice for number, choice in enumerate(choices, 1)}
        if line in numbered:
            return numbered[line]
        numbers = "only 1" if len(choices) == 1 else f"1 to {len(choices)}"
        stdout().print(Text(f"There is no choice {line[:9]}: {numbers}, or ask in other words."))
        return None

    def _ask(self, question: str) -> None:
        """Ask one question. What goes wrong with it, and Ctrl-C, end only that question."""
        try:
            self.last = self.runner.run(watched(self._asked(question)))
            self.job.shown(self.last)
        except ForerunError as error:
            tell(error, question, as_json=False)
        except KeyboardInterrupt:
            stdout().print("[dim]stopped[/]")
        stdout().print()

    async def _asked(self, question: str) -> Answer:
        return await self.conversation.ask(
            question,
            max_rows=self.job.max_rows,
            timeout_s=self.job.timeout_s,
            mode=self.job.mode,
            guess=self.job.guess,
        )


def _read_line() -> str | None:
    """The next line; None at the end. Ctrl-C empties the line that is being typed."""
    prompt = "› " if sys.stdin.isatty() and sys.stdout.isatty() else ""
    if prompt:
        with suppress(ImportError):
            import readline  # noqa: F401 - importing it makes input() editable
    while True:
        try:
            return input(prompt).strip()
        except EOFError:
            return None
        except KeyboardInterrupt:
            stdout().print()
