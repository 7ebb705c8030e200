"""What an asker gave becomes a question, within its limits, or is refused."""

from __future__ import annotations

import unicodedata
from datetime import datetime

import anyio

from forerun.app.settings import Settings
from forerun.domain import Limits, Mode, Question
from forerun.errors import BadInput, EmptyQuestion

LONGEST_QUESTION = 10_000
"""Characters. More than that is a paste, not a question."""


def question_of(
    settings: Settings,
    text: str,
    now: datetime,
    max_rows: int | None = None,
    timeout_s: float | None = None,
) -> Question:
    """`text` with the limits that are given, or else those of the settings; its time runs from
    here on. Raises `BadInput` for limits within which nothing can be answered."""
    return Question(
        text,
        now=now,
        limits=Limits(
            _at_least_one(settings.max_rows if max_rows is None else max_rows),
            settings.max_bytes,
            settings.statement_timeout,
        ),
        deadline=anyio.current_time()
        + _above_zero(settings.timeout if timeout_s is None else timeout_s),
    )


def refuse_paste(text: str) -> None:
    """Before anything else: to go through megabytes would hold up others. Raises `BadInput`."""
    if len(text) > LONGEST_QUESTION:
        raise BadInput(
            f"The question has {len(text):,} characters; {LONGEST_QUESTION:,} is the most.",
            "Ask for one thing in a few sentences.",
        )


def sentence(text: str) -> str:
    """What was asked, without control characters and without halves of a character."""
    refuse_paste(text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text).strip()
    if not text:
        raise EmptyQuestion("The question is empty.", "Ask something, in a sentence.")
    return text


def chosen_mode(mode: Mode | str) -> Mode:
    """The mode of that name. Raises `BadInput`."""
    try:
        return Mode(mode)
    except ValueError:
        modes = ", ".join(Mode)
        raise BadInput(f"There is no mode {mode}.", f"Use one of {modes}.") from None


def _at_least_one(max_rows: int) -> int:
    if max_rows < 1:
        raise BadInput(f"max_rows is {max_rows}; an answer needs room for a row.", "Use 1 or more.")
    return max_rows


def _above_zero(timeout_s: float) -> float:
    if not timeout_s > 0:  # NaN too
        raise BadInput(f"The timeout is {timeout_s} seconds; nothing is that quick.", "Use more.")
    return timeout_s
