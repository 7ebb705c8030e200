"""Tables that the deterministic slice missed."""

from __future__ import annotations

import re

from forerun import prompts
from forerun.domain import Catalog, Slice
from forerun.ports import Model

MOST_ADDED = 8

_LIST_MARK = re.compile(r"^(?:[-*•]|\d+[.)])\s*|^tables?\s*:\s*", re.IGNORECASE)


async def analyse(model: Model, question: str, slice_: Slice, whole: Catalog) -> tuple[str, ...]:
    """Keys of tables to add to the slice, in catalog order; never one it already has.

    At most `MOST_ADDED`. Names the catalog does not hold, and unreadable replies, add nothing.
    """
    # The outline of the whole catalog comes first: it is the same for every question.
    prompt = prompts.render(
        "analyst",
        tables=prompts.outline(whole),
        chosen=", ".join(prompts.spelling(t, whole.dialect) for t in slice_.catalog.tables),
        question=prompts.one_line(question, 4_000),
    )
    completion = await prompts.ask(model, prompt)
    named = {_bare(name) for name in _names(completion.text)}
    chosen = slice_.catalog.by_key.keys()
    missing = (
        table.key
        for table in whole.tables
        if table.key.lower() not in chosen
        and named & {_bare(table.key), _bare(prompts.spelling(table, whole.dialect))}
    )
    return tuple(missing)[:MOST_ADDED]


def _names(reply: str) -> list[str]:
    """Names in a reply held to JSON, else one a line or between commas."""
    listed = prompts.read_fields(reply, {"tables"}).get("tables")
    if not isinstance(listed, list):
        listed = prompts.read_list(reply)
    if listed is not None:
        return [name for name in listed if isinstance(name, str)]
    lines = prompts.spoken(reply).splitlines()
    return [name for line in lines for name in _LIST_MARK.sub("", line.strip()).split(",")]


def _bare(name: str) -> str:
    """A name without its quotes, its column list and its case."""
    return re.sub(r"[`\"'\[\]]|\s*\(.*", "", name).strip().lower()
