"""Parts of kept JSON, taken for nothing that they are not. Each raises ValueError."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

Part = TypeVar("Part")
Kept: TypeAlias = Any
"""What `json.loads` gives and `json.dumps` takes."""
Fields: TypeAlias = dict[str, Kept]

_SIGNS_OF_NONSENSE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,  # decimals and dates beyond what there is
    RecursionError,
)

LAYOUT = 1
"""Of all that is kept; a text of another layout is refused."""


def dumped(part: Part, write: Callable[[Part], Fields]) -> str:
    """What `write` makes of `part`, as text. Raises ValueError, and nothing else, where it cannot
    be kept."""
    try:
        return _ENCODER.encode({"layout": LAYOUT, **write(part)})
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"This cannot be kept: {error}") from error


def loaded(text: str, read: Callable[[Fields], Part]) -> Part:
    """What `read` makes of kept `text`. Raises ValueError, and nothing else, where it cannot."""
    try:
        kept = _DECODER.decode(text)
        if type(kept) is not dict or kept.get("layout") != LAYOUT:
            raise ValueError("it is of another layout")
        return read(kept)
    except _SIGNS_OF_NONSENSE as error:
        raise ValueError(f"This was not kept by us: {type(error).__name__}: {error}") from error


def taken(document: Kept, read: Callable[[Kept], Part]) -> Part:
    """What `read` makes of JSON that came from elsewhere. Raises ValueError, and nothing else,
    where it cannot."""
    try:
        return read(document)
    except _SIGNS_OF_NONSENSE as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def text(kept: Kept) -> str:
    return _of(str, kept)


def optional_text(kept: Kept) -> str | None:
    return None if kept is None else _of(str, kept)


def flag(kept: Kept) -> bool:
    return _of(bool, kept)


def optional_whole(kept: Kept) -> int | None:
    return None if kept is None else _of(int, kept)


def whole(kept: Kept) -> int:
    return _of(int, kept)


def number(kept: Kept) -> float:
    """Also a whole one."""
    return kept if type(kept) is int else _of(float, kept)


def optional_number(kept: Kept) -> float | None:
    return None if kept is None else number(kept)


def several(kept: Kept, read: Callable[[Kept], Part]) -> tuple[Part, ...]:
    """Each item of an array."""
    return tuple([read(one) for one in _of(list, kept)])


def texts(kept: Kept) -> tuple[str, ...]:
    items: Sequence[Kept] = _of(list, kept)
    if set(map(type, items)) <= {str}:
        return tuple(items)
    raise ValueError("not all of an array is text")


def _of(kind: type[Part], kept: Kept) -> Part:
    if type(kept) is kind:
        return kept
    raise ValueError(f"{kind.__name__} expected, {type(kept).__name__} found")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
