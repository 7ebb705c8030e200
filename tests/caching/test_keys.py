"""Keys move with everything that an answer hangs on, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.caching import Circumstances, Keys
from forerun.caching.keys import canonical
from forerun.domain import Asker, Limits, Question, Turn

CIRCUMSTANCES = Circumstances("shop-1", "sqlite", "makers")
NAMES = st.text(min_size=1, max_size=6)
TURNS = st.builds(
    Turn,
    question=NAMES,
    standalone=NAMES,
    sql=st.none() | NAMES,
    summary=st.none() | NAMES,
    sure=st.sampled_from((0.5, 1.0)),
)
ZONES = st.sampled_from((-5, 0, 1, 2)).map(lambda hours: timezone(timedelta(hours=hours)))
QUESTIONS = st.builds(
    Question,
    text=st.text(max_size=12),
    now=st.datetimes(
        datetime(2024, 1, 1),  # noqa: DTZ001 - the zone comes with `timezones`
        datetime(2027, 1, 1),  # noqa: DTZ001
        timezones=ZONES,
    ),
    conversation=st.lists(TURNS, max_size=2).map(tuple),
    asker=st.builds(Asker, NAMES, NAMES),
    limits=st.builds(Limits, st.integers(1, 9), st.integers(1, 9), st.floats(1, 9)),
    deadline=st.none() | st.floats(0, 9),
    guess=st.booleans(),
    anew=st.booleans(),
)
KEYS = Keys(CIRCUMSTANCES, b"secret")


def hangs_on(question: Question) -> tuple[Any, ...]:
    """What an answer hangs on, said once more; today's date comes on top for some."""
    return (
        canonical(question.text),
        tuple((t.question, t.standalone, t.sql, t.sure) for t in question.conversation),
        question.asker,
        question.limits.max_rows,
        question.limits.max_bytes,
        question.guess,
        question.now.utcoffset(),
    )


@given(QUESTIONS, QUESTIONS, st.data())
def test_two_questions_share_a_key_only_where_they_share_an_answer(
    one: Question, other: Question, data: st.DataObject
) -> None:
    """Any fields of the one put into the other: the keys are equal exactly where all that the
    answer hangs on is."""
    names = data.draw(st.sets(st.sampled_from([*one.__slots__])))
    mixed = replace(one, **{name: getattr(other, name) for name in names})
    same, same_day = hangs_on(one) == hangs_on(mixed), one.now.date() == mixed.now.date()
    here, there = KEYS.of_question(one), KEYS.of_question(mixed)
    assert (here.timeless == there.timeless) == same
    assert (here.dated == there.dated) == (same and same_day)
    assert here.timeless != here.dated


MOVED: dict[str, dict[str, Any]] = {
    "text": {"text": "how much"},
    "capitals": {"text": "How many"},
    "conversation": {"conversation": (Turn("a", "a", "SELECT 1"),)},
    "tenant": {"asker": Asker("other", "all")},
    "permissions": {"asker": Asker("mine", "few")},
    "rows": {"limits": Limits(max_rows=2)},
    "bytes": {"limits": Limits(max_bytes=2)},
    "guesses": {"guess": True},
    "zone": {"now": datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))},
}
STAYED: dict[str, dict[str, Any]] = {
    "id": {"id": "another"},
    "deadline": {"deadline": 5.0},
    "anew": {"anew": True},
    "hour": {"now": datetime(2026, 1, 2, 23, tzinfo=UTC)},
    "spaces": {"text": "  how \n many ??"},
    "seconds": {"limits": Limits(timeout_s=1.0)},
}
ASKED = Question(
    "how many",
    now=datetime(2026, 1, 2, 3, tzinfo=UTC),
    asker=Asker("mine", "all"),
)


@pytest.mark.parametrize("name", MOVED)
def test_what_an_answer_hangs_on_moves_both_keys(name: str) -> None:
    """Field by field."""
    here, there = KEYS.of_question(ASKED), KEYS.of_question(replace(ASKED, **MOVED[name]))
    assert not {*here.both} & {*there.both}


@pytest.mark.parametrize("name", STAYED)
def test_what_it_does_not_hang_on_does_not(name: str) -> None:
    """Field by field."""
    assert KEYS.of_question(replace(ASKED, **STAYED[name])) == KEYS.of_question(ASKED)


def test_another_day_moves_the_dated_key_alone() -> None:
    """An answer that does not hang on the date is found tomorrow as well."""
    tomorrow = replace(ASKED, now=ASKED.now + timedelta(days=1))
    here, there = KEYS.of_question(ASKED), KEYS.of_question(tomorrow)
    assert here.timeless == there.timeless
    assert here.dated != there.dated


@pytest.mark.parametrize(
    "other",
    [
        Keys(CIRCUMSTANCES, b"another secret"),
        Keys(CIRCUMSTANCES),
        Keys(replace(CIRCUMSTANCES, database="shop-2"), b"secret"),
        Keys(replace(CIRCUMSTANCES, dialect="duckdb"), b"secret"),
        Keys(replace(CIRCUMSTANCES, makers="another model"), b"secret"),
    ],
    ids=["secret", "no secret", "database", "dialect", "makers"],
)
def test_other_circumstances_move_every_key(other: Keys) -> None:
    """Of answers, meanings, drafts and catalogs."""
    for name, more in (("of_question", ()), ("of_meaning", ("m",)), ("of_draft", ("d",))):
        here, there = getattr(KEYS, name)(ASKED, *more), getattr(other, name)(ASKED, *more)
        assert not {*here.both} & {*there.both}
    assert KEYS.of_catalog(Asker()) != other.of_catalog(Asker())


@given(st.lists(st.text(alphabet=st.characters(), max_size=4), min_size=2, max_size=2, unique=True))
def test_no_two_tenants_share_a_key(tenants: list[str]) -> None:
    """Whatever they are called, halves of characters included, which JSON lets through."""
    one, other = (KEYS.of_question(replace(ASKED, asker=Asker(tenant))) for tenant in tenants)
    assert not {*one.both} & {*other.both}


def test_a_tenant_named_by_half_a_character_is_not_the_one_named_by_a_question_mark() -> None:
    """What cannot be encoded was once replaced by `?`: two tenants had one key."""
    one, other = (KEYS.of_question(replace(ASKED, asker=Asker(name))) for name in ("\ud800", "?"))
    assert not {*one.both} & {*other.both}


def test_a_key_tells_nothing() -> None:
    """Forty hex digits, without the words or the tenant."""
    key = KEYS.of_question(ASKED).timeless
    assert len(key) == 40
    assert set(key) <= set("0123456789abcdef")
