"""The text of a key: `forerun_` id `_` secret checksum.

The prefix lets scanners for leaked secrets find it. The id (12 signs) finds the row and may be
shown. The secret (43 signs of base 62) holds 256 random bits. The checksum (CRC-32 of all before
it, 6 signs) tells a typo or a key cut short at once, without a look into the store; it proves
nothing.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from hashlib import sha256

PREFIX = "forerun_"
_SIGNS = string.digits + string.ascii_letters
_ID, _SECRET, _CHECKSUM = 12, 43, 6
_FORM = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_ID}}})_[0-9A-Za-z]{{{_SECRET}}}[0-9A-Za-z]{{6}}")


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key as its owner has it. Neither printed nor stored."""

    id: str
    text: str = field(repr=False)

    @property
    def hash(self) -> str:
        """SHA-256, as hex digits: what is stored.

        A fast hash without a salt is right here, and wrong for passwords: nobody can go through
        2^256 random keys, however fast, and no two keys are the same. Passwords are few and
        guessable, so that each guess must be made dear (scrypt, Argon2). Here that would only
        make every request dear.
        """
        return sha256(self.text.encode("ascii")).hexdigest()


def new_key() -> KeyText:
    id_, secret = _random(_ID), _random(_SECRET)
    body = f"{PREFIX}{id_}_{secret}"
    return KeyText(id_, body + _checksum(body))


def read_key(text: str) -> KeyText | None:
    """None for what cannot be a key: another form, or a typo."""
    form = _FORM.fullmatch(text)
    if form is None or text[-_CHECKSUM:] != _checksum(text[:-_CHECKSUM]):
        return None
    return KeyText(form[1], text)


def looks_like_key(text: str) -> bool:
    return text.startswith(PREFIX)


def _random(length: int) -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(length))


def _checksum(text: str) -> str:
    number, signs = zlib.crc32(text.encode("ascii")), ""
    for _ in range(_CHECKSUM):
        number, rest = divmod(number, len(_SIGNS))
        signs = _SIGNS[rest] + signs
    return signs
