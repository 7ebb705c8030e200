"""The figures of an evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from forerun.lab.evaluation.intervals import Rate, rate
from forerun.lab.evaluation.marking import Mark, Outcome
from forerun.lab.evaluation.reading import Dialogue


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of some questions that could be put."""

    name: str
    questions: int
    answered: int
    right: int
    wrong: int
    abstained: int
    failed: int
    no_sql: int
    """Answered without SQL."""
    coverage: Rate
    """Share answered."""
    accuracy: Rate
    """Share right, of all."""
    precision: Rate
    """Share right, of the answered."""


@dataclass(frozen=True, slots=True)
class Secondary:
    """Other measures of accuracy over all questions; never mixed with the strict one."""

    single_database: Rate
    """Without the variants: what published figures mostly mean."""
    lenient: Rate
    """Strict, but more columns than asked for are forgiven."""
    set_equality: Rate
    """As BIRD does: one database, row order and repeated rows ignored."""


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """Questions that are right to refuse."""

    questions: int
    refused: int
    answered: int
    """Answered silently."""
    failed: int


@dataclass(frozen=True, slots=True)
class Interactions:
    """Conversations: the share of turns that are right, and of those right in every turn."""

    conversations: int
    turns: int
    question_match: Rate
    interaction_match: Rate


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds a question."""

    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some questions have no outcome, or none of the answerer's choosing."""

    outcome: Outcome
    reason: str
    questions: int


@dataclass(frozen=True, slots=True)
class Report:
    """What came out, over all questions with gold SQL that could be put."""

    overall: Line
    not_run: int
    """Questions that could not be put; in no other figure."""
    fewer_copies: int
    """Questions compared on fewer changed copies than they name: less strictly than meant."""
    gold_not_empty: Line
    gold_empty: Line
    """Questions whose gold gives no rows anywhere: any empty result passes."""
    by_class: tuple[Line, ...]
    by_source: tuple[Line, ...]
    by_dialect: tuple[Line, ...]
    secondary: Secondary
    latency: Latency | None
    unanswerable: Unanswerable | None
    interactions: Interactions | None
    reasons: tuple[Reason, ...]
    marks: tuple[Mark, ...]
    """Every question with its outcome, in the order of the databases."""

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values, with the ids of the wrongly answered questions."""
        figures = {name: getattr(self, name) for name in self.__slots__ if name != "marks"}
        wrong = [mark.item.id for mark in self.marks if mark.outcome is Outcome.WRONG]
        return {name: _plain(figure) for name, figure in figures.items()} | {"wrong_ids": wrong}


def report(dialogues: Sequence[Dialogue], marks: Sequence[Mark]) -> Report:
    """Add up the marks; turns that are not scored are left out."""
    counted = [mark for mark in marks if mark.item.scored]
    put = [mark for mark in counted if mark.outcome is not Outcome.NOT_RUN]
    with_gold = [mark for mark in put if not mark.item.to_refuse]
    return Report(
        overall=_line("all", with_gold),
        not_run=len(counted) - len(put),
        fewer_copies=sum(m.score.copies <= len(m.item.variants) for m in with_gold),
        gold_not_empty=_line("gold not empty", [m for m in with_gold if not m.score.empty_gold]),
        gold_empty=_line("gold empty", [m for m in with_gold if m.score.empty_gold]),
        by_class=_lines(with_gold, lambda mark: mark.item.kind),
        by_source=_lines(with_gold, lambda mark: mark.item.source),
        by_dialect=_lines(with_gold, lambda mark: mark.dialect),
        secondary=_secondary(with_gold),
        latency=_latency(put),
        unanswerable=_unanswerable([mark for mark in put if mark.item.to_refuse]),
        interactions=_interactions(dialogues, with_gold),
        reasons=_reasons(counted),
        marks=tuple(marks),
    )


def _line(name: str, marks: Sequence[Mark]) -> Line:
    outcomes = Counter(mark.outcome for mark in marks)
    return Line(
        name,
        questions=len(marks),
        answered=sum(mark.answered for mark in marks),
        right=outcomes[Outcome.RIGHT],
        wrong=outcomes[Outcome.WRONG],
        abstained=outcomes[Outcome.ABSTAINED],
        failed=outcomes[Outcome.FAILED],
        no_sql=outcomes[Outcome.NO_SQL],
        coverage=rate((mark.item.db, mark.answered) for mark in marks),
        accuracy=_share(marks, lambda mark: mark.outcome is Outcome.RIGHT),
        precision=rate(
            (mark.item.db, mark.outcome is Outcome.RIGHT) for mark in marks if mark.answered
        ),
    )


def _lines(marks: Sequence[Mark], of: Callable[[Mark], str]) -> tuple[Line, ...]:
    """A line for each group, the largest first."""
    sizes = Counter(map(of, marks))
    return tuple(
        _line(name, [mark for mark in marks if of(mark) == name]) for name, _ in sizes.most_common()
    )


def _share(marks: Iterable[Mark], hit: Callable[[Mark], bool]) -> Rate:
    return rate((mark.item.db, hit(mark)) for mark in marks)


def _secondary(marks: Sequence[Mark]) -> Secondary:
    return Secondary(
        single_database=_share(marks, lambda mark: mark.score.single),
        lenient=_share(marks, lambda mark: mark.score.lenient),
        set_equality=_share(marks, lambda mark: mark.score.same_set),
    )


def _latency(marks: Iterable[Mark]) -> Latency | None:
    times = sorted(mark.prediction.ms for mark in marks if mark.prediction)
    if not times:
        return None
    return Latency(times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.95))])


def _unanswerable(marks: Sequence[Mark]) -> Unanswerable | None:
    if not marks:
        return None
    outcomes = Counter(mark.outcome for mark in marks)
    return Unanswerable(
        questions=len(marks),
        refused=outcomes[Outcome.ABSTAINED],
        answered=outcomes[Outcome.WRONG] + outcomes[Outcome.NO_SQL],
        failed=outcomes[Outcome.FAILED],
    )


def _interactions(dialogues: Sequence[Dialogue], marks: Sequence[Mark]) -> Interactions | None:
    by_id = {mark.item.id: mark for mark in marks}
    conversations = [
        [by_id[item.id] for item in dialogue.items if item.id in by_id]
        for dialogue in dialogues
        if dialogue.is_conversation
    ]
    conversations = [turns for turns in conversations if turns]
    if not conversations:
        return None
    turns = [mark for turns in conversations for mark in turns]
    return Interactions(
        conversations=len(conversations),
        turns=len(turns),
        question_match=_share(turns, lambda mark: mark.outcome is Outcome.RIGHT),
        interaction_match=rate(
            (turns[0].item.db, all(mark.outcome is Outcome.RIGHT for mark in turns))
            for turns in conversations
        ),
    )


def _reasons(marks: Iterable[Mark]) -> tuple[Reason, ...]:
    """Why questions were not run or failed, the most frequent reason first."""
    told = (Outcome.NOT_RUN, Outcome.FAILED)
    counts = Counter(
        (mark.outcome, mark.detail or "unknown") for mark in marks if mark.outcome in told
    )
    return tuple(Reason(outcome, why, n) for (outcome, why), n in counts.most_common())


def _plain(figure: Any) -> Any:
    if isinstance(figure, tuple):
        return [_plain(part) for part in figure]
    return figure if figure is None or isinstance(figure, int) else asdict(figure)
