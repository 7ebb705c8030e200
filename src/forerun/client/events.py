"""What a question tells while it is answered, as it comes from the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from forerun.domain import Answer, ChartSpec, Decision, Fallback, Role, Rows, Rung, Stage
from forerun.wire import answer_from_json
from forerun.wire.decisions import decision_from_json, fallback_from_json
from forerun.wire.reading import Kept, flag, number, optional_number, optional_text, taken, text
from forerun.wire.values import rows_from_json


@dataclass(frozen=True, slots=True)
class Accepted:
    """The question was let in. `id` names it, to cancel it or to read its answer again."""

    id: str
    database: str
    conversation_id: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """Which schedule answers, and why."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class FellBack:
    """The sequential schedule goes on where the parallel one failed."""

    fallback: Fallback


@dataclass(frozen=True, slots=True)
class StageChanged:
    """A stage has begun or ended on a branch."""

    stage: Stage
    branch: str
    ended: bool
    at_ms: float
    """Milliseconds since the question began."""
    outcome: str | None
    """None until it has ended."""
    detail: str | None


@dataclass(frozen=True, slots=True)
class RungChanged:
    """What becomes of work that is done ahead of time."""

    rung: Rung
    branch: str
    state: str
    """`launched`, then `used`, `wasted` or `skipped`."""
    reason: str | None
    saved_s: float


@dataclass(frozen=True, slots=True)
class TextArrived:
    """Words of a model, as it writes them."""

    role: Role
    branch: str
    text: str


@dataclass(frozen=True, slots=True)
class StatementShown:
    """SQL that is about to run. A provisional one may yet be retracted."""

    sql: str
    branch: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class RowsShown:
    """Rows that have come. Provisional ones may yet be retracted."""

    rows: Rows
    branch: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Retracted:
    """What this branch has shown does not hold."""

    branch: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ChartShown:
    chart: ChartSpec


@dataclass(frozen=True, slots=True)
class SummaryArrived:
    """Words of the summary: the next piece while provisional; at the end the whole of it, which
    takes the place of the pieces."""

    text: str
    branch: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, the last event."""

    answer: Answer


StreamEvent: TypeAlias = (
    Accepted
    | Decided
    | FellBack
    | StageChanged
    | RungChanged
    | TextArrived
    | StatementShown
    | RowsShown
    | Retracted
    | ChartShown
    | SummaryArrived
    | Answered
)
OnEvent: TypeAlias = Callable[[StreamEvent], None]


def event_from_json(name: str, document: object) -> StreamEvent | None:
    """The event of that name; None for one that is not known here: a newer service may tell more.

    Raises ValueError, and nothing else, where it is not what its name says.
    """
    read = _READERS.get(name)
    return None if read is None else taken(document, read)


def _accepted(said: Kept) -> Accepted:
    return Accepted(
        text(said["id"]), text(said["database"]), optional_text(said["conversation_id"])
    )


def _decided(said: Kept) -> Decided:
    decision = decision_from_json(said)
    if decision is None:
        raise ValueError("no decision")
    return Decided(decision)


def _stage(said: Kept) -> StageChanged:
    return StageChanged(
        Stage(said["stage"]),
        text(said["branch"]),
        {"started": False, "ended": True}[said["state"]],
        number(said["at_ms"]),
        optional_text(said["outcome"]),
        optional_text(said["detail"]),
    )


def _rung(said: Kept) -> RungChanged:
    return RungChanged(
        Rung(said["rung"]),
        text(said["branch"]),
        text(said["state"]),
        optional_text(said["reason"]),
        optional_number(said["saved_s"]) or 0.0,
    )


def _text(said: Kept) -> TextArrived:
    return TextArrived(Role(said["role"]), text(said["branch"]), text(said["text"]))


def _statement(said: Kept) -> StatementShown:
    return StatementShown(text(said["sql"]), text(said["branch"]), flag(said["provisional"]))


def _rows(said: Kept) -> RowsShown:
    rows = rows_from_json(said) or Rows((), ())
    return RowsShown(rows, text(said["branch"]), flag(said["provisional"]))


def _retracted(said: Kept) -> Retracted:
    return Retracted(text(said["branch"]), optional_text(said["reason"]))


def _chart(said: Kept) -> ChartShown:
    if not isinstance(said["chart"], dict):
        raise TypeError("a chart is an object")
    return ChartShown(said["chart"])


def _summary(said: Kept) -> SummaryArrived:
    return SummaryArrived(text(said["text"]), text(said["branch"]), flag(said["provisional"]))


_READERS: Mapping[str, Callable[[Kept], StreamEvent]] = {
    "accepted": _accepted,
    "decision": _decided,
    "fallback": lambda said: FellBack(fallback_from_json(said)),
    "stage": _stage,
    "rung": _rung,
    "text": _text,
    "sql": _statement,
    "rows": _rows,
    "retracted": _retracted,
    "chart": _chart,
    "summary": _summary,
    "answer": lambda said: Answered(answer_from_json(said)),
}
