"""An Answer for people: what it says, its rows, its SQL, and where the time went."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from forerun.caching.freshness import ago
from forerun.cli.console import printable, safe
from forerun.cli.speculating import is_parallel
from forerun.cli.tables import table_of
from forerun.domain import (
    Answer,
    CacheLayer,
    Clarification,
    Failure,
    Mode,
    Refusal,
    Status,
    Strategy,
    Trace,
)
from forerun.domain.critical import sequential_ms

_INDENT = (0, 0, 0, 2)


def show(answer: Answer, out: Console, aside: Console, mode: Mode = Mode.HYBRID) -> None:
    """Print the answer to `out`; warnings and failures go to `aside`. `mode` was asked for."""
    if answer.failure:
        _show_failure(answer.failure, aside)
    if answer.clarification:
        _show_clarification(answer.clarification, out)
    if answer.refusal:
        _show_refusal(answer.refusal, out)
    _show_found(answer, out)
    for warning in (*_of_schedule(answer, mode), *answer.warnings):
        aside.print(f"[yellow]Note:[/] {safe(warning)}")
    if answer.suggestions:
        out.print("[dim]You could ask next:[/]")
        out.print(listed(["›"] * len(answer.suggestions), answer.suggestions, "dim"))
        out.print()
    if answer.status is not Status.FAILED:
        out.print(Text(timing_line(answer), style="dim"))


def _show_found(answer: Answer, out: Console) -> None:
    """What there is of summary, rows and SQL, with a blank line after each."""
    if answer.summary:
        out.print(Text(printable(answer.summary)))
        out.print()
    if answer.rows is not None and answer.rows.columns:
        for part in table_of(answer.rows, out):
            out.print(Padding(part, _INDENT, expand=False))
        out.print()
    if answer.reading:
        out.print(
            Padding(Text(f"Read as: {printable(answer.reading)}", "dim"), _INDENT, expand=False)
        )
    if answer.sql:
        out.print(Padding(highlighted(answer.sql, answer.dialect, out), _INDENT, expand=False))
        out.print()


def timing_line(answer: Answer) -> str:
    """`answered in 34 ms: link 1 · draft 12 · check 3 · run 4`, in milliseconds."""
    verb = "asked back" if answer.status is Status.CLARIFY else answer.status.value
    line = f"{verb} in {answer.trace.total_ms:,.0f} ms{_schedule(answer)}{_kept(answer)}"
    stages = _stages(answer.trace)
    if stages:
        line += f": {stages}"
    usage = answer.usage
    if usage.model_calls:
        tokens = usage.input_tokens + usage.output_tokens
        line += f" · {usage.model_calls} model calls, {tokens:,} tokens"
        line += f", ${usage.cost_usd:.4f}" if usage.cost_usd else ""
    return line


def _kept(answer: Answer) -> str:
    """Said of a hit only: where it was, and how old it is."""
    cache = answer.cache
    if not cache.hit or cache.layer is None:
        return ""
    if cache.layer is CacheLayer.FLIGHT:
        return " (with somebody else's)"
    return f" (from {cache.layer.value}, answered {ago(cache.age_s or 0.0)})"


def _schedule(answer: Answer) -> str:
    """Said of the parallel one only, and what it saved only where it did."""
    if not is_parallel(answer):
        return ""
    alone = sequential_ms(answer.trace)
    if round(alone) <= round(answer.trace.total_ms):
        return " (parallel)"
    return f" (parallel; sequential would have taken about {alone:,.0f})"


def _of_schedule(answer: Answer, mode: Mode) -> tuple[str, ...]:
    """What to know of the schedule: that another one answered than was chosen, or asked for."""
    decision, fallback = answer.decision, answer.fallback
    reason = fallback.reason if fallback.used else None
    if mode is Mode.PARALLEL and decision is not None and decision.strategy is Strategy.SEQUENTIAL:
        reason = decision.reason
    if reason is None:
        return ()
    answered = answer.status is not Status.FAILED
    verb = "Answered by the sequential path" if answered else "The sequential path failed as well"
    return (f"{verb}: {reason}",)


def _stages(trace: Trace) -> str:
    """Milliseconds of each stage of which something came; repeated ones are added up."""
    spent: dict[str, list[float]] = {}
    for span in trace.spans:
        if span.outcome != "skipped" and not span.wasted:
            spent.setdefault(span.stage.value, []).append(span.end_ms - span.start_ms)
    return " · ".join(
        f"{name}{f' ×{len(times)}' if len(times) > 1 else ''} {sum(times):,.0f}"
        for name, times in spent.items()
    )


def _show_clarification(clarification: Clarification, out: Console) -> None:
    out.print(f"[bold yellow]?[/] {safe(clarification.question)}")
    numbers = [f"{number}." for number in range(1, len(clarification.choices) + 1)]
    out.print(listed(numbers, clarification.choices))
    out.print()


def _show_refusal(refusal: Refusal, out: Console) -> None:
    out.print(f"[bold yellow]✗[/] {safe(refusal.message)}")
    told = [" ".join(filter(None, (reason.message, reason.hint))) for reason in refusal.reasons]
    if told:
        out.print(listed(["·"] * len(told), told))
    out.print()


def listed(marks: Sequence[str], items: Sequence[str], style: str = "") -> RenderableType:
    """A list whose longer items go on below their own beginning."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    for mark, item in zip(marks, items, strict=True):
        grid.add_row(Text(f"  {mark}", style), Text(printable(item), style))
    return grid


def _show_failure(failure: Failure, aside: Console) -> None:
    aside.print(f"[bold red]Error:[/] {safe(failure.message)}")
    if failure.hint:
        aside.print(f"[dim]{safe(failure.hint)}[/]")


def highlighted(sql: str, dialect: str, out: Console) -> RenderableType:
    """Laid out and coloured on a terminal, as it was run in a pipe."""
    if not out.is_terminal:
        return Text(_plain(sql))
    from rich.syntax import Syntax

    text = _plain(sql if len(sql) <= out.width - 4 else _laid_out(sql, dialect))
    return Syntax(text, "sql", theme="ansi_dark", background_color="default", word_wrap=True)


def _plain(sql: str) -> str:
    return "\n".join(printable(line) for line in sql.expandtabs(4).splitlines())


def _laid_out(sql: str, dialect: str) -> str:
    """The same statement over several lines."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(sql, dialect=dialect)
        return tree.sql(dialect=dialect, pretty=True)
    except SqlglotError:
        return sql
