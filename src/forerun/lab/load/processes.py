"""CPU and memory of another process, as Linux tells them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from forerun.errors import BadInput

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4_096


@dataclass(frozen=True, slots=True)
class Taken:
    """So far, and now."""

    cpu_s: float
    """All threads, in user and kernel mode."""
    loop_cpu_s: float
    """The first thread, in which the event loop runs."""
    memory_bytes: int
    """Resident."""


def taken_by(pid: int) -> Taken:
    """Raises `BadInput` where the system does not tell."""
    try:
        cpu_s, loop_cpu_s = _cpu_s(f"/proc/{pid}/stat"), _cpu_s(f"/proc/{pid}/task/{pid}/stat")
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError as error:
        raise BadInput(
            f"What the service takes of the machine cannot be told: {error}.",
            "This bench reads /proc: run it on Linux.",
        ) from None
    return Taken(cpu_s, loop_cpu_s, pages * _PAGE)


def _cpu_s(stat: str) -> float:
    fields = Path(stat).read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
