"""What the pipeline tells of a question becomes the events of its stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forerun.app.serving.event_log import EventLog
from forerun.app.serving.summaries import SummaryReader
from forerun.clock import now
from forerun.domain import Answer, Fate, Role, Rows, Rung
from forerun.domain.branches import MAIN, is_within
from forerun.events import (
    Decided,
    Event,
    FellBack,
    RowsArrived,
    RungLaunched,
    RungSettled,
    StageEnded,
    StageStarted,
    StatementAccepted,
    TextArrived,
)
from forerun.wire import answer_to_text
from forerun.wire.decisions import decision_to_json, fallback_to_json
from forerun.wire.encoding import encoded, encoded_with
from forerun.wire.values import columns_to_json, finite, object_to_json, rows_to_json

NOTHING, NO_ROWS = b"null", b"[]"
UNUSED = "It was still under way when the answer was there."


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as text: its AnswerJSON, and of that the chart."""

    whole: bytes
    chart: bytes = NOTHING


@dataclass(slots=True, eq=False)
class Teller:
    """Hears one question's events and writes them into its log, each once.

    SQL and rows of a branch that is ahead are provisional. Where such a branch is wasted, what it
    has shown, and what grew from it, is retracted before the answer comes.
    """

    log: EventLog
    began_at: float = field(default_factory=now)
    _shown: dict[str, None] = field(default_factory=dict)
    """Branches with something provisional that was not settled yet, in order."""
    _summaries: dict[str, SummaryReader] = field(default_factory=dict)
    _rows: list[tuple[Rows, bytes]] = field(default_factory=list)
    """That were told of, and their text: the answer has some of them."""

    def hear(self, event: Event) -> None:
        match event:
            case TextArrived():
                self._text(event)
            case StageStarted():
                self._stage(event, "started", None, None)
            case StageEnded():
                self._stage(event, "ended", event.outcome, event.detail)
            case StatementAccepted() | RowsArrived():
                self._show(event)
            case _:
                self._hear_decision(event)

    def _hear_decision(self, event: Event) -> None:
        """Why it is done in that way, and what is done ahead."""
        match event:
            case RungLaunched(rung=rung, branch=branch):
                self._rung(rung, branch, "launched", None, 0.0)
            case RungSettled():
                self._rung(event.rung, event.branch, event.fate.value, event.reason, event.saved_s)
                if event.fate is Fate.WASTED:
                    self._retract(event.branch, event.reason)
            case Decided(decision=decision):
                self.log.append("decision", decision_to_json(decision))
            case FellBack(fallback=fallback):
                self.log.append("fallback", fallback_to_json(fallback))

    def written(self, answer: Answer) -> Written:
        """Rows become text once, for the event and for the answer; and so does the chart."""
        chart = NOTHING if answer.chart is None else encoded(object_to_json(answer.chart))
        rows = NO_ROWS if answer.rows is None else self._rows_text(answer.rows)
        return Written(answer_to_text(answer, rows, chart), chart)

    def answered(self, answer: Answer, written: Written) -> None:
        """The last words: what was shown and not used goes, and the answer comes."""
        used = {each.branch for each in answer.speculation if each.outcome is Fate.USED}
        for branch in [shown for shown in self._shown if shown not in used | {MAIN}]:
            self._retract(branch, UNUSED)
        if answer.chart is not None:
            self.log.append_encoded("chart", b'{"chart":%b}' % written.chart)
        if answer.summary is not None:
            told = {"text": answer.summary, "branch": MAIN, "provisional": False}
            self.log.append("summary", told)
        self.log.append_encoded("answer", written.whole)

    def forget(self) -> None:
        """Nothing is told any more."""
        self._rows.clear()

    def _stage(
        self, event: StageStarted | StageEnded, state: str, outcome: str | None, detail: str | None
    ) -> None:
        told = {
            "stage": event.stage.value,
            "state": state,
            "branch": event.branch,
            "at_ms": round((event.at - self.began_at) * 1000, 3),
            "outcome": outcome,
            "detail": detail,
        }
        self.log.append("stage", told)

    def _rung(
        self, rung: Rung, branch: str, state: str, reason: str | None, saved_s: float
    ) -> None:
        told = {"rung": rung.value, "branch": branch, "state": state, "reason": reason}
        self.log.append("rung", {**told, "saved_s": finite(saved_s)})

    def _text(self, event: TextArrived) -> None:
        told = {"role": event.role.value, "branch": event.branch, "text": event.text}
        self.log.append("text", told)
        if event.role is not Role.NARRATOR:
            return
        summary = self._summaries.setdefault(event.branch, SummaryReader())
        if new := summary.read(event.text):
            self._shown[event.branch] = None
            self.log.append("summary", {"text": new, "branch": event.branch, "provisional": True})

    def _show(self, event: StatementAccepted | RowsArrived) -> None:
        if event.provisional and event.branch != MAIN:
            self._shown[event.branch] = None
        if isinstance(event, RowsArrived):
            self.log.append_encoded("rows", self._rows_event(event))
        else:
            self.log.append("sql", {"sql": event.sql, **_provisional(event)})

    def _rows_event(self, event: RowsArrived) -> bytes:
        told = {
            "columns": columns_to_json(event.rows),
            "rows": [],
            "truncated": event.rows.truncated,
            **_provisional(event),
        }
        return encoded_with(told, {"rows": self._rows_text(event.rows)})

    def _rows_text(self, rows: Rows) -> bytes:
        for known, text in self._rows:
            if known is rows:
                return text
        text = encoded(rows_to_json(rows))
        self._rows.append((rows, text))
        return text

    def _retract(self, wasted: str, reason: str | None) -> None:
        for branch in [shown for shown in self._shown if is_within(shown, wasted)]:
            del self._shown[branch]
            self.log.append("retracted", {"branch": branch, "reason": reason})


def _provisional(event: StatementAccepted | RowsArrived) -> Mapping[str, Any]:
    return {"branch": event.branch, "provisional": event.provisional}
