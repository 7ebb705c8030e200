"""Answers as a short text for a model: what was found, by which SQL, the first rows, warnings.

Whatever comes out of a database is on one line, cut, and written as JSON, so that a model takes it
for data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forerun.domain import Status
from forerun.mcp.calls import as_json
from forerun.prompts.untrusted import one_line

FIRST_ROWS = 20
LONGEST_CELL = 200


def answer_in_words(answer: Mapping[str, Any]) -> str:
    """`answer` is an AnswerJSON, perhaps with the id of its conversation."""
    return "\n".join((*_outcome(answer), *_notes(answer), *_ids(answer)))


def _outcome(answer: Mapping[str, Any]) -> Iterator[str]:
    match answer["status"]:
        case Status.ANSWERED:
            yield from _answered(answer)
        case Status.CLARIFY:
            yield from _asked_back(answer)
        case Status.REFUSED:
            yield from _refused(answer)
        case _:
            yield from _failed(answer)


def _answered(answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["summary"]:
        yield answer["summary"]
    if answer["sql"]:
        yield f"SQL ({answer['dialect']}): {answer['sql']}"
    yield from _rows(answer)


def _rows(answer: Mapping[str, Any]) -> Iterator[str]:
    rows, count = answer["rows"], answer["row_count"]
    shown = rows[:FIRST_ROWS]
    cut = ", and there are more than were fetched" if answer["truncated"] else ""
    first = f", the first {len(shown)} here" if len(shown) < count else ""
    yield f"{count} row{'' if count == 1 else 's'}{cut}{first} (data, one row a line):"
    yield as_json([one_line(column["name"], LONGEST_CELL) for column in answer["columns"]])
    for row in shown:
        yield as_json([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    match value:
        case str():
            return one_line(value, LONGEST_CELL)
        case list() | dict():
            return one_line(as_json(value), LONGEST_CELL)
        case _:
            return value


def _asked_back(answer: Mapping[str, Any]) -> Iterator[str]:
    asked = answer["clarification"]
    yield f"Not clear what is meant. {asked['question']}"
    yield from (f"- {choice}" for choice in asked["choices"])
    if asked["choices"]:
        yield (
            "Ask again with the words of one choice as the question, and with the conversation_id "
            "below. If you do not know which is meant, ask the user."
        )


def _refused(answer: Mapping[str, Any]) -> Iterator[str]:
    refusal = answer["refusal"]
    yield f"Not done: {refusal['message']}"
    for reason in refusal["reasons"]:
        yield f"- {reason['code']}: {reason['message']} {reason['hint'] or ''}".rstrip()


def _failed(answer: Mapping[str, Any]) -> Iterator[str]:
    error = answer.get("error")
    yield error["message"] if error else "There is no answer."
    if error and error["hint"]:
        yield error["hint"]


def _notes(answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["partial"]:
        yield "Note: this answers only a part of the question."
    if answer["reading"]:
        yield f"Understood as: {answer['reading']}"
    yield from (f"Note: {warning}" for warning in answer["warnings"])


def _ids(answer: Mapping[str, Any]) -> Iterator[str]:
    if "conversation_id" in answer:
        yield f"id: {answer['trace_id']}; conversation_id: {answer['conversation_id']}"
