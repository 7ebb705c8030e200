"""What is kept, with whose it is and what it was made of; in memory, and as text elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import isfinite
from typing import TypeAlias

from forerun.domain import Answer, Catalog, Draft, Origin, Shelf
from forerun.ports import Labels, Version
from forerun.wire.kept import answer_from_kept, answer_to_kept, catalog_from_kept, catalog_to_kept


@dataclass(frozen=True, slots=True)
class Alias:
    """The same is kept under another key."""

    key: str
    standalone: str | None = None
    """How the question is understood that is answered by it; None: as the other one is."""

    def of(self, entry: Entry) -> Entry:
        """The entry under the other key, as an answer to this question."""
        if self.standalone is None or not isinstance(entry.value, Answer):
            return entry
        return replace(entry, value=replace(entry.value, standalone=self.standalone))


Value: TypeAlias = Answer | Draft | Catalog | Alias


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing kept. It repeats its key and tenant, and is believed only where they fit."""

    key: str
    labels: Labels
    version: Version
    """What the database held before it was asked."""
    read_at: float
    """When making it began, in seconds since 1970: nothing in it is older."""
    lasts_s: float
    value: Value
    ages: bool = False
    """Whether it may change although the database has not: a view may ask the clock."""

    def age_s(self, now: float) -> float:
        return max(0.0, now - self.read_at)

    def is_of(self, key: str, tenant: str) -> bool:
        return self.key == key and self.labels.tenant == tenant


def to_text(entry: Entry) -> str:
    """A line of JSON about the entry, and below it the value as JSON."""
    labels, version = entry.labels, entry.version
    head = {
        "key": entry.key,
        "shelf": labels.shelf.value,
        "tenant": labels.tenant,
        "database": labels.database,
        "tables": sorted(labels.tables),
        "data": version.data,
        "schema": version.schema,
        "read_at": entry.read_at,
        "lasts_s": entry.lasts_s,
        "ages": entry.ages,
        "kind": type(entry.value).__name__.lower(),
    }
    return f"{json.dumps(head)}\n{_value_to_text(entry.value)}"


def from_text(text: str) -> Entry:
    """The entry again. Raises `ValueError` for whatever is not one."""
    head_text, _, body = text.partition("\n")
    try:
        head = json.loads(head_text)
        labels = Labels(
            Shelf(head["shelf"]), str(head["tenant"]), str(head["database"]),
            frozenset(map(str, head["tables"])),
        )  # fmt: skip
        version = Version(_text_or_none(head["data"]), _text_or_none(head["schema"]))
        times = float(head["read_at"]), float(head["lasts_s"])
        if not all(map(isfinite, times)):  # JSON has no NaN, Python's reader does
            raise ValueError("An entry of a cache is of no time.")
        value = _value_from_text(head["kind"], body)
        ages = bool(head["ages"])
        return Entry(str(head["key"]), labels, version, *times, value, ages)
    except (KeyError, TypeError, OverflowError, RecursionError) as broken:
        raise ValueError(f"This is no entry of a cache: {broken!r}.") from broken


def _value_to_text(value: Value) -> str:
    match value:
        case Answer():
            return answer_to_kept(value)
        case Catalog():
            return catalog_to_kept(value)
        case Draft():
            return json.dumps(
                [value.sql, value.origin.value, value.confidence, value.reading, value.guess]
            )
        case Alias():
            return json.dumps([value.key, value.standalone])


def _value_from_text(kind: str, text: str) -> Value:
    if kind == "answer":
        return answer_from_kept(text)
    if kind == "catalog":
        return catalog_from_kept(text)
    read = json.loads(text)
    if kind == "alias":
        key, standalone = read
        return Alias(str(key), _text_or_none(standalone))
    if kind == "draft":
        sql, origin, confidence, reading, guess = read
        return Draft(str(sql), Origin(origin), float(confidence), _text_or_none(reading), guess)
    raise ValueError(f"There is nothing of the kind {kind!r} in a cache.")


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
