"""What a database or a model cannot do rules rungs out; and every statement that ran is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from forerun.adapters.databases import connect
from forerun.app import Settings
from forerun.domain import (
    Answer,
    Fate,
    Limits,
    Mode,
    Question,
    Rows,
    Rung,
    Statement,
    Status,
    Strategy,
)
from forerun.orchestrators.passing import PassingDatabase
from forerun.ports import DatabaseAbilities, ModelAbilities
from forerun.stages import Models
from tests.orchestrators.asking import (
    ASKED,
    OTHER_DRAFT,
    PLAIN,
    asked,
    decided,
    in_world,
    scripted,
    world,
)
from tests.orchestrators.world import EARLIER, NOW, World, make_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(tmp_path_factory.mktemp("abilities") / "shop.duckdb")


@dataclass(frozen=True)
class Listed(PassingDatabase):
    """Keeps what it is asked to run; can do what it is said to."""

    abilities_: DatabaseAbilities = field(default_factory=DatabaseAbilities)
    ran: list[str] = field(default_factory=list)

    @property
    def abilities(self) -> DatabaseAbilities:
        return self.abilities_

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        self.ran.append(statement.sql)
        return await self.inner.run(statement, limits)


def test_every_statement_is_in_the_trace(shop: str) -> None:
    """The writer's and that of a draft that came to nothing: what the database saw, no more."""
    database = Listed(connect(shop))
    answer = asked(database, draft=OTHER_DRAFT)
    told = [run.sql for run in answer.trace.statements]
    assert sorted(told) == sorted(database.ran)
    assert len(told) == 2
    (draft,) = (each for each in answer.speculation if each.rung is Rung.DRAFT_AHEAD)
    assert draft.outcome is Fate.WASTED
    assert any(sql.startswith(answer.sql or "?") for sql in told)


def skipped(answer: Answer) -> dict[Rung, str | None]:
    return {each.rung: each.reason for each in answer.speculation if each.outcome is Fate.SKIPPED}


GUESSES = {Rung.DRAFT_AHEAD, Rung.AT_ONCE}
ON_TRIAL = {Rung.REVIEW, Rung.WRITE_AHEAD, Rung.SECOND_LOOK, Rung.SQL_FIRST} | GUESSES


@pytest.mark.parametrize(
    ("abilities", "rungs", "reason"),
    [
        (DatabaseAbilities(cancels=False), ON_TRIAL, "cannot be told to stop a statement"),
        (DatabaseAbilities(concurrent=1), ON_TRIAL, "runs one statement at a time"),
        (DatabaseAbilities(plans=False), GUESSES, "does not plan what it has not run"),
    ],
)
def test_a_database_that_cannot_rules_rungs_out(
    shop: str, abilities: DatabaseAbilities, rungs: set[Rung], reason: str
) -> None:
    """What might run in vain is skipped with the reason; the answer comes by what is left."""
    answer = asked(Listed(connect(shop), abilities), draft=OTHER_DRAFT)
    found = skipped(answer)
    assert found.keys() == rungs
    assert all(reason in (each or "") for each in found.values())
    assert (answer.status, answer.fallback.used) == (Status.ANSWERED, False)
    assert decided(answer)[0] is Strategy.PARALLEL
    assert len(answer.trace.statements) == 1


def test_a_model_that_does_not_stream_rules_rungs_out(shop: str) -> None:
    """Neither is its SQL heard early, nor its first token waited for, nor its prose left unsaid."""
    model = scripted()
    model.abilities = ModelAbilities(streams=False)
    answer = asked(shop, models=Models(model, model, model, model))
    reason = f"{model.name} does not stream."
    assert skipped(answer) == dict.fromkeys((Rung.AT_ONCE, Rung.SQL_FIRST, Rung.HEDGE), reason)
    assert (answer.status, answer.fallback.used) == (Status.ANSWERED, False)


def test_roles_without_a_model_leave_nothing_to_overlap(shop: str) -> None:
    """Without analyst and reviewer there is nothing to be ahead of, and the answer comes."""
    model = scripted()
    answer = asked(shop, models=Models(None, model, None, model), draft=OTHER_DRAFT)
    found = skipped(answer)
    nobody_to_be_ahead_of = {Rung.CONTEXT, Rung.WRITE_AHEAD, Rung.AT_ONCE, Rung.SECOND_LOOK}
    assert found.keys() == {*nobody_to_be_ahead_of, Rung.REVIEW}
    assert found[Rung.REVIEW] == "There is no reviewer to work beside."
    assert (answer.status, answer.fallback.used) == (Status.ANSWERED, False)


PARALLEL = replace(PLAIN, enable_parallel=True, parallel_threshold=0.0)
"""What may be staked on a question is as little as by default."""
ALONE, FOLLOWING = Question(ASKED, NOW), Question(ASKED, NOW, EARLIER)
BY_THE_WRITER = {Rung.SQL_FIRST, Rung.REVIEW}
WHOLE, CUT = 4, 2
"""Tables in a slice: all of the shop's, or half of them."""


WITHOUT_CONTEXT = replace(
    PARALLEL, rungs=PARALLEL.rungs - {Rung.CONTEXT.value}, max_extra_cost_ratio=1.25
)
"""With room for two guesses and what the writer's query needs, and for no further writer."""


@pytest.mark.parametrize(
    ("asks", "slice_tables", "settings", "launched"),
    [
        (ALONE, WHOLE, PARALLEL, {Rung.DRAFT_AHEAD}),
        (FOLLOWING, WHOLE, PARALLEL, {Rung.AT_ONCE, Rung.DRAFT_AHEAD}),
        (ALONE, CUT, PARALLEL, {Rung.WRITE_AHEAD, Rung.DRAFT_AHEAD}),
        (FOLLOWING, CUT, WITHOUT_CONTEXT, {Rung.AT_ONCE, Rung.DRAFT_AHEAD}),
    ],
)
def test_no_room_is_kept_for_what_the_question_gives_no_occasion_for(
    shop: str, asks: Question, slice_tables: int, settings: Settings, launched: set[Rung]
) -> None:
    """Where the whole catalog is sent no analyst is asked, and where a follow-up is resolved after
    the analyst nothing is written ahead of him: what that would cost may be staked on guesses."""

    async def story(made: World) -> Answer:
        hybrid = made.wired.hybrid
        policy = replace(hybrid.resources.policy, slice_tables=slice_tables)
        resources = replace(hybrid.resources, policy=policy)
        hybrid = replace(hybrid, resources=resources, ahead=replace(hybrid.ahead, policy=policy))
        wired = replace(made.wired, hybrid=hybrid)
        return await World(resources, wired, made.model).ask(asks, Mode.HYBRID)

    answer = in_world(lambda: world(shop, settings, draft=OTHER_DRAFT), story)
    found = {each.rung for each in answer.speculation if each.outcome is not Fate.SKIPPED}
    assert found == launched | BY_THE_WRITER
