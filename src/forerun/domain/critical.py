"""What an answer waited for, and how long it would have waited one step after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forerun.domain.branches import parent, rung_of
from forerun.domain.decision import GUESSES, Rung
from forerun.domain.trace import Stage, StageSpan, Trace

TOLERANCE_MS = 1.0
"""What begins this little before another's end is taken to have waited for it."""
_WRITING = frozenset({Stage.DRAFT, Stage.REPAIR})
_GUESSED_FOR_OTHERS = frozenset({Stage.REVIEW, Stage.RUN, Stage.NARRATE})
"""What a guess does that the writer's query need not do again."""
_CUT_OFF = ("failed", "cancelled")


def critical_path(trace: Trace) -> tuple[StageSpan, ...]:
    """The spans that the answer waited for, in order of time.

    The critical path (Kelley and Walker, 1959), read from times because no dependencies are
    recorded: from the span that ended last, back to what ended latest before it began.
    """
    began = sorted(filter(_counts, trace.spans), key=lambda span: span.start_ms)
    if not began:
        return ()
    at = max(range(len(began)), key=lambda n: (began[n].end_ms, n))
    path = [began[at]]
    while (before := _awaited(began[at], began[:at])) is not None:
        at = before
        path.append(began[at])
    return tuple(reversed(path))


def sequential_ms(trace: Trace) -> float:
    """About what the sequential schedule would have taken for the same answer, in milliseconds.

    The lengths of all that it would have done as well, each once: without what was wasted, the
    stages of a guess at the query, and what failed on a path that another then took over.
    """
    counted = [span for span in trace.spans if _counts(span)]
    plain = [span for span in counted if rung_of(span.branch) not in GUESSES]
    guessed = [span for span in counted if rung_of(span.branch) in GUESSES]
    plain = [span for n, span in enumerate(plain) if not _was_done_again(span, plain[n + 1 :])]
    return round(_one_after_another_ms(plain) + _only_guessed_ms(guessed, plain), 3)


def _counts(span: StageSpan) -> bool:
    return not span.wasted and span.outcome != "skipped"


def _length(span: StageSpan) -> float:
    return span.end_ms - span.start_ms


def _awaited(span: StageSpan, earlier: Sequence[StageSpan]) -> int | None:
    """The place of what `span` waited for among those that began before it."""
    if rung_of(span.branch) is Rung.SQL_FIRST and all(e.branch != span.branch for e in earlier):
        above = parent(span.branch)
        for n, writing in enumerate(earlier):  # it began at the fence of what is still written
            if writing.branch == above and writing.stage in _WRITING and _spans(writing, span):
                return n
    ended = [n for n, e in enumerate(earlier) if e.end_ms <= span.start_ms + TOLERANCE_MS]
    return max(ended, key=lambda n: (earlier[n].end_ms, n), default=None)


def _spans(writing: StageSpan, span: StageSpan) -> bool:
    return writing.start_ms <= span.start_ms < writing.end_ms


def _was_done_again(span: StageSpan, later: Iterable[StageSpan]) -> bool:
    """No schedule does a stage again that failed or was cut off: another took over."""
    return span.outcome in _CUT_OFF and any(s.stage is span.stage for s in later)


def _one_after_another_ms(spans: Sequence[StageSpan]) -> float:
    """What they take, each stage at one of them at a time: who finds a call under way waits for
    it, and that is no work of its own."""
    until: dict[Stage, float] = {}
    whole = 0.0
    for span in sorted(spans, key=lambda span: span.start_ms):
        begins = max(span.start_ms, until.get(span.stage, 0.0))
        whole += max(span.end_ms - begins, 0.0)
        until[span.stage] = max(span.end_ms, begins)
    return whole


def _only_guessed_ms(guessed: Sequence[StageSpan], plain: Sequence[StageSpan]) -> float:
    """What the guesses' stages add to those of the writer's, which found some of it done."""
    found_done = {span.stage: _length(span) for span in plain}  # the last of each stage
    longest: dict[Stage, float] = {}  # one guess may have found done what another did
    for span in guessed:
        if span.outcome not in _CUT_OFF:
            longest[span.stage] = max(_length(span), longest.get(span.stage, 0.0))
    return sum(
        max(length - found_done.get(stage, 0.0), 0.0)
        for stage, length in longest.items()
        if stage in _GUESSED_FOR_OTHERS or stage not in found_done
    )
