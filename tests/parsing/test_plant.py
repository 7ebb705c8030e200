"""Plain questions of who runs machines: what is to be answered, and what not."""

from __future__ import annotations

import pytest

from forerun import parsing
from tests.parsing import dated
from tests.parsing.plant import ANSWER, GUESS, NOW, after, best

PLAIN = [
    # stored as "fail"
    (
        "how many checks failed?",
        "SELECT COUNT(*) AS number_of_checks FROM checks WHERE result = 'fail'",
    ),
    (
        "failed checks per worker",
        "SELECT workers.full_name, COUNT(*) AS number_of_checks FROM workers JOIN checks ON "
        "checks.worker_id = workers.worker_id WHERE checks.result = 'fail' "
        "GROUP BY workers.worker_id, workers.full_name",
    ),
    # a yes or no narrows what a heading counts
    (
        "remote checks per worker",
        "SELECT workers.full_name, COUNT(*) AS number_of_checks FROM workers JOIN checks ON "
        "checks.worker_id = workers.worker_id WHERE checks.is_remote = 1 "
        "GROUP BY workers.worker_id, workers.full_name",
    ),
    # whose key is empty refers to nobody
    (
        "how many checks have no worker?",
        "SELECT COUNT(*) AS number_of_checks FROM checks WHERE worker_id IS NULL",
    ),
    (
        "workers without a home site",
        "SELECT full_name FROM workers WHERE home_site_id IS NULL",
    ),
    # the home site of home_site_id is a site, told by its name
    (
        "average day rate per home site",
        "SELECT sites.site_name, AVG(workers.day_rate) AS average_day_rate FROM sites JOIN workers "
        "ON workers.home_site_id = sites.site_id GROUP BY sites.site_id, sites.site_name",
    ),
    # the average is said once, of the checks and of their duration
    ("average check duration", "SELECT AVG(duration_min) AS average_duration_min FROM checks"),
    # two kinds are compared by a figure of each
    (
        "compare Vestas and Enercon by average capacity",
        "SELECT maker, AVG(capacity_kw) AS average_capacity_kw FROM machines "
        "WHERE maker IN ('Vestas', 'Enercon') GROUP BY maker",
    ),
    (
        "total capacity of Vestas machines vs Nordex machines",
        "SELECT maker, SUM(capacity_kw) AS total_capacity_kw FROM machines "
        "WHERE maker IN ('Vestas', 'Nordex') GROUP BY maker",
    ),
    (
        "sites with at least 5 Vestas machines",
        "SELECT sites.site_name FROM sites JOIN machines ON machines.site_id = sites.site_id "
        "WHERE machines.maker = 'Vestas' GROUP BY sites.site_id, sites.site_name "
        "HAVING COUNT(*) >= 5",
    ),
    # who has a phone, not a number of workers for each phone
    (
        "how many workers have a phone?",
        "SELECT COUNT(*) AS number_of_workers FROM workers WHERE NOT phone IS NULL",
    ),
    # of one row there is no total to rank by
    (
        "which worker has the highest day rate?",
        "SELECT full_name FROM workers ORDER BY day_rate DESC LIMIT 1",
    ),
    # machines started, and not their days
    (
        "how many machines were commissioned in 2020?",
        "SELECT COUNT(*) AS number_of_machines FROM machines WHERE commissioned_on >= "
        "DATE('2020-01-01') AND commissioned_on < DATE('2021-01-01')",
    ),
    (
        "number of stops by severity and year",
        "SELECT severity, STRFTIME('%Y', happened_on) AS year, COUNT(*) AS number_of_stops FROM "
        "stops GROUP BY severity, STRFTIME('%Y', happened_on) "
        "ORDER BY STRFTIME('%Y', happened_on) ASC",
    ),
    (
        "average capacity of Vestas vs Enercon",
        "SELECT maker, AVG(capacity_kw) AS average_capacity_kw FROM machines "
        "WHERE maker IN ('Vestas', 'Enercon') GROUP BY maker",
    ),
    # rows without a name go by their key
    ("list all machines", "SELECT machine_id FROM machines"),
]


