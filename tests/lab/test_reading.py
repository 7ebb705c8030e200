"""Files of questions: what is accepted, and how a fault is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun.errors import BadInput
from forerun.lab.evaluation.reading import read_questions

WHOLE = '{"id": "q1", "db": "d", "question": "how many?", "gold_sql": "SELECT 1"}'


def read(tmp_path: Path, text: str | bytes) -> tuple[str, ...]:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return tuple(item.id for dialogue in read_questions(path) for item in dialogue.items)


def test_unknown_fields_blank_lines_and_a_byte_order_mark_are_tolerated(tmp_path: Path) -> None:
    """Files are read as editors and other tools write them."""
    text = "\ufeff" + WHOLE.replace("}", ', "knowledge_type": "T3"}') + "\r\n\n"
    assert read(tmp_path, text) == ("q1",)


def test_line_separators_inside_a_text_end_no_line(tmp_path: Path) -> None:
    """U+2028 is legal inside JSON texts."""
    assert read(tmp_path, WHOLE.replace("how many?", "how\u2028many?")) == ("q1",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no questions"),
        (f"{WHOLE}\n{{", "line 2: not JSON"),
        (f"{WHOLE}\n[1]", "line 2: not a JSON object"),
        (WHOLE.replace('"question"', '"q"'), "line 1: the field 'question' is missing"),
        (WHOLE.replace('"gold_sql"', '"sql"'), "line 1: the field 'gold_sql' is missing"),
        (WHOLE.replace('"how many?"', "7"), "line 1: the field 'question' is not a text"),
        (WHOLE.replace('"how many?"', '" "'), "line 1: the field 'question' is not a text"),
        (WHOLE.replace("}", ', "flags": "x"}'), "line 1: the field 'flags' is not a list"),
        (WHOLE.replace("}", ', "order_matters": 1}'), "'order_matters' is not true or false"),
        (WHOLE.replace("}", ', "turns": []}'), "the field 'turns' is not a list of objects"),
        (WHOLE.replace("}", ', "turns": [{"question": 1}]}'), "line 1, turn 1: the field"),
        (f"{WHOLE}\n{WHOLE}", "the id 'q1' occurs twice"),
    ],
)
def test_a_fault_is_told_with_its_line_and_field(tmp_path: Path, text: str, message: str) -> None:
    """Whoever wrote the file finds the place at once."""
    with pytest.raises(BadInput, match=message) as failure:
        read(tmp_path, text)
    assert failure.value.hint


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A binary file is named as one, without a traceback's vocabulary."""
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path, b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="There is no file"):
        read_questions(tmp_path / "absent.jsonl")
