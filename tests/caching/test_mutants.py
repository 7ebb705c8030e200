"""The machine sees what it is for: with one rule of the caches taken out, it soon fails."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, seed

from forerun.caching import answers, serving
from forerun.caching import layers as layers_module
from forerun.caching.answers import Asked
from forerun.caching.entries import Entry, from_text
from forerun.caching.freshness import Policy
from forerun.caching.keys import Circumstances, Keys
from forerun.caching.layers import Found, Layers
from forerun.caching.making import Making
from forerun.caching.memory import Memory
from forerun.caching.serving import stand_in
from forerun.caching.single_flight import Flight
from forerun.domain import Answer, Asker, CacheUse, Limits, Question, Status
from tests.caching.scenes import BEGINNING
from tests.caching.test_machine import Caches, run_machine

ROUNDS, EXAMPLES, STEPS = 15, 25, 25
"""Rounds of their own beginning: the examples of one are too much like each other."""
QUICKLY = {"phases": (Phase.generate,), "database": None, "report_multiple_bugs": False}

Patch = tuple[object, str, Any]
_both, _hashed, _kept, _wanted, _fault = (
    Keys._both,
    Keys._hashed,
    Making._kept,
    Asked._wanted,
    Policy.fault,
)


def keys_blind_to(of_question: Callable[[Question], Question]) -> Patch:
    """Keys that are made as if it were another question."""

    def both(self: Keys, shelf: Any, question: Question, text: str, talk: Any) -> Any:
        blind = of_question(replace(question, conversation=tuple(talk)))
        return _both(self, shelf, blind, text, blind.conversation)

    return Keys, "_both", both


def keys_of_anybody(**same: Any) -> Patch:
    """Keys that leave something of the asker out."""

    def hashed(self: Keys, asker: Asker, parts: tuple[object, ...]) -> str:
        return _hashed(self, replace(asker, **same), parts)

    return Keys, "_hashed", hashed


def keys_of_any_maker() -> Patch:
    def both(self: Keys, *rest: Any) -> Any:
        return _both(Keys(Circumstances("any", "sqlite", "any"), self.secret), *rest)

    return Keys, "_both", both


def kept_as(pretend: Callable[[Answer], Answer]) -> Patch:
    """Answers that are kept as if they were better than they are."""

    def kept(self: Making, answer: Answer) -> AsyncIterator[Entry]:
        return _kept(self, pretend(answer))

    return Making, "_kept", kept


def _untruncated(answer: Answer) -> Answer:
    rows = answer.rows
    return answer if rows is None else replace(answer, rows=replace(rows, truncated=False))


def flights_blind_to(part: int) -> Patch:
    """Of what a flight is for: 1 is the version, 2 the purges."""

    def wanted(self: Asked) -> Flight[Answer]:
        flight = _wanted(self)
        assert isinstance(flight.key, tuple)
        flight.key = flight.key[:part] + flight.key[part + 1 :]
        return flight

    return Asked, "_wanted", wanted


async def _at_once(self: Asked, old: Found) -> Answer:
    return stand_in(old, self.question, "no reason.", self.cache.layers.clock())


def _of_another(answer: Answer, question: Question, use: CacheUse) -> Answer:
    return replace(answer, question=question.text, cache=use)


def _unchanged(self: Policy, entry: Entry, version: Any, now: float) -> str | None:
    return _fault(self, entry, version and entry.version, now)


def _believed(text: str | None, key: str, tenant: str) -> Entry | None:
    try:
        return from_text(text) if text else None
    except ValueError:
        return None


ANY_TENANT = (keys_of_anybody(tenant="any"), (Entry, "is_of", lambda self, key, _: self.key == key))
SHARING = [(module, "unshared", lambda answer: answer) for module in (answers, serving)]

MUTANTS: dict[str, tuple[Patch, ...]] = {
    "nothing is ever stale": ((Policy, "fault", lambda *_: None),),
    "changes are not looked for": ((Policy, "fault", _unchanged),),
    "one key for all tenants": ANY_TENANT,
    "one key for all permissions": (keys_of_anybody(permissions="any"),),
    "one key with guesses and without": (keys_blind_to(lambda asked: replace(asked, guess=False)),),
    "one key for all limits": (keys_blind_to(lambda asked: replace(asked, limits=Limits())),),
    "one key for all conversations": (
        keys_blind_to(lambda asked: replace(asked, conversation=())),
    ),
    "one key for all days": (
        keys_blind_to(
            lambda asked: replace(asked, now=asked.now.fromtimestamp(BEGINNING, asked.now.tzinfo))
        ),
    ),
    "one key for all zones": (
        keys_blind_to(lambda asked: replace(asked, now=asked.now.replace(tzinfo=None))),
    ),
    "one key for all makers and databases": (keys_of_any_maker(),),
    "purges drop nothing": ((Memory, "purge", lambda *_: 0),),
    "purges do not reach what is under way": ((Memory, "was_purged", lambda *_: False),),
    "purges are not heard": ((Layers, "_heard", lambda *_: None),),
    "partial answers are kept": (kept_as(lambda answer: replace(answer, partial=False)),),
    "volatile answers are kept": (kept_as(lambda answer: replace(answer, volatile=False)),),
    "cut rows are kept": (kept_as(_untruncated),),
    "failures are kept": (kept_as(lambda answer: replace(answer, status=Status.ANSWERED)),),
    "clarifications last": ((Policy, "lifetime_s", lambda *_: 600.0),),
    "old answers stand in at once": ((Asked, "_together_or", _at_once),),
    "answers of any age stand in": ((Policy, "may_stand_in", lambda *_: True),),
    "askers share charts": (*SHARING, (serving, "_own", lambda value: value)),
    "entries are believed": ((layers_module, "_believed", _believed),),
    "traces are shared": ((answers, "for_asker", _of_another),),
    "work is joined whatever was written since": (flights_blind_to(1),),
    "work is joined whatever was purged since": (flights_blind_to(2),),
    "work is joined however old": ((Asked, "_oldest", lambda _: -math.inf),),
}


LATE = frozenset(
    {
        "clarifications last",
        "cut rows are kept",
        "entries are believed",
        "one key for all days",
        "one key for all permissions",
        "one key for all zones",
        "work is joined however old",
        "work is joined whatever was written since",
    }
)
"""What is noticed only after some seconds."""


def run_in_rounds() -> None:
    for number in range(ROUNDS):
        machine = seed(number)(type("Caches", (Caches,), {}))
        run_machine(EXAMPLES, STEPS, machine, **QUICKLY)


def check_mutant(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for target, attribute, mutated in MUTANTS[name]:
        monkeypatch.setattr(target, attribute, mutated)
    with pytest.raises(AssertionError):
        run_in_rounds()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MUTANTS.keys() - LATE))
def test_a_rule_taken_out_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the examples that the machine is given, and without the rule, somebody is wronged."""
    check_mutant(name, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LATE))
def test_a_rule_taken_out_is_noticed_late(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of rules that few scenes have to do with."""
    check_mutant(name, monkeypatch)
