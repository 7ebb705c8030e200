"""A second pair of eyes on what a query means."""

from __future__ import annotations

import re

from forerun import prompts
from forerun.domain import Context, Reason, ReasonCode, Slice, Statement, Verdict
from forerun.drafting.clock import moment
from forerun.drafting.schema import schema
from forerun.errors import ModelReplyBroken
from forerun.ports import Model

UNREADABLE = "The reviewer's reply could not be read: the query was not reviewed."

_SPOKEN_VERDICT = re.compile(r"^\W*(CORRECT|WRONG)\b[\s:*.—-]*(.*)", re.DOTALL)


async def review(model: Model, slice_: Slice, context: Context, statement: Statement) -> Verdict:
    """Whether the statement answers the question.

    Refused with `REVIEWER_REFUSED` and the reviewer's words. A reply that cannot be read must not
    block a correct answer, nor pass for a review: accepted, with `UNREADABLE` as a warning.
    """
    prompt = prompts.render(
        "reviewer",
        dialect=slice_.catalog.dialect,
        schema=schema(slice_.catalog),
        now=moment(context.now),
        question=prompts.one_line(context.question, 4_000),
        sql=statement.shown,
    )
    try:
        completion = await prompts.ask(model, prompt)
    except ModelReplyBroken:
        return Verdict(statement=statement, warnings=(UNREADABLE,))
    return _read(completion.text, statement)


def _read(reply: str, statement: Statement) -> Verdict:
    fields = prompts.read_fields(reply, {"correct"})
    correct = fields.get("correct")
    if isinstance(correct, bool):
        said = [fields.get(name) for name in ("problem", "advice")]
        words = [word.strip() for word in said if isinstance(word, str)]
        return _verdict(correct, *words, statement=statement)
    if match := _SPOKEN_VERDICT.match(prompts.spoken(reply)):
        return _verdict(match[1] == "CORRECT", match[2].strip(), statement=statement)
    return Verdict(statement=statement, warnings=(UNREADABLE,))


def _verdict(
    correct: bool, problem: str = "", advice: str = "", *, statement: Statement
) -> Verdict:
    if correct:
        return Verdict(statement=statement)
    message = (
        prompts.one_line(problem, 500) or "The reviewer says that it answers another question."
    )
    reason = Reason(ReasonCode.REVIEWER_REFUSED, message, prompts.one_line(advice, 500) or None)
    return Verdict(reasons=(reason,))
