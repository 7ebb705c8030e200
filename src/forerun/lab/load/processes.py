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
    memory_bytes: int
    """Resident."""


def taken_by(pid: int) -> Taken:
    """Raises `BadInput` where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError as error:
        raise BadInput(
            f"What the service takes of the machine cannot be told: {error}.",
            "This bench reads /proc: run it on Linux.",
        ) from None
    return Taken((int(fields[11]) + int(fields[12])) / _TICKS, pages * _PAGE)
