"""A flag file's text as plain values: JSON or YAML, read strictly."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from forerun.errors import BadFlags
from forerun.rollout.flags import yaml_text

LARGEST_FILE = 1 << 20
DEEPEST = 50
YAML_ENDINGS = (".yaml", ".yml")


def is_yaml(name: str) -> bool:
    return PurePath(name).suffix.lower() in YAML_ENDINGS


def plain(raw: bytes, name: str) -> object:
    """What the file called `name` says. Raises `BadFlags` where it cannot be read."""
    if len(raw) > LARGEST_FILE:
        raise BadFlags(f"{name} has more than a megabyte.", "Is it the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise BadFlags(f"{name} is not UTF-8 text.", "Save it as UTF-8.") from broken
    try:
        found = yaml_text.loaded(text, name) if is_yaml(name) else _json(text, name)
    except RecursionError:
        raise _too_deep(name) from None
    if _is_deeper_than(DEEPEST, found):
        raise _too_deep(name)
    return found


def written(document: object, name: str) -> str:
    """The text of a file called `name`. YAML loses its comments."""
    if not is_yaml(name):
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return yaml_text.dumped(document)


def _json(text: str, name: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_number)
    except json.JSONDecodeError as broken:
        where = f"line {broken.lineno}, column {broken.colno}"
        raise BadFlags(
            f"{name} is no readable JSON: {where}: {broken.msg}.",
            "Check commas, quotes and brackets there.",
        ) from None
    except ValueError as broken:
        raise BadFlags(f"{name}: {broken}.", "Change one of them.") from None


def _is_deeper_than(levels: int, value: object) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_is_deeper_than(levels - 1, part) for part in parts)


def _too_deep(name: str) -> BadFlags:
    return BadFlags(f"{name} is nested too deeply.", f"It may have {DEEPEST} levels.")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets the last of two equal keys win; here none may be read over."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands there twice")
        found[key] = value
    return found


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")
