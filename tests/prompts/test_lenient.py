"""JSON as models write it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from forerun.prompts import read_fields, read_list, spoken

words = st.text(max_size=20)
plain = st.one_of(words, st.booleans(), st.none(), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
values = st.one_of(plain, st.lists(plain, max_size=3), st.dictionaries(words, plain, max_size=3))


def lowered(value: object) -> object:
    if isinstance(value, dict):
        return {key.lower(): lowered(item) for key, item in value.items()}
    return [lowered(item) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(words, values, max_size=4), st.booleans())
def test_reads_whatever_is_json(fields: dict[str, object], ascii_only: bool) -> None:
    """Valid JSON is read exactly, keys apart: they come in lower case."""
    document = {"sql": "x", **fields}
    text = json.dumps(document, ensure_ascii=ascii_only)
    if "<" not in text:  # tags of thoughts are taken out first
        expected = json.loads(json.dumps(document))
        assert read_fields(f"Here: {text} done", {"sql"}) == lowered(expected)


def test_forgives_what_models_do() -> None:
    """Single quotes, loose commas, bare words, raw line breaks and unescaped quotes."""
    text = "{'sql': 'a\nb', reading: \"it's \"new\" here\", flags: [1, True, None,],}"
    assert read_fields(text, {"sql"}) == {
        "sql": "a\nb",
        "reading": 'it\'s "new" here',
        "flags": [1.0, True, None],
    }


def test_leaves_out_what_was_cut() -> None:
    """A value that may go on is not read."""
    assert read_fields('{"a": "whole", "sql": "SELECT', {"a"}) == {"a": "whole"}
    assert read_fields('{"a": "whole", "n": 0.', {"a"}) == {"a": "whole"}


def test_passes_over_other_braces() -> None:
    """The object with a wanted key is taken, not the first brace."""
    assert read_fields('Use {x} and {"b": 1}: {"a": 2}', {"a"}) == {"a": 2.0}
    assert read_fields("no braces", {"a"}) == {}


def test_reads_lists() -> None:
    """A bare list is found among prose; where there is none, None says so."""
    assert read_list("Sure: ['a', 'b',]") == ["a", "b"]
    assert read_list("none") is None


def test_deep_nesting_ends_quietly() -> None:
    """A reply of brackets alone neither hangs nor overflows."""
    assert read_fields("{" * 50_000, {"a"}) == {}
    assert read_list("[" * 50_000) == [[[[[[[[[]]]]]]]]]


def test_thoughts_are_not_spoken() -> None:
    """Closed, unopened and unclosed thoughts are left out."""
    assert spoken("<think>a</think>b<THINKING>c</THINKING>d") == "bd"
    assert spoken("a</think>b") == "b"
    assert spoken("a<think>b") == "a"
