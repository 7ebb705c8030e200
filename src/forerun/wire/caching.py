"""What the caches had to do with an answer, what they hold and what they have done, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from forerun.domain import CacheLayer, CacheUse, ShelfStatus
from forerun.wire.reading import Kept, flag, optional_number, text
from forerun.wire.values import finite


class CacheUseJSON(TypedDict):
    layer: str | None
    hit: bool
    age_s: float | None
    reason: str


class ShelfJSON(TypedDict):
    shelf: str
    tenant: str
    database: str
    entries: int
    bytes: int
    oldest_s: float | None


def cache_use_to_json(use: CacheUse) -> CacheUseJSON:
    return {
        "layer": use.layer.value if use.layer is not None else None,
        "hit": use.hit,
        "age_s": None if use.age_s is None else finite(round(use.age_s, 3)),
        "reason": use.reason,
    }


def cache_use_from_json(document: Kept) -> CacheUse:
    layer = document["layer"]
    return CacheUse(
        flag(document["hit"]),
        None if layer is None else CacheLayer(layer),
        optional_number(document["age_s"]),
        text(document["reason"]),
    )


def shelves_to_json(shelves: Iterable[ShelfStatus]) -> list[ShelfJSON]:
    return [
        {
            "shelf": each.shelf.value,
            "tenant": each.tenant,
            "database": each.database,
            "entries": each.entries,
            "bytes": each.bytes,
            "oldest_s": finite(round(each.oldest_s, 3)),
        }
        for each in shelves
    ]
