"""`explain`: how the built-in parser reads a question, without running anything."""

from __future__ import annotations

from contextlib import aclosing

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from forerun.app import Settings
from forerun.app.hybrid import stage_policy
from forerun.cli.asking import Asking
from forerun.cli.console import printable, stderr, stdout
from forerun.cli.leaving import ExitStatus, print_json
from forerun.cli.showing import highlighted, listed
from forerun.domain import Explanation, Hesitation, RunnerUp, Said, Understood
from forerun.wire import explanation_to_json

_INDENT = (0, 0, 0, 2)
_LEAST = 0.005
_NO_READING = (
    "There is no reading: too little of the question means anything in this data. "
    "forerun schema shows what there is."
)
_COMPARED = "The likeliest readings are run and compared before, which may still change it."
_STYLES = {
    Understood.USED: "bold cyan",
    Understood.LEFT_OUT: "bold yellow",
    Understood.UNKNOWN: "bold red",
}


async def explain(question: str, db: str, *, no_samples: bool, as_json: bool) -> ExitStatus:
    """Print the explanation; UNDECIDED where there is no reading at all."""
    async with aclosing(Asking(db, no_samples=no_samples).open_here()) as forerun:  # opens no model
        explained = await forerun.explain(question)
        settings, warnings = forerun.settings, await forerun.warnings()
    if as_json:
        thresholds = settings.answer_threshold, settings.guess_threshold
        print_json(explanation_to_json(explained, *thresholds))
    else:
        show(explained, settings, stdout())
        for warning in warnings:
            stderr().print(Text.assemble(("Note: ", "yellow"), printable(warning)))
    return ExitStatus.ANSWERED if explained.reading else ExitStatus.UNDECIDED


def show(explained: Explanation, settings: Settings, out: Console) -> None:
    """Print each part under a headline, with a blank line after each."""
    if explained.said:
        out.print(Padding(_words(explained.said), _INDENT, expand=False))
        out.print()
    if explained.reading is None or explained.sql is None:
        out.print(Text(_NO_READING))
        return
    _headline("Read as", out)
    out.print(Padding(Text(printable(explained.reading)), _INDENT, expand=False))
    out.print(Padding(highlighted(explained.sql, explained.dialect, out), _INDENT, expand=False))
    if explained.joins:
        joins = "; ".join(map(printable, explained.joins))
        out.print(Padding(Text(f"Joined along {joins}", "dim"), _INDENT, expand=False))
    out.print()
    _headline(_verdict(explained, settings), out)
    told = [*map(_hesitation, explained.vetoes), *map(_hesitation, explained.hesitations)]
    if told:
        marks = ["✗"] * len(explained.vetoes) + ["·"] * len(explained.hesitations)
        out.print(listed(marks, told))
    if not explained.vetoes and stage_policy(settings).merges(explained.dialect):
        out.print(Padding(Text(_COMPARED, "dim"), _INDENT, expand=False))
    if explained.asks and _is_asked_back(explained, settings):
        out.print(
            Padding(
                Text.assemble(("? ", "bold yellow"), printable(explained.asks)),
                _INDENT,
                expand=False,
            )
        )
    out.print()
    if explained.runners_up:
        _headline("It could also mean", out)
        out.print(Padding(_runners_up(explained.runners_up), _INDENT, expand=False))


def _is_asked_back(explained: Explanation, settings: Settings) -> bool:
    """What is not a question of its own stands above already, among what hesitates."""
    unsure = explained.probability < settings.answer_threshold
    return unsure and (explained.asks or "").endswith("?")


def _headline(text: str, out: Console) -> None:
    out.print(Text(text, "bold"))


def _words(said: tuple[Said, ...]) -> Table:
    """A line for each mention: its words in the question, and what they are in the query."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for each in said:
        words = Text.assemble((printable(each.lead), "dim"), " " if each.lead else "")
        words.append(printable(each.words), _STYLES[each.understood])
        target = Text(printable(each.target or " "))
        grid.add_row(words, Text("→", "dim"), Text(each.part, "dim"), target)
    return grid


def _verdict(explained: Explanation, settings: Settings) -> str:
    """What becomes of it, beside the thresholds."""
    sure = f"{explained.probability:.0%} probable"
    if explained.probability >= settings.answer_threshold:
        return f"{sure}: answered (from {settings.answer_threshold:.0%} on)"
    if explained.probability >= settings.guess_threshold:
        return (
            f"{sure}: asked back, or with --guess answered as a guess "
            f"(answered from {settings.answer_threshold:.0%} on, "
            f"guessed from {settings.guess_threshold:.0%} on)"
        )
    limit = "Must not be answered" if explained.vetoes else sure
    return f"{limit}: asked back (answered from {settings.answer_threshold:.0%} on)"


def _hesitation(each: Hesitation) -> str:
    if each.without is None:
        return each.words
    return f"{each.words} Otherwise it would be {each.without:.0%}."


def _runners_up(others: tuple[RunnerUp, ...]) -> Table:
    """Each with its probability, and below it what it differs in."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right")
    for other in others:
        sure = f"{other.probability:.0%}" if other.probability >= _LEAST else "<1%"
        reading = Text(printable(other.reading))
        if other.differs:
            mine, theirs = map(printable, other.differs)
            reading.append(f"\n{theirs} instead of {mine}", "dim")
        grid.add_row(Text(sure, "bold"), reading)
    return grid
