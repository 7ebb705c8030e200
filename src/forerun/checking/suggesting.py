"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Iterable

CLOSE = 70.0
"""Percent of similarity from which a name is worth suggesting."""
SHOWN = 20


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest of `known`, or all of them where none is near."""
    names = list(dict.fromkeys(known))
    if not names:
        return None
    from rapidfuzz import fuzz, process  # only here: most queries name what there is

    near = process.extract(
        name, names, scorer=fuzz.ratio, processor=str.lower, limit=3, score_cutoff=CLOSE
    )
    if near:
        best = [found for found, score, _ in near if score >= near[0][1] - 10]
        return f"Did you mean {' or '.join(best)}?"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"There are: {', '.join(names[:SHOWN])}{more}."
