"""A script for all roles at once: what to answer is looked up by the question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from forerun import prompts

_QUESTION = re.compile(r"<question>\n(.*)\n</question>", re.DOTALL)
_QUERY = re.compile(r"<query>\n(.*)\n</query>", re.DOTALL)


class Asked(Protocol):
    """A prompt, or the same prompt as it arrives over HTTP."""

    @property
    def system(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def shape(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Playbook:
    """Plays analyst, writer, reviewer and narrator; a script for `ScriptedModel` and the server.

    A question in none of the mappings is declined by the writer, stands alone, and misses no
    table. A query is correct unless it is in `objections`.
    """

    queries: Mapping[str, str] = field(default_factory=dict)
    """SQL by question."""
    repairs: Mapping[str, str] = field(default_factory=dict)
    """SQL by question, once the first was refused; the first again where there is none."""
    unclear: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Readings to choose from, by question that cannot be answered as it is."""
    standalone: Mapping[str, str] = field(default_factory=dict)
    """The full wording of a follow-up question."""
    missing_tables: Mapping[str, Sequence[str]] = field(default_factory=dict)
    objections: Mapping[str, str] = field(default_factory=dict)
    """What the reviewer finds wrong, by SQL."""
    summary: str = "This is what the rows say."
    suggestions: tuple[str, ...] = ()

    def __call__(self, asked: Asked) -> str:
        """The reply in JSON where a shape is given, else in the words the prompt asks for."""
        question = _inside(_QUESTION, asked.user)
        match _prompt_of(asked.system):
            case "writer":
                said = self._written(question, refused="<refused>" in asked.user)
            case "reviewer":
                said = self._reviewed(_inside(_QUERY, asked.user))
            case "analyst":
                tables = list(self.missing_tables.get(question, ()))
                said = _Said({"tables": tables}, "\n".join(tables) or "NONE")
            case "follow_up":
                wording = self.standalone.get(question, question)
                said = _Said({"question": wording}, wording)
            case _:
                fields = {"summary": self.summary, "suggestions": list(self.suggestions)}
                said = _Said(fields, "\n".join((self.summary, *_bullets(self.suggestions))))
        return said.words if asked.shape is None else json.dumps(said.fields)

    def _written(self, question: str, *, refused: bool) -> _Said:
        fields: dict[str, object] = {
            "sql": "",
            "reading": question,
            "confidence": 0.9,
            "clarify": "",
            "choices": [],
            "unanswerable": "",
        }
        if choices := self.unclear.get(question):
            words = "\n".join(("Clarify: Which one is meant?", *_bullets(choices)))
            return _Said(fields | {"clarify": "Which one is meant?", "choices": [*choices]}, words)
        sql = self.queries.get(question)
        if refused:
            sql = self.repairs.get(question, sql)
        if sql is None:
            missing = "Nothing in the database tells."
            return _Said(fields | {"unanswerable": missing}, f"Unanswerable: {missing}")
        words = f"```sql\n{sql}\n```\nReading: {question}\nConfidence: 0.9"
        return _Said(fields | {"sql": sql}, words)

    def _reviewed(self, sql: str) -> _Said:
        problem = self.objections.get(sql, "")
        fields = {"problem": problem, "advice": "", "correct": not problem}
        return _Said(fields, f"WRONG: {problem}" if problem else "CORRECT")


@dataclass(frozen=True)
class _Said:
    """The same reply in both forms."""

    fields: Mapping[str, object]
    words: str


def _prompt_of(system: str) -> str | None:
    names = ("analyst", "follow_up", "narrator", "reviewer", "writer")
    return next((name for name in names if prompts.load(name).system == system), None)


def _inside(tag: re.Pattern[str], user: str) -> str:
    found = tag.search(user)
    return found[1] if found else ""


def _bullets(items: Sequence[str]) -> list[str]:
    return [f"- {item}" for item in items]
