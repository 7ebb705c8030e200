"""Event streams are read by the letter of the standard, however they are cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.client.sse import EventParser, EventTooLong, ServerSentEvent

LINES = st.lists(
    st.sampled_from(
        [
            "",
            "",
            "data: a",
            "data:b",
            "data:  c",
            "data",
            "data:",
            "event: x",
            "event",
            "id: 1",
            "id",
            "id: 2\0",
            "retry: 5",
            ": comment",
            ":",
            "other: y",
            "data: Grüße 😀",
            "\ufeffdata: d",
            "datax: e",
            " data: f",
        ]
    )
    | st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=6),
    max_size=12,
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Any lines with any line ends, mixed, perhaps after a byte order mark and cut at the end."""
    whole = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    for line in draw(LINES):
        whole += line.encode() + draw(ENDS)
    return whole + draw(st.sampled_from([b"", b"data: cut", b"\r"]))


def by_the_standard(whole: bytes) -> list[ServerSentEvent]:
    """The standard's own steps, over all of the text at once."""
    text = whole.decode("utf-8", "replace").removeprefix("\ufeff")
    *lines, _ = re.split("\r\n|\r|\n", text)
    events, data, name, id_ = [], "", "", ""
    for line in lines:
        field, _, value = line.partition(":")
        value = value[1:] if value[:1] == " " else value
        if line == "":
            if data:
                events.append(ServerSentEvent(name or "message", data[:-1], id_))
            data, name = "", ""
        elif field == "data":
            data += value + "\n"
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            id_ = value
    return events


def fed(pieces: list[bytes]) -> list[ServerSentEvent]:
    parser = EventParser(1_000_000)
    return [event for piece in pieces for event in parser.feed(piece)]


@given(streams(), st.data())
def test_any_stream_cut_anywhere_is_what_the_standard_says(
    whole: bytes, data: st.DataObject
) -> None:
    """Whole, byte by byte, and in any other pieces, empty ones too."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    expected = by_the_standard(whole)
    assert fed([whole]) == expected
    assert fed([bytes([byte]) for byte in whole]) == expected
    assert fed(pieces) == expected


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_any_bytes_at_all_are_no_fault(pieces: list[bytes]) -> None:
    """Garbage is read as the standard would read it."""
    assert fed(pieces) == by_the_standard(b"".join(pieces))


def test_an_event_comes_with_its_last_byte() -> None:
    """Nothing is held back for what may follow, a line feed after a carriage return neither."""
    parser = EventParser(100)
    assert parser.feed(b"id: 7\rdata: x\r") == []
    assert parser.feed(b"\r") == [ServerSentEvent("message", "x", "7")]
    assert parser.feed(b"\n") == []
    assert parser.feed(b"data: y\n\n") == [ServerSentEvent("message", "y", "7")]


@pytest.mark.parametrize("line", [b"data: 12345\n", b"data: 123", b"x: 1234567\n", b": 12345678\n"])
def test_an_event_that_does_not_end_is_given_up(line: bytes) -> None:
    """Whatever it is made of, no more than so many bytes are held."""
    parser = EventParser(50)
    with pytest.raises(EventTooLong):
        _ = [parser.feed(line) for _ in range(20)]


def test_many_events_are_not_one_long_one() -> None:
    """The bound is for each of them."""
    parser = EventParser(20)
    assert len([e for _ in range(50) for e in parser.feed(b": beat\n\ndata: x\n\n")]) == 50
