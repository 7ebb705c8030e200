"""Follow-up questions, made to stand alone."""

from __future__ import annotations

from collections.abc import Sequence

from forerun import prompts
from forerun.domain import Turn
from forerun.drafting.conversation import told
from forerun.ports import Completion, Model


async def resolve(model: Model, question: str, conversation: Sequence[Turn]) -> str:
    """The question with what it refers to put in; unchanged if it stands alone.

    Unchanged, too, where there is no conversation (no model call) or no readable reply.
    """
    if not conversation:
        return question
    prompt = prompts.render(
        "follow_up",
        conversation=told(conversation),
        question=prompts.one_line(question, 4_000),
    )
    return _reworded(await prompts.ask(model, prompt)) or question


def _reworded(completion: Completion) -> str | None:
    if completion.cut_short:
        return None
    stated = prompts.read_fields(completion.text, {"question"}).get("question")
    if isinstance(stated, str):
        return prompts.one_line(stated.strip(), 4_000) or None
    lines = [line.strip() for line in prompts.spoken(completion.text).splitlines() if line.strip()]
    # One line is the question; several are chatter in which it cannot be told for certain.
    return prompts.one_line(lines[0].strip('"'), 4_000) if len(lines) == 1 else None
