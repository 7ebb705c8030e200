"""The simulated provider: what it says, how often it errs, its times and its prices."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean, median

import pytest

from forerun import prompts
from forerun.checking import check
from forerun.domain import (
    Clarification,
    Context,
    Draft,
    Kind,
    Origin,
    ResultColumn,
    Role,
    Rows,
    Turn,
)
from forerun.drafting import read_draft, resolve, review, write
from forerun.drafting.analysing import analyse
from forerun.narrating import tell
from forerun.ports import Completion, ModelAbilities, Prompt
from forerun.testing import count_tokens
from forerun.testing.simulator import (
    PROFILES,
    Case,
    Engine,
    ErrorRates,
    Planned,
    SimulatedModel,
    simulated_drafter,
)
from forerun.testing.virtual_clock import run_virtually
from tests.orchestrators.world import NOW
from tests.testing.simulated import (
    CASES,
    CATALOG,
    MODERN,
    SAFE,
    SLICE,
    TWO_CALL,
    case_of,
    engine_of,
    prompt_of,
    share,
    sql_of,
    writer_prompt,
)


def test_the_same_prompt_meets_the_same_luck_in_any_order() -> None:
    """Without a prefix cache a reply and its times hang on seed and prompt alone."""
    forwards, backwards = (replace(engine_of(ErrorRates()), prefix_cache=False) for _ in range(2))
    asked = [writer_prompt(case) for case in CASES[:100]]
    one = [forwards.plan(prompt) for prompt in asked]
    other = [backwards.plan(prompt) for prompt in reversed(asked)]
    assert one == other[::-1]
    third = replace(forwards, seed=8)
    assert [p.text for p in one] != [third.plan(prompt).text for prompt in asked]


def test_a_second_identical_call_says_the_same_at_another_time() -> None:
    """A hedge changes when, never what; another sample changes both."""
    engine = replace(engine_of(ErrorRates(writer_right=0.5)), prefix_cache=False)
    first = [engine.plan(writer_prompt(case)) for case in CASES[:50]]
    again = [engine.plan(writer_prompt(case)) for case in CASES[:50]]
    sampled = [engine.plan(writer_prompt(case), 1) for case in CASES[:50]]
    assert [p.text for p in first] == [p.text for p in again]
    assert all(
        one.first_token_s != other.first_token_s for one, other in zip(first, again, strict=True)
    )
    assert [sql_of(p) for p in first] != [sql_of(p) for p in sampled]
    assert [p.text for p in first] == [
        replace(engine).plan(writer_prompt(c)).text for c in CASES[:50]
    ]


def test_the_writer_errs_as_often_as_it_is_told_to() -> None:
    """Half of its errors are refused, half are valid; a repair never sends the same again."""
    engine = engine_of(ErrorRates(writer_right=0.8, repair_right=0.6))
    written = [sql_of(engine.plan(writer_prompt(case))) for case in CASES]
    assert share([sql == c.sql for sql, c in zip(written, CASES, strict=True)]) == pytest.approx(
        0.8, abs=0.04
    )
    assert share(
        [sql == c.wrong_sql for sql, c in zip(written, CASES, strict=True)]
    ) == pytest.approx(0.1, abs=0.03)
    assert share(
        [sql == c.broken_sql for sql, c in zip(written, CASES, strict=True)]
    ) == pytest.approx(0.1, abs=0.03)
    refusals = [
        replace(prompt, user=f"{prompt.user}\n<refused>\n{sql}\n\n- no\n</refused>")
        for prompt, sql in zip(map(writer_prompt, CASES), written, strict=True)
    ]
    repaired = [sql_of(engine.plan(prompt)) for prompt in refusals]
    right = [sql in (c.sql, c.same_sql) for sql, c in zip(repaired, CASES, strict=True)]
    assert share(right) == pytest.approx(0.6, abs=0.05)
    assert not any(sql == before for sql, before in zip(repaired, written, strict=True))


def test_the_writer_errs_where_it_is_not_shown_what_it_needs() -> None:
    """Where the analyst would add a table, and not in vain; shown the table, it is right."""
    errors = replace(SAFE, slice_right=0.4, added_needlessly=0.3)
    for shown, expected in ((CATALOG, 1.0), (SLICE.catalog, 0.4 + 0.6 * 0.3)):
        engine = engine_of(errors)
        written = [sql_of(engine.plan(writer_prompt(case, shown=shown))) for case in CASES]
        right = [sql == case.sql for sql, case in zip(written, CASES, strict=True)]
        assert share(right) == pytest.approx(expected, abs=0.05)


def test_each_role_is_read_by_our_own_readers() -> None:
    """Analyst, resolver, writer, reviewer and narrator fit their stages, in words and in JSON."""
    case = CASES[3]
    rows = Rows((ResultColumn("n", "BIGINT", Kind.INTEGER),), ((14,),))

    async def play(model: SimulatedModel) -> None:
        assert await analyse(model, case.asked, SLICE, CATALOG) == ("lines",)
        turns = [Turn("orders?", "How many orders?", "SELECT 1")]
        assert await resolve(model, case.asked, turns) == case.question
        draft = await write(model, SLICE, Context(case.question, NOW))
        assert isinstance(draft, Draft)
        assert draft.sql == case.sql
        assert 0.8 <= draft.confidence <= 0.95
        told = await tell(model, Context(case.question, NOW), rows)
        assert told is not None
        assert told.objection is None
        assert told.summary
        assert told.suggestions

    for structured in (False, True):
        engine = engine_of(replace(SAFE, slice_right=0.0, added_needlessly=1.0))
        abilities = ModelAbilities(structured=structured)
        run_virtually(play, SimulatedModel(engine, abilities=abilities))


def test_the_reviewer_knows_the_wrong_query_however_it_is_written() -> None:
    """It judges what the gate has generated: wrong ones are caught, right ones pass."""
    errors = replace(SAFE, reviewer_catches=1.0)
    context = Context(CASES[5].question, NOW)

    async def judge(sql: str) -> bool:
        statement = check(Draft(sql, Origin.MODEL, 0.9), CATALOG).statement
        assert statement is not None
        model = SimulatedModel(engine_of(errors))
        return (await review(model, SLICE, context, statement)).accepted

    case = CASES[5]
    assert run_virtually(judge, case.sql)
    assert run_virtually(judge, case.same_sql)
    assert run_virtually(judge, "SELECT id FROM orders")
    assert not run_virtually(judge, case.wrong_sql)
    assert not run_virtually(judge, 'select COUNT(*) n\nfrom "orders" where TOTAL > 5')


def test_the_reviewer_misses_and_objects_at_its_rates() -> None:
    """Some wrong queries pass, and some right ones do not."""
    engine = engine_of(ErrorRates(reviewer_catches=0.7, reviewer_objects_wrongly=0.1))

    def refused(case: Case, sql: str) -> bool:
        prompt = prompt_of(
            "reviewer", dialect="duckdb", schema="", now="", question=case.question, sql=sql
        )
        return engine.plan(prompt).text.startswith("WRONG")

    wrong = share([refused(case, case.wrong_sql) for case in CASES])
    right = share([refused(case, case.sql) for case in CASES])
    assert wrong == pytest.approx(0.7, abs=0.05)
    assert right == pytest.approx(0.1, abs=0.03)


def test_the_analyst_and_the_drafter_err_at_their_rates() -> None:
    """A table is added to a quarter of the slices; drafts that say so are right."""
    engine = engine_of(ErrorRates())
    added = [
        engine.plan(
            prompt_of(
                "analyst", tables="orders (id)\nlines (id)", chosen="orders", question=c.asked
            )
        ).text
        for c in CASES
    ]
    assert set(added) == {"NONE", "lines"}
    assert share([text == "lines" for text in added]) == pytest.approx(0.25, abs=0.04)

    errors = ErrorRates()

    async def draft() -> list[Draft]:
        drafter = simulated_drafter(CASES, 7, errors)
        drafts = [await drafter(SLICE, Context(case.question, NOW)) for case in CASES]
        assert await drafter(SLICE, Context("never heard of", NOW)) is None
        return [found for found in drafts if found is not None]

    drafts = run_virtually(draft)
    right = [d.sql in (c.sql, c.same_sql) for d, c in zip(drafts, CASES, strict=True)]
    sure = [d.confidence > 0.9 for d in drafts]
    assert share(right) == pytest.approx(0.5, abs=0.05)
    assert share(sure) == pytest.approx(0.3, abs=0.05)
    assert share([r for r, s in zip(right, sure, strict=True) if s]) > 0.97
    errors = ErrorRates(draft_right=0.0)
    assert not any(d.sql == c.sql for d, c in zip(run_virtually(draft), CASES, strict=True))


def test_the_asker_s_own_words_are_misread_at_their_rate() -> None:
    """Half of what is then written is not what is written of the question in full; and the peer
    that hears no other words is taken to understand them."""
    engine = engine_of(replace(SAFE, own_words_right=0.5))
    in_full = [engine.plan(writer_prompt(case)).text for case in CASES]
    asked = [writer_prompt(replace(case, question=case.asked)) for case in CASES]
    in_own_words = [engine.plan(prompt).text for prompt in asked]
    assert all(case.sql in text for case, text in zip(CASES, in_full, strict=True))
    alike = [case.sql in text for case, text in zip(CASES, in_own_words, strict=True)]
    assert share(alike) == pytest.approx(0.5, abs=0.05)
    peer = replace(engine, jobs={TWO_CALL: "two-call-writer"})
    heard = [peer.plan(replace(prompt, system=TWO_CALL)).text for prompt in asked]
    assert all(case.sql in text for case, text in zip(CASES, heard, strict=True))


def test_first_tokens_are_lognormal_and_some_stall() -> None:
    """The median is the profile's, the spread too, and a stall takes eight times as long."""
    calm = replace(engine_of(), prefix_cache=False)
    stalling = replace(calm, errors=replace(SAFE, stall=0.02))
    firsts = [calm.plan(writer_prompt(case)).first_token_s for case in CASES]
    late = [stalling.plan(writer_prompt(case)).first_token_s for case in CASES]
    read_s = calm.plan(writer_prompt(CASES[0])).usage.input_tokens / MODERN.prefill_tokens_per_s
    drawn = sorted(first - read_s for first in firsts)
    assert median(drawn) == pytest.approx(MODERN.strong.first_token_s, rel=0.06)
    assert drawn[950] / drawn[500] == pytest.approx(1.78, rel=0.1)  # exp(1.645 * 0.35)
    assert share([a != b for a, b in zip(firsts, late, strict=True)]) == pytest.approx(
        0.02, abs=0.012
    )
    stalled = [(b - read_s) / (a - read_s) for a, b in zip(firsts, late, strict=True) if a != b]
    assert stalled == pytest.approx([8.0] * len(stalled), rel=0.01)


