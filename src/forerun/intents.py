"""Whether two wordings ask the same: a text that both share only if they may share an answer.

It is made of what was understood, the canonical text of a query, and of the words that a reading
could have passed over. Nothing runs, and no likeness is ever taken for equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from forerun import checking, parsing
from forerun.domain import Catalog, Context, Draft, Origin, Slice
from forerun.stages import Resources


async def intent(slice_: Slice, context: Context, resources: Resources) -> str | None:
    """The signature of a question as the built-in parser understands it, 32 hex digits.

    None where the parser would not answer it of itself, or the query has no canonical text. As
    long as the parser takes, some 20 ms; what it has read lately it need not read again.
    """
    parsed = await parsing.aside(parsing.parse_in, context, slice_.catalog)
    is_sure = parsed.drafts and parsed.drafts[0].confidence >= resources.policy.thresholds.answer
    goes_on = context.said is not None and parsed.considered is None
    if not is_sure or (goes_on and not context.follow_up):
        return None
    return intent_of(context, parsed.drafts[0].sql, await resources.catalog.structure())


def intent_of(context: Context, sql: str, catalog: Catalog) -> str | None:
    """The signature of a question that was answered by this query, whoever wrote it.

    None where the gate refuses the query, its rows may change at once, or it has no canonical
    text. The same as `intent` gives for every wording that may share the answer: its rows, under
    whatever names the writer gave their columns.
    """
    statement = checking.check(Draft(sql, Origin.USER, 1.0), catalog).statement
    if statement is None or statement.volatile:
        return None
    understood = checking.canonical(statement, catalog, named=False)
    if understood == statement.shown:  # its own text: not understood
        return None
    return _digest(understood, *_said(context))


def words_of(context: Context) -> str:
    """The part of a signature that takes no reading, 32 hex digits; less than a millisecond.

    Different ones: the questions' signatures differ, too.
    """
    return _digest(*_said(context))


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _said(context: Context) -> Iterator[str]:
    """The words of the question; of one that goes on from others, their words too."""
    today = context.now.date()
    yield from parsing.essence(context.said or context.question, today)
    if context.follow_up:
        for turn in context.conversation:
            yield "after"
            yield from parsing.essence(turn.question, today)
