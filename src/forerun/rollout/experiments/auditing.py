"""The audit trail: a chain of lines, in which none can be changed, taken out or moved unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forerun.domain.chain import START, linked_hash
from forerun.rollout.experiments.store import FLAG, Act, AuditEntry


def linked(
    last: tuple[int, str] | None, experiment: str, act: Act, before: str | None, after: str
) -> AuditEntry:
    """The line that follows the `last` one, of which number and hash are given."""
    number, previous_hash = last or (0, START)
    hash_ = _hash(number + 1, experiment, act, before, after, previous_hash)
    return AuditEntry(number + 1, experiment, act, before, after, previous_hash, hash_)


def first_misfit(trail: Sequence[AuditEntry], kept: Mapping[str, str]) -> int | None:
    """The number of the first line that does not follow from those before it.

    `kept` are the experiments as they are now, as JSON by id. Where their last lines do not tell
    of that, it is the number after the last one: lines have been cut off, or an experiment was
    changed behind the trail's back. What lines say of a flag's file need not follow from the one
    before: each host has a file of its own, and people write it by hand.
    """
    number, previous_hash = 0, START
    told: dict[str, str] = {}
    for entry in trail:
        number += 1
        of_flag = entry.experiment.startswith(FLAG)
        before = entry.before if of_flag else told.get(entry.experiment)
        last = (number - 1, previous_hash)
        if entry != linked(last, entry.experiment, entry.act, before, entry.after):
            return entry.number
        previous_hash = entry.hash
        if not of_flag:
            told[entry.experiment] = entry.after
    return None if told == kept else number + 1


def _hash(
    number: int,
    experiment: str,
    act: Act,
    before: str | None,
    after: str,
    previous_hash: str,
) -> str:
    said: list[str | float | None] = [
        act.actor,
        act.action,
        act.reason,
        act.at,
        act.idempotency_key,
    ]
    return linked_hash([number, experiment, *said, before, after], previous_hash)
