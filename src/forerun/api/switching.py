"""Python's interpreter lock, set for a process whose event loop shares it with busy threads."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

KEPT_FOR_S = 0.0005
"""So long a thread at work may keep the interpreter from one that waits for it. By default it is
5 ms, which the event loop would wait each time that anything happens while a question is parsed
(decision 28). What the threads get done is the same."""


@contextmanager
def promptly() -> Iterator[None]:
    """Inside the block the interpreter changes hands soon; afterwards as before."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(KEPT_FOR_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
