"""Shares and their bootstrap intervals."""

from __future__ import annotations

import pytest

from forerun.lab.evaluation.intervals import Rate, rate


def test_no_cases_have_no_share() -> None:
    """Nothing divided by nothing is not 0 %."""
    assert rate([]) == Rate(None, None, None)


def test_one_database_gives_a_share_without_an_interval() -> None:
    """How much databases differ cannot be known from one."""
    assert rate([("a", True), ("a", False)]) == Rate(0.5, None, None)


def test_databases_that_do_not_differ_give_a_narrow_interval() -> None:
    """Where each database has the same share, drawing databases again changes nothing."""
    cases = [(db, hit) for db in "abcdef" for hit in (True, True, False, True)]
    assert rate(cases) == Rate(0.75, 0.75, 0.75)


def test_databases_are_drawn_and_not_questions() -> None:
    """Forty questions on four databases, all right on two of them, say no more than four cases."""
    cases = [(db, db in "ab") for db in "abcd" for _ in range(10)]
    wide = rate(cases)
    assert wide == Rate(0.5, 0.0, 1.0)


def test_the_interval_is_the_binomial_one_where_each_database_has_one_question() -> None:
    """Then drawing databases is drawing questions: 100 cases at one half give about ±0.098."""
    interval = rate((str(n), n % 2 == 0) for n in range(100))
    assert interval.low == pytest.approx(0.402, abs=0.03)
    assert interval.high == pytest.approx(0.598, abs=0.03)


def test_the_same_cases_give_the_same_interval() -> None:
    """The draw is seeded: a report can be compared with yesterday's."""
    cases = [(str(n), n % 3 == 0) for n in range(40)]
    assert rate(cases) == rate(cases)
