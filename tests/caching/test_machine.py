"""Whatever happens, in whatever order: nobody is shown what is stale, foreign, purged or spoilt.

A machine of writes, askers, purges, failures and time plays scenes in two processes that share a
cache, over real SQLite files. After each, every answer is held against what docs/caching.md
promises.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from forerun.ports import Scope
from tests.caching.promises import check, check_memory
from tests.caching.scenes import MAKERS, Act, Ask, Break, Fate, Purge, Who, World, Write
from tests.caching.shop import AGAIN, ALL, TOPICS, Topic

OTHERS = (
    Who(tenant="blue"),
    Who(permissions=ALL),
    Who(guess=True),
    Who(max_rows=1),
    Who(zone_h=2),
    Who(makers=1),
    Who(makers=2),
)
"""Each differs from the one who asks most in one respect."""


def of_machine(name: str) -> st.SearchStrategy[Any]:
    """One of the few texts or askers that this machine has to do with, so that they meet."""
    return st.runner().flatmap(lambda machine: st.sampled_from(getattr(machine, name)))


moments = st.sampled_from((0.0, 0.02, 0.3, 3.0, 8.0))
fates = st.builds(
    Fate,
    before_s=st.sampled_from((0.0, 0.0, 0.01, 0.5)),
    after_s=st.sampled_from((0.0, 0.0, 0.05, 2.0, 12.0)),
    ends=st.sampled_from((*["well"] * 6, "raises", "fails", "partial")),
)
waits = st.sampled_from((0.0, 1.0, 4.3, 6.0, 40.0, 320.0, 560.0, 90_000.0))
processes = st.sampled_from((0, 0, 1))
patience = st.sampled_from((60.0, 60.0, 60.0, 1.0))


def asks(at: st.SearchStrategy[float] = moments) -> st.SearchStrategy[Ask]:
    asked = {
        "who": of_machine("whos"),
        "process": processes,
        "patience_s": patience,
        "anew": st.sampled_from((*[False] * 9, True)),
        "fate": fates,
        "at_s": at,
    }
    alone = st.builds(Ask, of_machine("texts"), **asked)
    again = st.builds(Ask, st.just(AGAIN), before=st.sampled_from(("sum", "list")), **asked)
    return st.one_of(alone, alone, alone, again)


scopes = st.sampled_from(
    (
        Scope(),
        Scope(tenant="red"),
        Scope(tenant="blue"),
        Scope(database="north"),
        Scope(database="south"),
        Scope(table="ORDERS"),
        Scope(table="visits"),
    )
)
writes = st.builds(
    Write,
    st.sampled_from(("north", "north", "south")),
    st.sampled_from(("red", "red", "blue")),
    st.integers(1, 9),
    alters=st.sampled_from((False, False, True)),
    at_s=moments,
)
purges = st.builds(Purge, scopes, st.sampled_from((0, 1)), moments)
breaks = st.builds(
    Break,
    st.sampled_from(
        ("database", "database", "shared is down", "shared is garbled", "shared mixes keys up")
    ),
    st.sampled_from((0.05, 1.0, 20.0)),
    moments,
)
acts: st.SearchStrategy[Act] = st.one_of(asks(), asks(), asks(), writes, purges, breaks)


class Caches(RuleBasedStateMachine):
    """Scenes, and time that passes between them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    @initialize(
        tells=st.sampled_from(("all", "all", "schema", "nothing")),
        max_bytes=st.sampled_from((1_000_000, 1_000_000, 8_000, 0)),
        takes_s=st.sampled_from((0.0, 0.01)),
        heard_after_s=st.sampled_from((0.0, 0.04)),
        topics=st.lists(st.sampled_from(TOPICS), min_size=1, max_size=2, unique=True),
        others=st.lists(st.sampled_from(OTHERS), min_size=0, max_size=2, unique=True),
    )
    def begin(
        self,
        tells: str,
        max_bytes: int,
        takes_s: float,
        heard_after_s: float,
        topics: list[Topic],
        others: list[Who],
    ) -> None:
        self.texts = [words for topic in topics for words in (*topic.wordings, f"{topic.name} ?")]
        self.whos = [Who(), *others]
        self.last = Ask(topics[0].name)
        self.world = World(Path(self.folder.name), tells, max_bytes)
        self.world.shared.takes_s, self.world.shared.heard_after_s = takes_s, heard_after_s

    @rule(ask=asks(st.just(0.0)))
    def one_asks(self, ask: Ask) -> None:
        self.last = ask
        self.play(ask)

    @rule(seconds=waits, process=processes, patience_s=patience, fate=fates)
    def later_the_same_is_asked(
        self, seconds: float, process: int, patience_s: float, fate: Fate
    ) -> None:
        self.world.wait(seconds)
        self.play(replace(self.last, process=process, patience_s=patience_s, fate=fate))

    @rule(who=of_machine("whos"))
    def somebody_else_asks_the_same(self, who: Who) -> None:
        self.play(replace(self.last, who=who))

    @rule(
        is_changed=st.booleans(),
        takes_s=st.sampled_from((0.4, 12.0)),
        others=st.lists(st.tuples(processes, moments, patience, fates), min_size=1, max_size=3),
        act=st.one_of(st.none(), purges, breaks),
        at_s=moments,
    )
    def many_ask_the_same(
        self,
        is_changed: bool,
        takes_s: float,
        others: list[tuple[int, float, float, Fate]],
        act: Act | None,
        at_s: float,
    ) -> None:
        """Of what was changed just now; and meanwhile it is changed, purged, or out of order."""
        who = self.last.who
        write = Write(MAKERS[who.makers][0], who.tenant, 99)
        if is_changed:
            self.play(write)
        asked = (
            replace(self.last, process=process, at_s=at_s, patience_s=patience_s, fate=fate)
            for process, at_s, patience_s, fate in others
        )
        first = replace(self.last, fate=Fate(after_s=takes_s), patience_s=60.0)
        self.play(first, *asked, replace(write if act is None else act, at_s=at_s))

    @rule(write=writes)
    def somebody_writes(self, write: Write) -> None:
        self.play(write)

    @rule(scene=st.lists(acts, min_size=2, max_size=5))
    def much_happens(self, scene: list[Act]) -> None:
        self.play(*scene)

    @rule(purge=purges)
    def somebody_purges(self, purge: Purge) -> None:
        self.play(purge)

    @rule(seconds=waits)
    def time_passes(self, seconds: float) -> None:
        self.world.wait(seconds)

    @invariant()
    def nothing_is_left(self) -> None:
        check_memory(self.world)

    def play(self, *scene: Act) -> None:
        for shown in self.world.play(*scene):
            check(self.world, shown)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()
        self.folder.cleanup()


def run_machine(examples: int, steps: int, machine: type[Caches] = Caches, **more: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


SHRINKING_S = 600
"""Hypothesis takes up to five minutes to make a scene that fails a small one."""


@pytest.mark.timeout(SHRINKING_S)
def test_nobody_is_shown_what_is_stale_foreign_purged_or_spoilt() -> None:
    """Every answer of every scene keeps every promise."""
    run_machine(30, 25)


@pytest.mark.slow
@pytest.mark.timeout(SHRINKING_S)
def test_nobody_is_ever() -> None:
    """The same for much longer."""
    run_machine(400, 50)
