"""JSON as bytes, written once and sent as they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

_SLOW = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _encoded_by_us(document: Any) -> bytes:
    return _SLOW.encode(document).encode("utf-8", "replace")


def _fastest() -> Callable[[Any], bytes]:
    """orjson is some six times as fast; whoever has it installed has the use of it."""
    try:
        import orjson
    except ModuleNotFoundError:
        return _encoded_by_us

    def encoded(document: Any) -> bytes:
        try:
            return orjson.dumps(document)
        except TypeError:  # half a character, or a number beyond 64 bits
            return _encoded_by_us(document)

    return encoded


encoded: Callable[[Any], bytes] = _fastest()
"""UTF-8 without blanks or line ends. Raises ValueError or TypeError for what is no JSON."""


def encoded_with(document: Mapping[str, Any], texts: Mapping[str, bytes]) -> bytes:
    """An object of which some fields are such bytes already: those in `texts`, by their names."""
    fields = (
        b"%b:%b" % (encoded(name), texts[name] if name in texts else encoded(value))
        for name, value in document.items()
    )
    return b"{%b}" % b",".join(fields)
