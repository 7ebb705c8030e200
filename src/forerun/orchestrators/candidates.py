"""Several writers at once: the first of two that agree on rows wins; nobody waits for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from forerun.orchestrators.ahead import Ahead
from forerun.orchestrators.attempt import Attempt
from forerun.running import same_rows


@dataclass(frozen=True, slots=True)
class Candidate:
    """One writer's attempt, under way."""

    attempt: Attempt
    ahead: Ahead[Attempt]


async def first_agreement(candidates: Sequence[Candidate]) -> Attempt:
    """The first attempt that is complete and whose rows another has come to as well.

    Where no two agree: the first in order that found something, else the first. Raises what the
    first failed with, where it comes to that. The others are cancelled.
    """
    bell = _Bell()
    for candidate in candidates:
        candidate.attempt.noticed = bell.ring
        candidate.ahead.when_ended(bell.ring)
    winner = await _winner(candidates, bell)
    for candidate in candidates:
        if candidate is not winner:
            candidate.ahead.waste("others agreed first")
    return await winner.ahead.claim()


async def _winner(candidates: Sequence[Candidate], bell: _Bell) -> Candidate:
    while True:
        rung = bell.next_ring()
        if agreed := _agreed(candidates):
            return agreed
        if all(each.ahead.has_ended for each in candidates):
            return next((each for each in candidates if each.attempt.found), candidates[0])
        await rung.wait()


def _agreed(candidates: Sequence[Candidate]) -> Candidate | None:
    for one in candidates:
        if one.attempt.found is None or not one.ahead.has_ended:
            continue
        for other in candidates:
            if other is not one and _same(one.attempt, other.attempt):
                return one
    return None


def _same(a: Attempt, b: Attempt) -> bool:
    if a.rows is None or b.rows is None or a.statement is None or b.reasons:
        return False
    return same_rows(a.rows, b.rows, ordered=a.statement.ordered)


class _Bell:
    """Wakes whoever waits for the next ring."""

    def __init__(self) -> None:
        self._next: anyio.Event | None = None

    def next_ring(self) -> anyio.Event:
        """Asked for before looking, so that no ring is missed."""
        if self._next is None:
            self._next = anyio.Event()
        return self._next

    def ring(self) -> None:
        if self._next is not None:
            self._next.set()
            self._next = None
