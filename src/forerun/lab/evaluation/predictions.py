"""Predictions, one JSON object a line, written as they come: what is there is not asked again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from forerun.domain import Status
from forerun.errors import BadInput
from forerun.lab.evaluation.reading import Line, read_lines

SHAPE = "Lines are {id, sql, status, probability, ms}. Name another file for --out."


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was answered to a question, and how long it took."""

    id: str
    sql: str | None
    status: Status
    probability: float | None
    """Of being right, 0 to 1, as the answerer sees it."""
    ms: float
    problem: str | None = None
    """What failed: an error code, or an unexpected error. Not kept in the file."""

    def line(self) -> str:
        fields = {
            "id": self.id,
            "sql": self.sql,
            "status": self.status.value,
            "probability": self.probability,
            "ms": self.ms,
        }
        return json.dumps(fields, ensure_ascii=False) + "\n"


class Predictions:
    """The predictions so far, kept in the file `path` (None: in memory only).

    A last line that a crash left unfinished is cut off, and failures are left out: a model that
    did not answer yesterday is asked again. Errors: `BadInput` for any other line
    that is no prediction, or where the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._known: dict[str, Prediction] = {}
        self._file: IO[str] | None = None
        if path is None:
            return
        try:
            _cut_unfinished(path)
            found = {p.id: p for p in map(_prediction, read_lines(path))}
            self._known = {p.id: p for p in found.values() if p.status is not Status.FAILED}
            if len(self._known) < len(found):
                path.write_text("".join(p.line() for p in self._known.values()), encoding="utf-8")
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error}", "Name another --out.") from error

    def __enter__(self) -> Predictions:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._known

    def __getitem__(self, item_id: str) -> Prediction:
        return self._known[item_id]

    def add(self, prediction: Prediction) -> None:
        """Remember a prediction; a later one for the same question counts."""
        self._known[prediction.id] = prediction
        if self._file:
            self._file.write(prediction.line())
            self._file.flush()


def _cut_unfinished(path: Path) -> None:
    """Leave only whole lines; an absent file becomes an empty one."""
    with path.open("a+b") as file:
        file.seek(0)
        whole = file.read().rpartition(b"\n")
        file.truncate(len(whole[0]) + len(whole[1]))


def _prediction(line: Line) -> Prediction:
    status = line.text("status")
    if status not in Status.__members__.values():
        raise BadInput(f"{line.where}: {status!r} is no status.", SHAPE)
    return Prediction(
        id=line.text("id"),
        sql=line.optional_text("sql"),
        status=Status(status),
        probability=line.number("probability"),
        ms=line.number("ms") or 0.0,
    )
