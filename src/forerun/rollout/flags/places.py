"""Where in a flag file something stands, and whether it is of the kind that belongs there."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from forerun.errors import BadFlags

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in the file, by its keys: `flags.parallel.variants.canary.percentage`."""

    file: str
    keys: tuple[str, ...] = ()

    def at(self, *keys: str) -> Place:
        return Place(self.file, (*self.keys, *keys))

    def wrong(self, what: str, hint: str) -> BadFlags:
        """The error to raise: `what` goes on from the name of the place."""
        where = f"{self.file}: {'.'.join(self.keys)}" if self.keys else self.file
        return BadFlags(f"{where} {what}", hint)


def mapping(value: object, place: Place) -> Mapping[str, Any]:
    """An object with text for keys."""
    if not isinstance(value, dict):
        raise place.wrong(f"is {_shown(value)}, not an object.", "Write it in curly brackets.")
    for key in value:
        if not isinstance(key, str) or not key:
            raise place.wrong(f"has the key {key!r}.", "Keys are text: put it in quotes.")
    return value


def only(given: Mapping[str, Any], known: Collection[str], place: Place) -> None:
    """No key that means nothing: it would be a misspelt one."""
    for key in given:
        if key not in known:
            raise place.at(key).wrong("means nothing.", f"Known there: {', '.join(known)}.")


def one_of(value: object, known: Collection[str], place: Place) -> str:
    if not isinstance(value, str) or value not in known:
        raise place.wrong(f"is {_shown(value)}.", f"Use one of {', '.join(known)}.")
    return value


def text(value: object, place: Place) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise place.wrong(f"is {_shown(value)}, not a text.", "Write a few words in quotes.")
    return value


def whole(value: object, place: Place) -> int:
    """1 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise place.wrong(f"is {_shown(value)}.", "Write a whole number of 1 or more.")
    return value


def seconds(value: object, place: Place) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise place.wrong(f"is {_shown(value)}.", "Write seconds: a number of 0 or more.")
    return float(value)


def percentage(value: object, place: Place) -> float:
    """0 to 100, in hundredths: a bucket is no smaller."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise place.wrong(f"is {_shown(value)}.", "Write a percentage from 0 to 100.")
    if round(value, 2) != value:
        raise place.wrong(f"is {value}.", "Write at most two decimals.")
    return float(value)


def day(value: object, place: Place) -> date:
    """Written as 2027-03-31."""
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise place.wrong(f"is {_shown(value)}.", "Write a date as 2027-03-31, in quotes.")


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
