"""A place that a newer Forerun has brought to its own layout, in the words of every store."""

from __future__ import annotations

from forerun.ports import Layout

REMEDY = "Update this Forerun, too, and start it again; or have it keep its own elsewhere."


def is_newer(version: int, layout: Layout) -> bool:
    """Whether what is laid out there is from after our time."""
    return version > layout.version


def said_of(version: int, layout: Layout) -> str:
    """To end a sentence with."""
    return (
        f"a newer Forerun has brought it to version {version}, and this one knows none after "
        f"{layout.version}"
    )