def test_tokens_make_the_time_and_the_price() -> None:
    """A reply lasts as long as its planned tokens take, whatever the length of its text."""
    case = case_of(0, size=2.0)
    engine = Engine(MODERN, (case,), 7, SAFE)
    planned = engine.plan(writer_prompt(case))
    tokens = MODERN.complex["writer"]
    output = 2 * (tokens.said + tokens.prose)
    asked = count_tokens(writer_prompt(case).system) + count_tokens(writer_prompt(case).user)
    assert planned.seconds - planned.first_token_s == pytest.approx(output / 68.0)
    assert (planned.usage.input_tokens, planned.usage.output_tokens) == (asked, output)
    assert planned.usage.cost_usd == pytest.approx((asked * 3 + output * 15) / 1e6)
    simple = replace(case, complex=False, size=1.0)
    short = replace(engine, cases=(simple,)).plan(writer_prompt(simple))
    assert short.usage.output_tokens < planned.usage.output_tokens / 4


def test_the_query_is_whole_before_the_prose_begins() -> None:
    """The closing fence or quote comes when its tokens are written, the prose's label after it."""
    tokens = MODERN.complex["writer"]
    for in_words in (True, False):
        planned = engine_of().plan(writer_prompt(CASES[0], in_words=in_words))
        text, found = "", []
        for piece in planned.pieces:
            text += piece.text
            found.append((text, piece.at_s - planned.first_token_s))
        closing = "\n```" if in_words else 'AND id > 0"'
        query_s = next(at for text, at in found if text.endswith(closing))
        label_s = next(at for text, at in found if "eading" in text)
        assert query_s == pytest.approx(tokens.said / 68.0)
        assert label_s == pytest.approx((tokens.said + 3) / 68.0)
        assert found[-1][1] == pytest.approx((tokens.said + tokens.prose) / 68.0)