UNDERSTOOD = [
    # rows of a kind are counted, and not their flag
    (
        "which worker has made the most remote checks?",
        "SELECT workers.full_name FROM workers JOIN checks ON checks.worker_id = workers.worker_id "
        "WHERE checks.is_remote = 1 GROUP BY workers.worker_id "
        "ORDER BY COUNT(*) DESC LIMIT 1",
    ),
    # a verb right before a period says which date it is, and is not what is shown
    (
        "machines commissioned before 2012",
        "SELECT machine_id FROM machines WHERE commissioned_on < DATE('2012-01-01')",
    ),
    (
        "Which machines were commissioned before 2012?",
        "SELECT machine_id FROM machines WHERE commissioned_on < DATE('2012-01-01')",
    ),
    (
        "checks scheduled in August 2025",
        "SELECT check_id FROM checks WHERE scheduled_on >= DATE('2025-08-01') "
        "AND scheduled_on < DATE('2025-09-01')",
    ),
]


@pytest.mark.parametrize(("question", "sql"), UNDERSTOOD)
def test_some_are_understood(question: str, sql: str) -> None:
    """If not surely enough to be answered unasked: the first reading is the right one."""
    draft = best(question)
    assert draft.sql == sql
    assert draft.confidence >= GUESS


@pytest.mark.parametrize(("question", "sql"), PLAIN)
def test_plain_questions_are_answered(question: str, sql: str) -> None:
    """Each is read in the one way in which anybody would, and surely enough to be answered."""
    draft = best(question)
    assert draft.sql == sql
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("number of stops per severity for each site", "GROUP BY severity"),
        ("grade 4 stops in 2025", "HAVING COUNT(*) = 4"),
        ("sites with more than 8 machines but no Vestas ones", "HAVING COUNT(*) > 8"),
        ("how many stops lasted into 2025?", "happened_on < DATE('2026-01-01')"),
        ("which site has the most remote checks?", "ORDER BY checks.is_remote DESC LIMIT 1"),
    ],
)
def test_half_of_what_was_asked_is_no_answer(question: str, wrong: str) -> None:
    """A line for each of two is none for one of them; grade 4 is no number of stops; none that is
    so is not all but those; what lasted into a year began before; a yes has no highest."""
    draft = best(question)
    assert not draft.sql.endswith(wrong) or draft.confidence < GUESS


def test_whose_own_end_is_known_is_not_in_force_by_something_else() -> None:
    """A lease that has not ended is active, whatever is said of its tariff."""
    draft = best("how many leases are active?")
    assert "tariffs.active" not in draft.sql or draft.confidence < GUESS
    assert best("how many tariffs are active?").confidence >= ANSWER


def test_the_first_of_the_patients_is_no_first_name() -> None:
    """Who registered first is not told by the first names of all."""
    draft = parsing.parse("first patient to register", dated.catalog("clinic"), NOW).drafts[0]
    assert draft.confidence < GUESS


@pytest.mark.parametrize(
    "question",
    ["largest site by floor area", "what is the smallest site by floor area?"],
)
def test_the_largest_by_something_is_one(question: str) -> None:
    """Who asks for one is not given the list of all, in that order."""
    assert "LIMIT 1" in best(question).sql


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("longest check", "ORDER BY duration_min DESC LIMIT 1"),
        ("shortest check", "ORDER BY duration_min ASC LIMIT 1"),
        ("the last 5 stops", "ORDER BY happened_on DESC LIMIT 5"),
        ("oldest worker", "ORDER BY birth_date ASC LIMIT 1"),
    ],
)
def test_what_is_longest_lasts_and_who_is_oldest_was_born_first(question: str, order: str) -> None:
    """The longest goes by how long it is, never by a day; the oldest by birth, not by entry."""
    assert best(question).sql.endswith(order)


@pytest.mark.parametrize(
    ("earlier", "question", "days"),
    [
        ("how many stops in 2023?", "and the previous year?", ("2022-01-01", "2023-01-01")),
        ("how many stops in 2023?", "and the year before?", ("2022-01-01", "2023-01-01")),
        ("how many stops in 2023?", "what about the year after?", ("2024-01-01", "2025-01-01")),
        ("how many stops in March 2024?", "the month before that?", ("2024-02-01", "2024-03-01")),
        ("how many stops in Q1 2024?", "and the quarter before?", ("2023-10-01", "2024-01-01")),
        ("how many stops in 2023?", "and last year?", ("2024-01-01", "2025-01-01")),
    ],
)
def test_the_year_before_is_before_the_year_spoken_of(
    earlier: str, question: str, days: tuple[str, str]
) -> None:
    """Only last year is the one before this year; the previous one is before the one said."""
    draft = after(question, earlier)
    first, end = days
    assert f">= DATE('{first}')" in draft.sql
    assert f"< DATE('{end}')" in draft.sql
    assert draft.confidence >= ANSWER
