"""The text of keys: random enough, and typos told without a look-up."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.access.key_text import looks_like_key, new_key, read_key

SIGNS = string.digits + string.ascii_letters
KEY = new_key()


def test_a_new_key_is_read_back_and_no_two_are_the_same() -> None:
    """Its id is that in its text; the secret holds 256 bits: 43 of 62 signs."""
    keys = [new_key() for _ in range(200)]
    assert [read_key(key.text) for key in keys] == keys
    assert len({key.id for key in keys} | {key.hash for key in keys}) == 400
    secret = KEY.text.split("_")[2][:-6]
    assert len(secret) == 43
    assert 62**43 >= 2**256
    assert looks_like_key(KEY.text)


def test_a_key_is_never_printed_with_its_secret() -> None:
    """Neither in logs nor in tracebacks."""
    assert KEY.text not in repr(KEY)
    assert KEY.text.split("_")[2] not in repr(KEY)


@given(at=st.integers(len("forerun_"), len(KEY.text) - 1), sign=st.sampled_from(SIGNS + "_- é"))
def test_one_wrong_sign_is_told(at: int, sign: str) -> None:
    """Wherever it is, also in the checksum."""
    typo = KEY.text[:at] + sign + KEY.text[at + 1 :]
    assert read_key(typo) is None or typo == KEY.text


@given(at=st.integers(len("forerun_"), len(KEY.text) - 2))
def test_two_signs_in_the_wrong_order_are_told(at: int) -> None:
    """The typo that hands make most."""
    t = KEY.text
    typo = t[:at] + t[at + 1] + t[at] + t[at + 2 :]
    assert read_key(typo) is None or typo == t


@pytest.mark.parametrize(
    "text",
    ["", "forerun_", KEY.text[:-1], KEY.text + "x", KEY.text + "\n"],
    ids=["nothing", "start", "cut", "a letter more", "a line more"],
)
def test_what_is_cut_or_too_long_is_no_key(text: str) -> None:
    """Nothing is guessed from the part that is there."""
    assert read_key(text) is None


@given(text=st.text(max_size=90))
def test_any_text_is_told_from_a_key_without_an_error(text: str) -> None:
    """Whatever strangers send."""
    assert read_key(text) is None
    assert read_key(f"forerun_{text}") is None