def test_without_prose_the_query_is_all_there_is() -> None:
    """The reply ends with the query, and only its tokens are paid for."""
    engine = replace(engine_of(), prose=False)
    for in_words in (True, False):
        planned = engine.plan(writer_prompt(CASES[0], in_words=in_words))
        assert planned.usage.output_tokens == MODERN.complex["writer"].said
        assert sql_of(planned) == CASES[0].sql
    assert engine.plan(writer_prompt(CASES[0])).text.endswith("```")


def test_another_systems_writer_has_the_luck_of_ours() -> None:
    """Its prompt is named by its system text; it writes the same query, and no prose."""
    engine = replace(engine_of(ErrorRates(writer_right=0.5)), jobs={TWO_CALL: "two-call-writer"})
    for case in CASES[:40]:
        user = f"some schema\n<question>\n{case.asked}\n</question>"
        planned = engine.plan(Prompt("peer", Role.WRITER, TWO_CALL, user))
        assert sql_of(planned) == sql_of(engine.plan(writer_prompt(case)))
        assert planned.usage.output_tokens == MODERN.complex["writer"].said


def test_the_small_model_is_faster_and_cheaper() -> None:
    """By role, by job, or by the model that is asked."""
    strong, small = engine_of(), replace(engine_of(), small=frozenset({Role.WRITER}))
    prompt = writer_prompt(CASES[0])
    slow, fast = strong.plan(prompt), small.plan(prompt)
    asked = replace(strong).plan(prompt, speed=MODERN.small)
    assert fast == asked
    assert fast.text == slow.text
    assert fast.seconds < slow.seconds / 2
    assert (fast.usage.cost_usd or 0.0) == pytest.approx((slow.usage.cost_usd or 0.0) / 3)
    assert replace(strong, small=frozenset({"reviewer"})).plan(prompt) == slow


