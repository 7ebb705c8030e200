"""An Answer for people: what it says, its rows, its SQL, and where the time went."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from forerun.cli.console import printable, safe
from forerun.cli.tables import table_of
from forerun.domain import Answer, Clarification, Failure, Refusal, Status, Trace

_INDENT = (0, 0, 0, 2)


def show(answer: Answer, out: Console, aside: Console) -> None:
    """Print the answer to `out`; warnings and failures go to `aside`."""
    if answer.failure:
        _show_failure(answer.failure, aside)
    if answer.clarification:
        _show_clarification(answer.clarification, out)
    if answer.refusal:
        _show_refusal(answer.refusal, out)
    _show_found(answer, out)
    for warning in answer.warnings:
        aside.print(f"[yellow]Note:[/] {safe(warning)}")
    if answer.suggestions:
        out.print("[dim]You could ask next:[/]")
        for suggestion in answer.suggestions:
            out.print(f"[dim]  › {safe(suggestion)}[/]")
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
    if answer.sql:
        out.print(Padding(_highlighted(answer.sql, out), _INDENT, expand=False))
        out.print()


def timing_line(answer: Answer) -> str:
    """`answered in 34 ms: link 1 · draft 12 · check 3 · run 4`, in milliseconds."""
    verb = {Status.ANSWERED: "answered", Status.CLARIFY: "asked back"}.get(answer.status, "ended")
    line = f"{verb} in {answer.trace.total_ms:,.0f} ms"
    stages = _stages(answer.trace)
    if stages:
        line += f": {stages}"
    usage = answer.usage
    if usage.model_calls:
        tokens = usage.input_tokens + usage.output_tokens
        line += f" · {usage.model_calls} model calls, {tokens:,} tokens"
        line += f", ${usage.cost_usd:.4f}" if usage.cost_usd else ""
    return line


def _stages(trace: Trace) -> str:
    """Milliseconds of each stage that did something; repeated ones are added up."""
    spent: dict[str, list[float]] = {}
    for span in trace.spans:
        if span.outcome != "skipped":
            spent.setdefault(span.stage.value, []).append(span.end_ms - span.start_ms)
    return " · ".join(
        f"{name}{f' ×{len(times)}' if len(times) > 1 else ''} {sum(times):,.0f}"
        for name, times in spent.items()
    )


def _show_clarification(clarification: Clarification, out: Console) -> None:
    out.print(f"[bold yellow]?[/] {safe(clarification.question)}")
    for number, choice in enumerate(clarification.choices, start=1):
        out.print(f"  {number}. {safe(choice)}")
    out.print()


def _show_refusal(refusal: Refusal, out: Console) -> None:
    out.print(f"[bold yellow]✗[/] {safe(refusal.message)}")
    for reason in refusal.reasons:
        hint = f" [dim]{safe(reason.hint)}[/]" if reason.hint else ""
        out.print(f"  · {safe(reason.message)}{hint}")
    out.print()


def _show_failure(failure: Failure, aside: Console) -> None:
    aside.print(f"[bold red]Error:[/] {safe(failure.message)}")
    if failure.hint:
        aside.print(f"[dim]{safe(failure.hint)}[/]")


def _highlighted(sql: str, out: Console) -> RenderableType:
    """Coloured on a terminal, plain in a pipe."""
    plain = "\n".join(printable(line) for line in sql.expandtabs(4).splitlines())
    if not out.is_terminal or out.no_color:
        return Text(plain)
    from rich.syntax import Syntax

    return Syntax(plain, "sql", theme="ansi_dark", background_color="default", word_wrap=True)
