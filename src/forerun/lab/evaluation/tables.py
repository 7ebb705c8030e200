"""The report as tables of text, for whoever shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forerun.lab.evaluation.intervals import Rate
from forerun.lab.evaluation.reporting import Line, Report


@dataclass(frozen=True, slots=True)
class Table:
    """A title, column headings, and rows of as many cells."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1
    """How many leading columns hold words; the others hold figures."""


FIGURES = ("questions", "answered", "right", "wrong", "accuracy", "precision", "coverage")


def tables(report: Report) -> tuple[Table, ...]:
    """What a person wants to see first, first; empty tables are left out."""
    shown = (
        Table("Result", ("", *FIGURES), tuple(map(_cells, _overall(report)))),
        Table("By class", ("class", *FIGURES), tuple(map(_cells, report.by_class))),
        Table("By source", ("source", *FIGURES), tuple(map(_cells, report.by_source))),
        Table("By dialect", ("dialect", *FIGURES), tuple(map(_cells, report.by_dialect))),
        Table("Beside the strict measure", ("measure", "figure"), tuple(_others(report))),
        Table("Not answered", ("outcome", "reason", "questions"), _reasons(report), labels=2),
    )
    return tuple(table for table in shown if table.rows)


def _overall(report: Report) -> list[Line]:
    lines = [report.overall]
    if report.gold_empty.questions:
        lines += [report.gold_not_empty, report.gold_empty]
    return lines


def _cells(line: Line) -> tuple[str, ...]:
    counts = (line.questions, line.answered, line.right, line.wrong)
    rates = (line.accuracy, line.precision, line.coverage)
    return (line.name, *(f"{count:,}" for count in counts), *map(percent, rates))


def _others(report: Report) -> Iterator[tuple[str, str]]:
    yield "accuracy on one database (no variants)", percent(report.secondary.single_database)
    yield "accuracy where added columns are forgiven", percent(report.secondary.lenient)
    yield "accuracy by set equality (BIRD)", percent(report.secondary.set_equality)
    if report.fewer_copies:
        yield "questions whose changed copies are not all there", f"{report.fewer_copies:,}"
    if report.interactions:
        talks = report.interactions
        yield f"question match, {talks.turns:,} turns", percent(talks.question_match)
        match = percent(talks.interaction_match)
        yield f"interaction match, {talks.conversations:,} conversations", match
    if report.unanswerable:
        asked = report.unanswerable
        yield "unanswerable, refused", f"{asked.refused:,} of {asked.questions:,}"
        yield "unanswerable, answered silently", f"{asked.answered:,} of {asked.questions:,}"
    if report.latency:
        yield "milliseconds a question, p50", f"{report.latency.p50_ms:,.1f}"
        yield "milliseconds a question, p95", f"{report.latency.p95_ms:,.1f}"


def _reasons(report: Report) -> tuple[tuple[str, ...], ...]:
    line = report.overall
    counts = (("abstained", line.abstained), ("no SQL", line.no_sql))
    counted = [(name, "", f"{count:,}") for name, count in counts if count]
    told = [
        (r.outcome.value.replace("_", " "), r.reason, f"{r.questions:,}") for r in report.reasons
    ]
    return (*counted, *told)


def percent(rate: Rate) -> str:
    """`71.3 % (68.0 to 74.1)`; a dash where there is no figure."""
    if rate.value is None:
        return "–"
    if rate.low is None or rate.high is None:
        return f"{rate.value:.1%}".replace("%", " %")
    return f"{rate.value * 100:.1f} % ({rate.low * 100:.1f} to {rate.high * 100:.1f})"
