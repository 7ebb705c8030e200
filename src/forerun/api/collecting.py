"""Python's garbage collector, set for a process that serves."""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 20, 20)
"""Syntax trees are cyclic and die young: a question makes tens of thousands of objects, of which
nothing is left. By default its memory would be looked through a hundred times."""


def settle() -> None:
    """What is there by now stays: it is not looked through again, which takes 0.1 s each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
