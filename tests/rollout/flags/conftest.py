"""Flags that are open, and closed again when the test is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from forerun.rollout.flags import Flags, Overrides
from tests.rollout.flags.files import OPEN_GATE

Opening = Callable[..., Awaitable[Flags]]


@pytest.fixture
def opened() -> Iterator[Opening]:
    """Opens a file; the gate is open unless the test says otherwise."""
    made: list[Flags] = []

    async def opening(path: Path, overrides: Overrides = OPEN_GATE) -> Flags:
        flags = Flags(path, overrides)
        made.append(flags)
        await flags.open()
        return flags

    yield opening
    for flags in made:
        flags.close()
