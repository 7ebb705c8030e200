"""From a question to a query: written, and written anew when it was refused."""

from __future__ import annotations

from collections.abc import Sequence

from forerun import prompts
from forerun.domain import Clarification, Context, Draft, Reason, Refusal, Slice
from forerun.drafting.clock import moment
from forerun.drafting.conversation import told
from forerun.drafting.replies import read_draft
from forerun.ports import Model


async def write(model: Model, slice_: Slice, context: Context) -> Draft | Clarification | Refusal:
    """Ask the writer. The prompt is, byte for byte, a function of slice and context.

    A reply without a whole query gives a Draft with empty `sql` and the trouble in `reading`:
    checking refuses it as empty, and repair tells the writer why.
    """
    prompt = prompts.render("writer", **_given(slice_, context))
    return read_draft(await prompts.ask(model, prompt, stream=True))


async def repair(
    model: Model, slice_: Slice, context: Context, draft: Draft, reasons: Sequence[Reason]
) -> Draft | Clarification | Refusal:
    """Ask the writer again, telling of the last query and why it was refused, of no other.

    The prompt begins with the writer's, so that a provider's cache serves all but its end.
    """
    refused = _refused(draft, reasons)
    prompt = prompts.render("repair", refused=refused, **_given(slice_, context))
    return read_draft(await prompts.ask(model, prompt, stream=True))


def _given(slice_: Slice, context: Context) -> dict[str, str]:
    """What the writer is told, the most lasting first."""
    earlier = told(context.conversation) if context.follow_up else ""
    return {
        "dialect": slice_.catalog.dialect,
        "schema": prompts.describe(slice_.catalog),
        "now": moment(context.now),
        "conversation": f"\n<conversation>\n{earlier}\n</conversation>\n" if earlier else "",
        "question": prompts.one_line(context.question, 4_000),
    }


def _refused(draft: Draft, reasons: Sequence[Reason]) -> str:
    query = draft.sql.strip() or f"(no query: {draft.reading or 'the reply held none'})"
    return "\n".join((query, "", *map(_told, reasons)))


def _told(reason: Reason) -> str:
    hint = f" ({prompts.one_line(reason.hint, 300)})" if reason.hint else ""
    return f"- {reason.code}: {prompts.one_line(reason.message, 500)}{hint}"
