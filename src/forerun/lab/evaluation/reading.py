"""Reading files of questions with gold SQL: one question, or one conversation, a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forerun.errors import BadInput

SHAPE = (
    "A line is a JSON object with id, db, question and gold_sql; with `expected` instead of "
    "gold_sql where the right answer is to refuse; or with id, db and turns."
)


@dataclass(frozen=True, slots=True)
class Item:
    """One question, and what a right answer gives."""

    id: str
    db: str
    question: str
    golds: tuple[str, ...]
    """Accepted SQL, the best first. Empty where the right answer is to refuse."""
    dialect: str | None = None
    source: str = "unknown"
    kind: str = "unknown"
    """The question's class: simple, join, aggregate, …"""
    ordered: bool = False
    """Whether row order is part of the answer."""
    variants: tuple[str, ...] = ()
    """Changed copies of the database on which the answer must be right as well."""
    scored: bool = True
    """False for a turn that is asked only because later ones refer to it."""
    time_relative: bool = False
    """The gold depends on today's date."""

    @property
    def to_refuse(self) -> bool:
        return not self.golds


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Questions asked one after the other; mostly it is one."""

    id: str
    items: tuple[Item, ...]
    is_conversation: bool = False
    """Whether it was written as turns, be it a single one."""

    @property
    def db(self) -> str:
        return self.items[0].db


@dataclass(frozen=True, slots=True)
class Line:
    """A JSON object and where it stands; its fields are read with their types checked."""

    where: str
    fields: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.optional_text(name)
        if value is None:
            raise BadInput(f"{self.where}: the field {name!r} is missing.", SHAPE)
        return value

    def optional_text(self, name: str) -> str | None:
        value = self.fields.get(name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self._wrong(name, "a text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self._wrong(name, "a list of texts")
        return tuple(value)

    def flag(self, name: str) -> bool:
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def number(self, name: str) -> float | None:
        value = self.fields.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self._wrong(name, "a number")
        return value

    def turns(self) -> tuple[Line, ...] | None:
        value = self.fields.get("turns")
        if value is None:
            return None
        if not isinstance(value, list) or not value or not all(isinstance(t, dict) for t in value):
            raise self._wrong("turns", "a list of objects, at least one")
        head = {name: field for name, field in self.fields.items() if name != "turns"}
        return tuple(
            Line(f"{self.where}, turn {n}", head | turn | {"id": f"{self.text('id')}:{n}"})
            for n, turn in enumerate(value, start=1)
        )

    def _wrong(self, name: str, wanted: str) -> BadInput:
        return BadInput(f"{self.where}: the field {name!r} is not {wanted}.", SHAPE)


def read_questions(path: Path) -> tuple[Dialogue, ...]:
    """Every question of a file, in its order; unknown fields are ignored.

    Errors: `BadInput` that names the file, the line and the field.
    """
    dialogues = tuple(_dialogue(line) for line in read_lines(path))
    if not dialogues:
        raise BadInput(f"{path.name} holds no questions.", SHAPE)
    seen: set[str] = set()
    for item in (item for dialogue in dialogues for item in dialogue.items):
        if item.id in seen:
            raise BadInput(f"{path.name}: the id {item.id!r} occurs twice.", "Ids must differ.")
        seen.add(item.id)
    return dialogues


def read_lines(path: Path) -> Iterator[Line]:
    """The JSON objects of a JSONL file; blank lines are skipped."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.", "Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}", "It must be a JSONL file.") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _line(f"{path.name}, line {number}", line)


def _line(where: str, text: str) -> Line:
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{where}: not JSON: {error}", SHAPE) from error
    if not isinstance(fields, dict):
        raise BadInput(f"{where}: not a JSON object.", SHAPE)
    return Line(where, fields)


def _dialogue(line: Line) -> Dialogue:
    turns = line.turns()
    items = tuple(_item(turn) for turn in turns or (line,))
    return Dialogue(line.text("id"), items, is_conversation=turns is not None)


def _item(line: Line) -> Item:
    flags = line.texts("flags")
    to_refuse = line.optional_text("expected") is not None
    return Item(
        id=line.text("id"),
        db=line.text("db"),
        question=line.text("question"),
        golds=() if to_refuse else (line.text("gold_sql"), *line.texts("gold_alternatives")),
        dialect=line.optional_text("dialect"),
        source=line.optional_text("source") or "unknown",
        kind=line.optional_text("class") or "unknown",
        ordered=line.flag("order_matters") and "order_tie" not in flags,
        variants=line.texts("variants_ok"),
        scored="unstable_gold" not in flags,
        time_relative="time_relative" in flags,
    )