def test_a_known_beginning_is_cheaper_and_sooner() -> None:
    """Whole blocks that this model has read are billed at a tenth, and shorten the wait."""
    engine = engine_of()
    system = prompts.load("writer").system
    schema = "column\n" * 1_000

    def ask(case: Case, at: float, speed_of: Engine = engine) -> Planned:
        user = f"<schema>\n{schema}\n</schema>\n<question>\n{case.question}\n</question>"
        return speed_of.plan(Prompt("w", Role.WRITER, system, user), at=at)

    first = ask(CASES[0], 0.0)
    beside = ask(CASES[1], first.first_token_s / 2)
    after = ask(CASES[2], 1_000.0)
    uncached = replace(engine, prefix_cache=False)
    assert (first.cached_tokens, beside.cached_tokens) == (0, 0)
    length = len(system) + len(schema)
    assert after.cached_tokens * 4 == length // 512 * 512
    speed = MODERN.strong
    fresh = after.usage.input_tokens - after.cached_tokens
    money = fresh * 3.0 + after.cached_tokens * 0.3 + after.usage.output_tokens * 15.0
    assert after.usage.cost_usd == pytest.approx(money / 1e6)
    whole = ask(CASES[2], 1_000.0, uncached)
    asked = whole.usage.input_tokens
    drawn = whole.first_token_s - asked / 10_000
    expected = drawn * (0.55 + 0.45 * fresh / asked) + fresh / 10_000
    assert after.first_token_s == pytest.approx(expected)
    assert whole.cached_tokens == 0
    other_model = engine.plan(
        Prompt("w", Role.WRITER, system, f"{schema}<question>\n{CASES[3].question}\n</question>"),
        speed=MODERN.small,
    )
    assert other_model.cached_tokens == 0
    assert speed.cached_usd == pytest.approx(0.3)


def test_what_no_case_knows_is_an_error() -> None:
    """A bench that asks what was not planned must not pass for one that measures."""
    engine = engine_of()
    with pytest.raises(LookupError, match="No case"):
        engine.plan(writer_prompt(case_of(5_000)))
    with pytest.raises(LookupError, match="No job"):
        engine.plan(replace(writer_prompt(CASES[0]), system="You are a pirate."))


@pytest.mark.parametrize(
    ("name", "complex_", "low", "high"),
    [
        ("origin", True, 58.0, 72.0),
        ("modern", True, 24.0, 30.0),
        ("origin", False, 15.0, 22.0),
        ("modern", False, 6.0, 9.5),
    ],
)
def test_the_sequential_path_takes_what_was_reported(
    name: str, complex_: bool, low: float, high: float
) -> None:
    """The median of the sums of all calls, without repairs."""
    profile = PROFILES[name]
    cases = [replace(case, complex=complex_) for case in CASES[:300]]
    for cached in (True, False):
        engine = Engine(profile, cases, 7, replace(SAFE, stall=0.02), prefix_cache=cached)
        sums = [path_s(engine, case) + profile.statement_s for case in cases]
        assert low < median(sums) < high
        assert mean(sums) > median(sums)


def path_s(engine: Engine, case: Case) -> float:
    schema = prompts.describe(SLICE.catalog) * 12
    given = {"dialect": "duckdb", "schema": schema, "now": "", "question": case.question}
    asked = [
        prompt_of("analyst", tables=schema, chosen="orders", question=case.asked),
        prompt_of("writer", examples="", conversation="", **given),
        prompt_of("reviewer", sql=case.sql, **given),
        prompt_of("narrator", question=case.question, rows="[1]", shown=""),
    ]
    if case.complex:
        asked.append(prompt_of("follow_up", conversation="", question=case.asked))
    return sum(engine.plan(prompt).seconds for prompt in asked)


def test_a_clarification_never_comes_from_it() -> None:
    """Every known question is answered with SQL, so that all strategies do the same work."""
    for case in CASES[:50]:
        planned = engine_of(ErrorRates()).plan(writer_prompt(case))
        completion = Completion(planned.text, planned.usage, "m")
        assert not isinstance(read_draft(completion), Clarification)
