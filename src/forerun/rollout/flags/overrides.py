"""What the environment says of flags: read once, strictly, before anything is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forerun.booleans import boolean
from forerun.errors import BadSetting

GATE = "ENABLE_PARALLEL"
THRESHOLD = "PARALLEL_THRESHOLD"
FLAG = "FORERUN_FLAG_"
KILL = "FORERUN_KILL_"


@dataclass(frozen=True, slots=True)
class Overrides:
    """None and what is not there: the environment says nothing."""

    enabled: bool | None = None
    """The gate of the parallel path; closed unless it is True."""
    threshold_s: float | None = None
    """Seconds; stronger than the file's."""
    flags: Mapping[str, bool] = field(default_factory=dict)
    """By the ends of their variables: `NEW_CHARTS` for the flag `new-charts`."""
    killed: frozenset[str] = frozenset()
    """The same ends."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Overrides:
        """From variables and their values; an empty value is none.

        Raises `BadSetting`, naming the variable, for what is neither true nor false or no number.
        """
        given = {name: text.strip() for name, text in environment.items() if text.strip()}
        kills = _booleans(given, KILL)
        return cls(
            boolean(GATE, given[GATE]) if GATE in given else None,
            _seconds(THRESHOLD, given[THRESHOLD]) if THRESHOLD in given else None,
            _booleans(given, FLAG),
            frozenset(end for end, killed in kills.items() if killed),
        )

    def of(self, flag: str) -> bool | None:
        return self.flags.get(end_of(flag))

    def kills(self, flag: str) -> bool:
        return bool(self.killed) and end_of(flag) in self.killed


def end_of(flag: str) -> str:
    """What follows the prefix in the variables of a flag: `NEW_CHARTS` for `new-charts`."""
    return flag.upper().replace("-", "_").replace(".", "_")


def _booleans(given: Mapping[str, str], prefix: str) -> dict[str, bool]:
    return {
        name.removeprefix(prefix): boolean(name, text)
        for name, text in given.items()
        if name.startswith(prefix)
    }


def _seconds(variable: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise BadSetting(
            f"{variable} is {text!r}, which is not a number of 0 or more.",
            "Set it to a number of seconds, or unset it.",
        )
    return seconds
