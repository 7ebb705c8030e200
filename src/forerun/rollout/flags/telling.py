"""What there is to tell people of a flag: its value, who gave it, and who answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from forerun.errors import UnknownFlag
from forerun.rollout.flags.evaluation import Evaluation
from forerun.rollout.flags.flags import Flags
from forerun.rollout.flags.kills import Kill
from forerun.rollout.flags.rollout import Rollout
from forerun.rollout.flags.terms import NOBODY, ROLLOUT, Source


@dataclass(frozen=True, slots=True)
class Told:
    """One flag, as it is for a question of which nothing is known."""

    evaluation: Evaluation[Any]
    """Its value is None where the code's own default holds, which only the code knows."""
    kill: Kill | None
    definition: Mapping[str, Any] | None
    """As the file has it; None where the file does not have it."""

    @property
    def owner(self) -> str | None:
        return self._metadata("owner")

    @property
    def expires(self) -> date | None:
        expires = self._metadata("expires")
        return None if expires is None else date.fromisoformat(expires)

    @property
    def description(self) -> str | None:
        return self._metadata("description")

    def _metadata(self, name: str) -> str | None:
        told = (self.definition or {}).get("metadata", {}).get(name)
        return None if told is None else str(told)


def told_of_all(flags: Flags) -> tuple[Told, ...]:
    """The rollout first, then the others in the file's order."""
    document = flags.in_force()
    names = dict.fromkeys((ROLLOUT, *(() if document is None else document.flags)))
    return tuple(told_of(flags, name) for name in names)


def told_of(flags: Flags, name: str) -> Told:
    """Raises `UnknownFlag` where neither the file nor the environment says anything of it."""
    document = flags.in_force()
    definition = None if document is None else document.flags.get(name)
    kill = flags.kill_of(name)
    if name == ROLLOUT:
        return Told(Rollout(flags).stands(), kill, definition)
    if definition is None and kill is None and flags.overrides.of(name) is None:
        has = "no flag file is in force" if document is None else f"{document.name} does not"
        known = ", ".join(document.flags) if document is not None else ROLLOUT
        raise UnknownFlag(
            f"Nothing is said of the flag {name!r}: the environment does not, and {has}.",
            f"There is: {known}.",
        )
    return Told(_evaluated(flags, name, definition), kill, definition)


def _evaluated(flags: Flags, name: str, definition: Mapping[str, Any] | None) -> Evaluation[Any]:
    variants = {} if definition is None else definition["variants"]
    found: Evaluation[Any]
    match next(iter(variants.values()), False):
        case bool():
            found = flags.switch(name)
        case str():
            found = flags.from_file(name, "", NOBODY)
        case int() | float():
            found = flags.from_file(name, 0.0, NOBODY)
        case _:
            nothing: dict[str, Any] = {}
            found = flags.from_file(name, nothing, NOBODY)
    if found.source in (Source.KILL, Source.DEFAULT):
        about = (found.variant, found.version, found.sha)
        return Evaluation(name, None, found.source, found.reason, *about)
    return found
