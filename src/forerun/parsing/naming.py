"""Which words may mean which table, column or stored value, and how well they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from forerun.catalog import words
from forerun.domain import Kind
from forerun.parsing.aliases import otherwise
from forerun.parsing.calling import value_words, without_titles
from forerun.parsing.schema import Edge, Entity, Field, Link, Meaning, Stored

_MAX_VALUE_WORDS = 8
ROW_WORDS = ("row", "record", "entry")
"""What the rows of any table are called, where only one can be meant."""
_SYNONYMS = Path(__file__).with_name("synonyms.txt")


def names(entities: list[Entity], edges: Sequence[Edge] = ()) -> dict[tuple[str, ...], list[Link]]:
    """What words may mean; of several ways in which a name agrees with them the best counts."""
    known = _Names()
    declared = known.add_declared(entities)
    for entity in entities:
        known.add(entity.stems, entity, "exact")
        known.add(_glued(entity.table.name), entity, "exact")
        for item in entity.fields:
            known.add(item.stems, item, "exact")
            known.add(_glued(item.name), item, "exact")
    for item in (item for entity in entities for item in entity.fields):
        table = item.entity.stems
        rest = item.stems[len(table) :]
        if item.stems[: len(table)] == table and not _LINKING.issuperset(rest):
            known.add(rest, item, "stripped")
        if item.stems[:1] and item.stems[0] in _SAYING_SO and item.flags is not None:
            known.add(item.stems[1:] if len(item.stems) > _SAYING else (), item, "stripped")
        known.add(table + item.stems, item, "qualified")
        for name in otherwise(item):
            known.add(name, item, "stripped")
    known.add_all_parts(entities, edges)
    known.add_synonyms()
    if len(entities) == 1:  # "how many rows are there?" asks of the one table there is
        for word in ROW_WORDS:
            known.add((words.stem(word),), entities[0], "exact")
    for key in declared:  # what the team means by a word, no everyday synonym overrules
        found = known.found[key]
        known.found[key] = {t: quality for t, quality in found.items() if quality != "synonym"}
    return {key: [Link(t, q) for t, q in links.items()] for key, links in known.found.items()}


def _referred_to(edges: Sequence[Edge]) -> Iterator[tuple[tuple[str, ...], Field, Entity]]:
    """The home site of `home_site_id` is a site, where nothing else refers from there to sites."""
    ends = Counter((edge.many.key, edge.one.key) for edge in edges)
    for edge in edges:
        (mine, _), *more = edge.pairs
        *name, last = mine.stems
        own = tuple(name[-len(edge.one.stems) :]) == edge.one.stems
        alone = ends[edge.many.key, edge.one.key] == 1 and edge.many is not edge.one
        if not more and last == "id" and own and alone and len(name) > len(edge.one.stems):
            yield tuple(name), mine, edge.one


class _Names:
    """Stems → what they name and how well; the first quality given to a target stays."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, ...], dict[Field | Entity, str]] = {}

    def add(self, key: tuple[str, ...], target: Field | Entity, quality: str) -> None:
        if key:
            self.found.setdefault(key, {}).setdefault(target, quality)

    def add_declared(self, entities: list[Entity]) -> set[tuple[str, ...]]:
        """What the team calls things. Its word is as good as a name, so the quality is "exact":
        the weights fitted for names hold for it, and need no fitting of their own."""
        for entity in entities:
            for measure in entity.measures:  # first, so that a metric goes before a column
                for name in (measure.name, *measure.column.synonyms):
                    self.add(words.stems(name), measure, "exact")
            for synonym in entity.table.synonyms:
                self.add(words.stems(synonym), entity, "exact")
                for item in entity.fields:
                    self.add(words.stems(synonym) + item.stems, item, "qualified")
            for item in entity.fields:
                for synonym in item.column.synonyms:
                    self.add(words.stems(synonym), item, "exact")
        return set(self.found)

    def add_all_parts(self, entities: list[Entity], edges: Sequence[Edge]) -> None:
        """Of the names of tables and columns; whole names of what these refer to go first."""
        referred = list(_referred_to(edges))
        for name, _, entity in referred:
            self.add(name, entity, "qualified")
        for entity in entities:
            self.add_parts(entity.stems, entity)
            for item in entity.fields:
                self.add_parts(item.stems, item)
        for name, item, _ in referred:
            self.found[name].pop(item, None)  # the site, and not its number

    def add_parts(self, stems: tuple[str, ...], target: Field | Entity) -> None:
        for part in _parts(stems):
            if part == _ADDRESS and stems[-2:-1] in _NO_PLACES:
                continue
            self.add(part, target, "tail" if part == stems[-len(part) :] else "part")

    def add_synonyms(self) -> None:
        for word, others in synonyms().items():
            for other in others:
                for target, quality in list(self.found.get((other,), {}).items()):
                    if quality in ("exact", "stripped", "tail"):
                        self.add((word,), target, "synonym")


@lru_cache(maxsize=1)
def synonyms() -> dict[str, tuple[str, ...]]:
    """Stem → stems of everyday words for the same thing, from `synonyms.txt`."""
    found: dict[str, dict[str, None]] = {}
    for line in _SYNONYMS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            group = [words.stem(word) for word in line.split()]
            for word in group:
                found.setdefault(word, {}).update(dict.fromkeys(w for w in group if w != word))
    return {word: tuple(others) for word, others in found.items()}


def _glued(name: str) -> tuple[str, ...]:
    """`headofstate` for HeadOfState: questions glue and cut words as they like."""
    return (words.stem("".join(words.split_identifier(name))),)


def _parts(stems: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Shorter runs of the words, longest first; runs of digits and linking words say nothing."""
    for size in range(len(stems) - 1, 0, -1):
        for start in range(len(stems) - size + 1):
            part = stems[start : start + size]
            if not all(word.isdigit() or word in _LINKING for word in part):
                yield part


_ADDRESS, *_NO_PLACES = (words.stems(word) for word in ("address", "email", "ip", "mac"))
"""Email addresses are called so and are nowhere."""
_SAYING_SO, _SAYING = frozenset(("is", "ha", "has", "wa", "was")), 2
"""`is_sold_out`: two words or more that say what is so are as good as its name."""
_NUMBER = ("no",)
"""Of `account_no`. Alone the word denies: accounts with no transactions."""
_LINKING = frozenset(
    ("of", "in", "the", "is", "to", "by", "at", "on", "for", "and", "with", *_NUMBER)
)


def values(entities: list[Entity]) -> dict[tuple[str, ...], list[Link]]:
    """Stored texts by their words."""
    found: dict[tuple[str, ...], list[Link]] = {}
    for entity in entities:
        for item in entity.fields:
            if item.column.kind is not Kind.TEXT or item.meaning is Meaning.DATE:
                continue
            for value in item.column.samples:
                if isinstance(value, str) and value and len(value) <= 80:
                    key = value_words(value)
                    for called in dict.fromkeys((key, without_titles(key))):
                        if 0 < len(called) <= _MAX_VALUE_WORDS:
                            found.setdefault(called, []).append(Link(Stored(item, value), "value"))
    return found


def last_names(values: dict[tuple[str, ...], list[Link]]) -> dict[str, list[Link]]:
    """Stored full names of more than one word by the last of these, titles aside."""
    found: dict[str, list[Link]] = {}
    for key, links in values.items():
        if len(key) > 1 and without_titles(key) == key:
            found.setdefault(key[-1], []).extend(filter(_is_name, links))
    return found


def _is_name(link: Link) -> bool:
    return isinstance(link.target, Stored) and link.target.field.meaning is Meaning.NAME
