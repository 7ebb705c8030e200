"""The summary as it streams: whatever the pieces, together they are what was said."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.app.serving.summaries import SummaryReader

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
CUTS = st.lists(st.integers(1, 7), max_size=40)


def in_pieces(reply: str, cuts: list[int]) -> list[str]:
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(reply[at : at + cut])
        at += cut
    return [*pieces, reply[at:]]


@given(summary=WORDS, ascii_only=st.booleans(), cuts=CUTS)
def test_a_summary_in_json_comes_out_whole(summary: str, ascii_only: bool, cuts: list[int]) -> None:
    """Escapes that are cut in half are waited for; nothing after the summary is shown."""
    fields = {"summary": summary, "suggestions": ["What else?"]}
    reply = json.dumps(fields, ensure_ascii=ascii_only)
    reader = SummaryReader()
    read = "".join(reader.read(piece) for piece in in_pieces(reply, cuts))
    if "\\ud" not in reply:  # signs beyond 16 bits in two escapes end what is shown
        assert read == summary
    else:
        assert summary.startswith(read)


@given(cuts=CUTS)
def test_a_summary_in_words_ends_where_the_suggestions_begin(cuts: list[int]) -> None:
    """The list of further questions is no part of it."""
    reader = SummaryReader()
    reply = "Kiel has two.\nBremen has one.\n- And per month?\n- And in Hamburg?"
    read = "".join(reader.read(piece) for piece in in_pieces(reply, cuts))
    assert read == "Kiel has two.\nBremen has one."


@pytest.mark.parametrize("reply", ["", "{", '{"other": 1}', "```json\n{", "- only a list"])
def test_where_there_is_no_summary_nothing_is_shown(reply: str) -> None:
    """What is no summary yet, or none at all, is not taken for one."""
    assert SummaryReader().read(reply) == ""
