"""Where in a file something stands, so that an error can say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forerun.errors import BadKnowledge

_CLOSE = 60.0
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in the file, by its keys: `tables.orders.columns.amount.unit`."""

    file: str
    keys: tuple[str, ...] = ()

    def at(self, key: str | int) -> Place:
        return Place(self.file, (*self.keys, str(key)))

    def wrong(self, what: str, hint: str | None = None) -> BadKnowledge:
        """The error to raise: `what` goes on from the name of the place."""
        where = f"{self.file}: {'.'.join(self.keys)}" if self.keys else f"{self.file}"
        return BadKnowledge(f"{where} {what}", hint)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What to write instead: the closest of the known names, else all of them."""
    from rapidfuzz import fuzz, process  # only where something is wrong

    names = list(dict.fromkeys(known))
    close = process.extractOne(
        name.lower(), names, scorer=fuzz.ratio, processor=str.lower, score_cutoff=_CLOSE
    )
    if close is not None:
        return f"Did you mean {close[0]}?"
    more = ", …" if len(names) > _LISTED else ""
    return f"There is {', '.join(names[:_LISTED])}{more}." if names else "Leave it out."
