"""Names without separators cut into words: `journalname`, `sbcustcity`, `fullAddress1`.

A run of letters is cut where all of it is words that stand alone elsewhere in the catalog or are
common in schemas. What the names of a table, or all names, begin with is cut off before, and so is
the mark that all tables bear: `T_CLAIM`. `CLM_DT` of the claims is a date of the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from forerun.catalog import words
from forerun.domain import Table

_SAID = """
account active address amount area average balance birth body capacity category city class code
color cost count country created currency customer daily date day degree department desc description
duration email employee end file first full gender group hour id income job join key kind label last
length level line list location manager market max member middle min mobile month name note number
open order owner parent pay payment percent person phone place position price product
quantity rank rate rating region result role salary sale score season sex size source start state
status street student tax team text time title total type unit update url user value volume week
weight year zip
"""
_COMMON = frozenset(_SAID.split())
_SHORTEST = 3
_SHORT = frozenset(("id", "no"))
_LONGEST_NAME = 40
_SEVERAL = 2
_LONGEST_MARK, _LONGEST_SHORT = 4, 4


class Spelling:
    """Of all the names of one catalog."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables

    def table(self, table: Table) -> tuple[str, ...]:
        """The words of a table's name."""
        read = self._read(table.name, self._prefix)
        return read[self._marks or _says_what_it_is(read) :]

    def column(self, table: Table, name: str) -> tuple[str, ...]:
        """The words of a column's name."""
        *own, last = name.split("_")
        told = [self._short_for.get(part.lower(), part) for part in own]
        return self._read("_".join((*told, last)), self._prefix_in(table))

    @cached_property
    def _marks(self) -> int:
        """How many words, one or none, the names of all tables begin with that say nothing."""
        named = [words.split_identifier(table.name) for table in self._tables]
        if len(named) <= _SEVERAL or any(len(name) < _SEVERAL for name in named):
            return 0
        marks = {name[0] for name in named}
        return int(len(marks) == 1 and len(min(marks)) <= _LONGEST_MARK)

    @cached_property
    def _short_for(self) -> dict[str, str]:
        """What keys call their own table: PRC_ID of the parcels, where no other is called so."""
        found: dict[str, set[str]] = {}
        for table in self._tables:
            key = table.primary_key[0].lower().split("_") if len(table.primary_key) == 1 else []
            for word in self.table(table) if len(key) >= _SEVERAL else ():
                if key[0] not in _COMMON and _is_short_for(key[0], word):
                    found.setdefault(key[0], set()).add(word)
        return {short: meant.pop() for short, meant in found.items() if len(meant) == 1}

    @cached_property
    def _prefix(self) -> str:
        """What every name of the catalog begins with."""
        return _prefix(
            name
            for table in self._tables
            for name in (table.name, *(c.name for c in table.columns))
        )

    @cached_property
    def _known(self) -> frozenset[str]:
        found = set(_COMMON)
        for table in self._tables:
            found.update(_parts(table.name, self._prefix))
            prefix = self._prefix_in(table)
            for column in table.columns:
                found.update(_parts(column.name, prefix))
        return frozenset(found)

    def _read(self, name: str, prefix: str) -> tuple[str, ...]:
        return tuple(word for part in _parts(name, prefix) for word in self._cut(part))

    def _prefix_in(self, table: Table) -> str:
        return _prefix(column.name for column in table.columns) or self._prefix

    def _cut(self, part: str) -> tuple[str, ...]:
        """The fewest known words that make up `part`; itself where none do."""
        if part in _COMMON or not 2 * _SHORTEST - 1 <= len(part) <= _LONGEST_NAME:
            return (part,)
        best: list[tuple[str, ...] | None] = [()] + [None] * len(part)
        for end in range(2, len(part) + 1):
            for start in range(end - 1):
                word, before = part[start:end], best[start]
                if before is None or word == part or not self._is_word(word):
                    continue
                so_far = best[end]
                if so_far is None or len(before) + 1 < len(so_far):
                    best[end] = (*before, word)
        found = best[len(part)]
        return (
            tuple(w for word in found for w in words.split_identifier(word)) if found else (part,)
        )

    def _is_word(self, word: str) -> bool:
        return word in _SHORT or (len(word) >= _SHORTEST and word in self._known)


def _says_what_it_is(name: Sequence[str]) -> int:
    """How many words, one or none, only say that this is a table or a view: `tbl_member`."""
    return int(len(name) > 1 and name[0] in _TABLE_MARKS)


_TABLE_MARKS = frozenset(("tbl", "t", "vw", "v", "dim", "fact", "fct", "lu", "lkp", "lookup"))


def _is_short_for(short: str, word: str) -> bool:
    """Letters of the word in their order, its first among them: clm, dep."""
    letters = iter(word)
    fits = 1 < len(short) <= _LONGEST_SHORT and len(short) < len(word)
    return fits and short[0] == word[0] and all(letter in letters for letter in short)


def _parts(name: str, prefix: str) -> tuple[str, ...]:
    """The words of the name that separators tell apart, without the prefix of a glued one."""
    parts = words.split_identifier(name)
    if len(parts) == 1 and prefix and name.lower().startswith(prefix):
        return words.split_identifier(name[len(prefix) :]) or parts
    return parts


def _prefix(names: Iterable[str]) -> str:
    """What at least three names without separators begin with, if each goes on after it."""
    listed = [name.lower() for name in names]
    if len(listed) < 3 or any("_" in name or " " in name for name in listed):
        return ""
    first, last = min(listed), max(listed)
    same = (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    prefix = first[: next(same, min(len(first), len(last)))]
    return prefix if len(prefix) >= 2 and all(len(name) > len(prefix) for name in listed) else ""
