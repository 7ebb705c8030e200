"""`traces list|show`: finished questions, and where the time of one of them went."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from forerun.app.configuration import Configuration
from forerun.app.serving.places import telemetry_place
from forerun.app.telemetry import looking_at
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.durations import seconds
from forerun.cli.grids import grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.cli.waterfall import waterfall
from forerun.domain import (
    Answer,
    ModelCall,
    Role,
    Stage,
    StageSpan,
    Status,
    Trace,
    TraceId,
    Usage,
)
from forerun.errors import BadInput
from forerun.telemetry import names
from forerun.telemetry.chrome import chrome_trace
from forerun.telemetry.finished import CANCELLED
from forerun.telemetry.outcomes import Outcome
from forerun.telemetry.shapes import page_to_json, trace_to_json
from forerun.telemetry.spans import Kind, Span
from forerun.telemetry.store import Kept, Wanted
from forerun.wire.moments import precisely

STATUSES = (*(each.value for each in Status), CANCELLED)
NONE_YET = "No trace is kept of that."


@dataclass(frozen=True, slots=True)
class Looking:
    """What the options say of where to look, and at what."""

    store: str | None
    window: str
    operation: str | None
    database: str | None
    tenant: str | None

    @property
    def place(self) -> str | None:
        return place_of(self.store)

    @property
    def window_s(self) -> float:
        """Raises `BadInput` for what is no span of time."""
        return seconds(self.window, "--window")

    def wanted(self, status: str | None, arm: str | None, slower_s: float | None) -> Wanted:
        """Raises `BadInput` for a status that there is not."""
        if status is not None and status not in STATUSES:
            raise BadInput(
                f"{status!r} is no status.",
                f"Use one of {', '.join(STATUSES)}.",
            )
        return Wanted(
            self.tenant,
            self.database,
            status,
            arm,
            self.operation,
            None if slower_s is None else 1_000 * slower_s,
            time.time() - self.window_s,
        )


def place_of(given: str | None) -> str | None:
    """Where the service keeps them, unless an option names another place. Raises `BadSetting`."""
    return telemetry_place(Configuration.read()) if given is None else given


async def list_traces(
    looking: Looking, wanted: Wanted, limit: int, cursor: str | None, *, as_json: bool
) -> ExitStatus:
    """A line a trace."""
    async with looking_at(looking.place) as telemetry:
        page = await telemetry.traces(wanted, limit, cursor)
    if as_json:
        print_json(page_to_json(page))
    elif not page.traces:
        stdout().print(NONE_YET)
    else:
        stdout().print(outcomes_table([each.outcome for each in page.traces]))
        if page.next_cursor is not None:
            stderr().print(f"More: --cursor {safe(page.next_cursor)}", style="dim")
    return ExitStatus.ANSWERED


async def show(id_: str, chrome: Path | None, store: str | None, *, as_json: bool) -> ExitStatus:
    """As a waterfall; and for Perfetto, where a file is named."""
    async with looking_at(place_of(store)) as telemetry:
        kept = await telemetry.trace(id_)
    if chrome is not None:
        _write(chrome, kept)
    if as_json:
        print_json(trace_to_json(kept))
        return ExitStatus.ANSWERED
    out = stdout()
    out.print(outcomes_table([kept.outcome]))
    if not kept.spans:
        out.print("[dim]Its spans are not kept (any more): see docs/telemetry.md.[/]")
        return ExitStatus.ANSWERED
    out.print()
    out.print(waterfall(_answer(kept), out.width))
    for span in kept.spans:
        if span.kind is Kind.STATEMENT:
            text = span.attributes.get(names.DB_QUERY_TEXT, span.name)
            took = f"{span.end_ms - span.start_ms:,.0f} ms"
            out.print(f"\n[dim]{took}, {safe(span.outcome)}[/]  {safe(str(text))}")
    o = kept.outcome
    if o.served == "parallel":
        out.print(f"\nOne step after another it would have taken about {o.sequential_ms:,.0f} ms.")
    return ExitStatus.ANSWERED


def outcomes_table(outcomes: list[Outcome]) -> Table:
    """One line each."""
    grid = grid_with_heads()
    for heading in ("trace", "began", "database", "operation", "status", "arm"):
        grid.add_column(heading, no_wrap=heading in ("trace", "began"))
    for heading in ("ms", "model", "database", "own"):
        grid.add_column(heading, justify="right")
    for o in outcomes:
        grid.add_row(
            safe(o.trace_id), precisely(o.started_at), safe(o.database), safe(o.operation),
            safe(o.error or o.status), _arm(o),
            f"{o.ms:,.0f}", f"{o.model_ms:,.0f}", f"{o.database_ms:,.0f}", f"{o.own_ms:,.0f}",
        )  # fmt: skip
    return grid


def _arm(outcome: Outcome) -> str:
    if outcome.cache == "hit":
        return safe(f"cache ({outcome.cache_layer})")
    if outcome.fallback is None:
        return safe(outcome.served)
    return safe(f"{outcome.served} (fell back: {outcome.fallback})")


def _write(file: Path, kept: Kept) -> None:
    if not kept.spans:
        raise BadInput(
            "Only the figures of that question are kept, not its spans.",
            "Choose one that is listed: forerun traces list.",
        )
    try:
        file.write_text(json.dumps(chrome_trace(kept)), encoding="utf-8")
    except OSError as failed:
        raise BadInput(
            f"{file} cannot be written: {failed.strerror}.", "Name another file."
        ) from failed


def _answer(kept: Kept) -> Answer:
    """The trace as the waterfall of an answer takes it."""
    trace = Trace(tuple(_stages(kept.spans)), kept.outcome.ms)
    said = kept.outcome.status
    status = Status.FAILED if said == CANCELLED else Status(said)
    return Answer("", status, "", "", TraceId(kept.outcome.trace_id), trace=trace)


def _stages(spans: tuple[Span, ...]) -> Iterator[StageSpan]:
    for span in spans:
        if span.kind is Kind.STAGE:
            calls = [each for each in spans if each.kind is Kind.MODEL and each.parent == span.id]
            yield StageSpan(
                Stage(str(span.attributes[names.APP_STAGE])),
                span.branch,
                span.start_ms,
                span.end_ms,
                span.outcome,
                str(span.attributes.get(names.APP_DETAIL, "")) or None,
                tuple(map(_call, calls)),
                span.wasted,
            )


def _call(span: Span) -> ModelCall:
    said = span.attributes
    tokens = [int(said[n]) for n in (names.GEN_AI_INPUT_TOKENS, names.GEN_AI_OUTPUT_TOKENS)]
    return ModelCall(
        Role(str(said[names.APP_ROLE])),
        str(said[names.GEN_AI_MODEL]),
        str(said[names.GEN_AI_PROMPT]),
        span.start_ms,
        span.end_ms,
        None,
        Usage(1, *tokens),
        span.outcome,
    )
