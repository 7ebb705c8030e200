"""Python's garbage collector, set for a process that serves."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (20_000, 10, 5)
"""Syntax trees are cyclic and die young: a question makes tens of thousands of objects, of which
nothing is left. By default its memory would be looked through a hundred times. Some outlive two
looks with their question, though: unless what is old is looked through now and then, too, a hundred
megabytes of them lie about (docs/load.md)."""


@contextmanager
def seldom() -> Iterator[None]:
    """What is there by now is not looked through again inside the block: that takes 0.1 s each
    time. Afterwards it goes as ever. Where somebody has frozen already, that stays as it is."""
    before = gc.get_threshold()
    ours = gc.get_freeze_count() == 0
    if ours:
        gc.collect()
        gc.freeze()
        gc.collect()  # none of it counts as old now: they are looked through when a quarter is new
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if ours:
            gc.unfreeze()
