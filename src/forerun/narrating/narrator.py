"""A model's words about the rows, kept only where the rows bear them out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forerun.domain import Drawn, Rows, Told
from forerun.narrating.charting import chart
from forerun.narrating.fields import Field, plain_text, read
from forerun.narrating.figures import mean, say_number, total
from forerun.narrating.grounding import SEEN_ROWS, Grounds
from forerun.ports import Model
from forerun.prompts import ask, literal, one_line, read_fields, render, spoken, table_of

_LONGEST_TABLE = 12_000
_LONGEST_SUMMARY = 1_000


async def tell(model: Model, question: str, rows: Rows) -> Told:
    """Ask the narrator, and check every figure of its summary against the rows.

    The narrator sees the question and at most 50 rows with totals over all of them; never SQL.
    What its words are checked against, and the chart, is found out once they begin to come.
    Errors: those of the model.
    """
    table, shown = _material(rows)
    prompt = render("narrator", question=one_line(question, 2_000), rows=table, shown=shown)
    grounds, drawn = Grounds(question, rows), None

    async def meanwhile(_: str) -> None:
        nonlocal drawn
        if drawn is None:
            grounds.gathered()
            drawn = Drawn(question, rows, chart(question, rows))

    completion = await ask(model, prompt, stream=True, on_text=meanwhile)
    summary, suggestions = _read(completion.text)
    objection = _objection(summary, grounds)
    if objection is not None:
        objection = f"The narrator's summary was replaced by a plain one: {objection}."
    return Told(summary, suggestions, objection, drawn)


def _material(rows: Rows) -> tuple[str, str]:
    """The rows that fit, and a sentence on how many they are and what the others add up to."""
    table = table_of(rows, SEEN_ROWS)
    lines = table.splitlines()
    while len(lines) > 2 and sum(map(len, lines)) > _LONGEST_TABLE:
        lines = lines[: len(lines) // 2 + 1]
    shown = len(lines) - 1
    count = f"{len(rows):,}" + (" fetched, of more that exist" if rows.truncated else "")
    if shown == len(rows):
        return "\n".join(lines), f"These are all rows: {count}."
    facts = [_over_all(field) for field in read(rows).measures[:6] if field.numbers]
    return "\n".join(lines), " ".join([f"These are the first {shown} rows of {count}.", *facts])


def _over_all(field: Field) -> str:
    numbers = field.numbers
    return (
        f"Over all of them, {literal(plain_text(field.name, 60))} has the minimum "
        f"{say_number(min(numbers))}, maximum {say_number(max(numbers))}, "
        f"mean {say_number(mean(numbers))} and sum {say_number(total(numbers))}."
    )


def _read(reply: str) -> tuple[str, tuple[str, ...]]:
    """Summary and suggestions, from JSON or from sentences followed by a list."""
    fields = read_fields(reply, {"summary"})
    told = fields.get("summary")
    if isinstance(told, str):
        listed = fields.get("suggestions")
        asked = (
            [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
        )
        return " ".join(told.split()), _clean(asked)
    lines = [line.strip() for line in spoken(reply).splitlines() if line.strip()]
    sentences = [line for line in lines if not line.startswith(("- ", "* "))]
    return " ".join(sentences), _clean(line[2:] for line in lines if line.startswith(("- ", "* ")))


def _clean(asked: Iterable[str]) -> tuple[str, ...]:
    plain = (plain_text(question, 160) for question in asked)
    return tuple(dict.fromkeys(q for q in plain if q and not _MARKUP.search(q)))[:3]


_MARKUP = re.compile(r"https?:|www\.|</?\w|\]\(|```|[{}]", re.IGNORECASE)
"""Links and code have no place in a summary: they are how a hostile row would speak through it."""


def _objection(summary: str, grounds: Grounds) -> str | None:
    if not summary:
        return "it said nothing"
    if len(summary) > _LONGEST_SUMMARY:
        return "it was too long"
    if _MARKUP.search(summary) or not summary.isprintable():
        return "it held links or code"
    figures = grounds.made_up(summary)
    if figures:
        return f"the rows do not bear out {', '.join(figures[:3])}"
    return None
