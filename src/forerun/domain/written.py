"""A value of a result on one line, for people to read."""

from __future__ import annotations

import json
from datetime import timedelta

from forerun.domain.catalog import Value


def written(value: Value) -> str:
    """Nested values as JSON writes them, a negative span of time with one sign, else `str`."""
    if isinstance(value, dict | list | tuple):
        return json.dumps(_with_text_keys(value), default=str, ensure_ascii=False)
    if isinstance(value, timedelta) and value < timedelta(0):
        return f"-{-value}"
    return str(value)


def _with_text_keys(value: Value) -> Value:
    """A map may be keyed by dates or numbers; in JSON only text is a key."""
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_text_keys(item) for item in value]
    return value
