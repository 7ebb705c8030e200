"""Kill switches: what was switched off, by whom and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from forerun.rollout.flags.overrides import KILL, end_of

BY, BECAUSE, AT = "disabled_by", "disabled_because", "disabled_at"
"""Under which a file tells of a kill, in the flag's metadata."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One flag is off for everybody, whatever else is said."""

    flag: str
    where: str
    """`this process`, a variable of the environment, or a file."""
    who: str | None = None
    why: str | None = None
    at: str | None = None
    """ISO 8601, UTC."""

    @property
    def reason(self) -> str:
        """In words."""
        by = f" by {self.who}" if self.who else ""
        because = f": {self.why}" if self.why else ""
        return f"{self.flag} is killed in {self.where}{by}{because}"

    @classmethod
    def here(cls, flag: str, who: str, why: str) -> Kill:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(flag, "this process", who, why, at)

    @classmethod
    def in_environment(cls, flag: str) -> Kill:
        return cls(flag, f"the environment, by {KILL}{end_of(flag)}")

    @classmethod
    def in_file(cls, flag: str, file: str, metadata: Mapping[str, Any]) -> Kill:
        who, why, at = (metadata.get(key) for key in (BY, BECAUSE, AT))
        return cls(flag, file, *(str(each) if each else None for each in (who, why, at)))

    def as_metadata(self) -> dict[str, str]:
        """For the file."""
        told = {BY: self.who, BECAUSE: self.why, AT: self.at}
        return {key: value for key, value in told.items() if value}
