"""Time zones as drivers give them, by name or by offset, there and back."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone, tzinfo
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

KeptZone: TypeAlias = Any
"""None, `["offset", days, seconds, microseconds]` (and a name, where it has one of its own),
`["zone", key]`, or, for pytz, which DuckDB uses, `["pytz", name, offset in seconds]`."""


def zone_to_kept(moment: datetime | time) -> KeptZone:
    """The zone of `moment`. Raises ValueError for a zone of a kind that is not known here."""
    zone = moment.tzinfo
    if zone is None:
        return None
    if type(zone) is timezone:
        offset = zone.utcoffset(None)
        parts = ["offset", offset.days, offset.seconds, offset.microseconds]
        name = zone.tzname(None)
        return parts if name == timezone(offset).tzname(None) else [*parts, name]
    if type(zone) is ZoneInfo and zone.key:
        return ["zone", zone.key]
    if type(zone).__module__.startswith("pytz") and isinstance(moment, datetime):
        return _pytz_to_kept(zone, moment)
    raise ValueError(f"a time zone of type {type(zone).__name__} cannot be kept exactly")


def zone_from_kept(kept: KeptZone, naive: datetime | time) -> tzinfo | None:
    """The reverse, for the moment that is `naive` in that zone. Raises ValueError for nonsense."""
    match kept:
        case None:
            return None
        case ["offset", int() as days, int() as seconds, int() as microseconds]:
            return timezone(timedelta(days, seconds, microseconds))
        case ["offset", int() as days, int() as seconds, int() as microseconds, str() as name]:
            return timezone(timedelta(days, seconds, microseconds), name)
        case ["zone", str() as key]:
            return _zone(key)
        case ["pytz", str() as name, int() | float() as offset_s] if isinstance(naive, datetime):
            return _pytz(name, naive, offset_s)
    raise ValueError("no time zone")


def _zone(key: str) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    except (LookupError, OSError) as error:  # a folder of the zones' is no zone
        raise ValueError(f"no time zone is called {key!r}") from error


def _pytz_to_kept(zone: tzinfo, moment: datetime) -> KeptZone:
    """pytz has an object for each offset that a zone ever had; the offset says which it is."""
    name, offset = getattr(zone, "zone", None), moment.utcoffset()
    if isinstance(name, str) and offset is not None:
        kept = ["pytz", name, offset.total_seconds()]
        if zone_from_kept(kept, moment.replace(tzinfo=None)) is zone:
            return kept
    raise ValueError(f"the time zone {zone} cannot be kept exactly")


def _pytz(name: str, naive: datetime, offset_s: float) -> tzinfo:
    import pytz

    try:
        utc = naive - timedelta(seconds=offset_s)
        moment: datetime = pytz.timezone(name).fromutc(utc)
    except (LookupError, OverflowError, OSError) as error:
        raise ValueError(f"no such moment in {name!r}") from error
    if moment.replace(tzinfo=None, fold=0) != naive.replace(fold=0) or moment.tzinfo is None:
        raise ValueError(f"no such moment in {name!r}")
    return moment.tzinfo
