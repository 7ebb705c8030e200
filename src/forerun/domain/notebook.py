"""An answer as HTML for notebooks: no scripts, no styles that leak, everything escaped."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

from forerun.domain.catalog import Value
from forerun.domain.rows import ResultColumn, Rows
from forerun.domain.written import written

if TYPE_CHECKING:  # Answer shows itself by this module
    from forerun.domain.answer import Answer

_SHOWN_ROWS = 20
_SHOWN_COLUMNS = 20
_LONGEST_CELL = 200

_ENDINGS = {
    "answered": "answered",
    "clarify": "asked back",
    "refused": "refused",
    "failed": "failed",
}
_BOX = "max-width:60em;line-height:1.45;margin:.4em 0"
_MUTED = "opacity:.65;font-size:.85em"
_CODE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;padding:.6em .8em;border-radius:4px;"
    "background:rgba(127,127,127,.12);font-size:.9em;margin:.4em 0"
)
_NOTE = "border-left:3px solid #d08700;padding:.1em .7em;margin:.5em 0"
_CELL = "padding:.25em .8em;border-bottom:1px solid rgba(127,127,127,.25)"


def render(answer: Answer) -> str:
    """Question, summary, rows (at most 20), SQL and times, for `_repr_html_`."""
    parts = [
        f'<div style="font-weight:600;font-size:1.05em">{escape(answer.question)}</div>',
        *_said(answer),
        *(f'<div style="{_NOTE}">{escape(warning)}</div>' for warning in answer.warnings),
        _table(answer.rows) if answer.rows is not None else "",
        _sql(answer.sql) if answer.sql else "",
        _list("You could ask next", answer.suggestions),
        _footer(answer),
    ]
    return f'<div style="{_BOX}">{"".join(parts)}</div>'


def _said(answer: Answer) -> list[str]:
    """What the answer says in words, whichever way it ended."""
    said = []
    if answer.summary:
        said.append(f'<div style="margin:.3em 0">{escape(answer.summary)}</div>')
    if answer.clarification:
        asked = escape(answer.clarification.question)
        said.append(f'<div style="{_NOTE}">{asked}{_list("", answer.clarification.choices)}</div>')
    if answer.refusal:
        reasons = tuple(reason.message for reason in answer.refusal.reasons)
        told = escape(answer.refusal.message)
        said.append(f'<div style="{_NOTE}">{told}{_list("", reasons)}</div>')
    if answer.failure:
        hint = f"<br>{escape(answer.failure.hint)}" if answer.failure.hint else ""
        said.append(f'<div style="{_NOTE}">{escape(answer.failure.message)}{hint}</div>')
    return said


def _table(rows: Rows) -> str:
    if not rows.columns:
        return ""
    columns = rows.columns[:_SHOWN_COLUMNS]
    head = "".join(_cell("th", column.name, column) for column in columns)
    body = "".join(
        "<tr>"
        + "".join(_cell("td", _text(v), c) for v, c in zip(row, columns, strict=False))
        + "</tr>"
        for row in rows.rows[:_SHOWN_ROWS]
    )
    return (
        '<div style="overflow-x:auto;margin:.5em 0"><table style="border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{_left_out(rows)}</div>"
    )


def _cell(tag: str, text: str, column: ResultColumn) -> str:
    side = "right" if column.kind.is_number else "left"
    return f'<{tag} style="{_CELL};text-align:{side}">{escape(text)}</{tag}>'


def _text(value: Value) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if 1e-4 <= abs(value) < 1e15 else str(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 30:
        return f"{value:,f}"
    text = f"{len(value):,} bytes" if isinstance(value, bytes) else written(value)
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _left_out(rows: Rows) -> str:
    said = []
    if len(rows) > _SHOWN_ROWS:
        said.append(f"{_SHOWN_ROWS} of {len(rows):,} rows")
    if len(rows.columns) > _SHOWN_COLUMNS:
        said.append(f"{_SHOWN_COLUMNS} of {len(rows.columns):,} columns")
    if rows.truncated:
        said.append("the database has more rows than were fetched")
    return f'<div style="{_MUTED}">{"; ".join(said)}</div>' if said else ""


def _sql(sql: str) -> str:
    return (
        f'<details><summary style="{_MUTED};cursor:pointer">SQL</summary>'
        f'<pre style="{_CODE}">{escape(sql)}</pre></details>'
    )


def _list(title: str, items: tuple[str, ...]) -> str:
    if not items:
        return ""
    listed = "".join(f"<li>{escape(item)}</li>" for item in items)
    head = f'<div style="{_MUTED};margin-top:.5em">{escape(title)}</div>' if title else ""
    return f'{head}<ul style="margin:.2em 0 .2em 1.4em;padding:0">{listed}</ul>'


def _footer(answer: Answer) -> str:
    spans = [span for span in answer.trace.spans if span.outcome != "skipped" and not span.wasted]
    stages = " · ".join(
        f"{escape(span.stage.value)} {_ms(span.end_ms - span.start_ms)}" for span in spans
    )
    took = f"{_ENDINGS[answer.status.value]} in {_ms(answer.trace.total_ms)}"
    usage = answer.usage
    cost = f" · {usage.cost_usd:.4f} USD" if usage.model_calls and usage.cost_usd else ""
    calls = f" · {usage.model_calls} model calls{cost}" if usage.model_calls else ""
    told = f"{took}{f': {stages}' if stages else ''}{calls}"
    return f'<div style="{_MUTED};margin-top:.4em">{told}</div>'


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:,.0f} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:,.1f} s"
