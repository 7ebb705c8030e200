"""`forerun explain`: what it prints, its JSON, and that neither a model nor the data is asked."""

from __future__ import annotations

import json

import pytest

from forerun import wire
from tests.cli.conftest import Run

QUESTION = "how many customers are there per region?"


def test_it_shows_the_reading_word_by_word(forerun: Run, shop: str) -> None:
    """Words and their parts, the reading, its SQL, the probability and the threshold."""
    done = forerun("explain", QUESTION, "--db", shop)
    assert (done.status, done.err) == (0, "")
    first, second = (line.split() for line in done.out.splitlines()[:2])
    assert first == ["how", "many", "customers", "→", "counted", "customers"]
    assert second[-4:] == ["→", "grouped", "by", "customers.region"]
    assert "number of customers; for each region" in done.out
    assert "SELECT region, COUNT(*)" in done.out
    assert "answered (from 85% on)" in done.out


@pytest.mark.parametrize("merges", ["true", "false"])
def test_it_says_what_may_still_change_it(
    forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch, merges: str
) -> None:
    """Nothing is run here; where an answer compares readings, its verdict may be another."""
    monkeypatch.setenv("FORERUN_MERGE_RESULTS", merges)
    done = forerun("explain", QUESTION, "--db", shop)
    assert ("may still change it" in done.out) is (merges == "true")


def test_as_json(forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object with every promised field, the same probability and reading as an answer's of
    which no rival readings were run."""
    monkeypatch.setenv("FORERUN_MERGE_RESULTS", "false")
    done = forerun("explain", QUESTION, "--db", shop, "--json")
    explained = json.loads(done.out)
    assert done.out.count("\n") == 1
    assert explained.keys() == wire.ExplanationJSON.__annotations__.keys()
    answer = json.loads(forerun("ask", QUESTION, "--db", shop, "--json").out)
    assert (explained["reading"], explained["sql"], explained["probability"]) == (
        answer["reading"], answer["sql"].removesuffix(" LIMIT 1001"), answer["confidence"],
    )  # fmt: skip
    assert (explained["answer_threshold"], explained["guess_threshold"]) == (0.85, 0.6)
    assert explained["said"][0] == {
        "lead": "how many", "words": "customers", "understood": "used", "part": "counted",
        "target": "customers",
    }  # fmt: skip


def test_why_it_is_not_answered(forerun: Run, shop: str) -> None:
    """What forbids an answer is named with the word that it is about."""
    done = forerun("explain", "how many customers are there in Atlantis?", "--db", shop)
    assert done.status == 0
    assert "Must not be answered" in done.out
    assert "✗ “Atlantis” looks like a name that the data does not hold." in done.out


def test_no_reading_at_all(forerun: Run, shop: str) -> None:
    """A question about something else leaves with 3 and says what to do."""
    done = forerun("explain", "who wrote the opera Parsifal?", "--db", shop)
    assert done.status == 3
    assert "There is no reading" in done.out
    assert "forerun schema" in done.out


def test_no_model_is_opened(forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that cannot even be opened does not stand in the way."""
    monkeypatch.setenv("FORERUN_MODEL", "nobody:knows-it")
    assert forerun("ask", QUESTION, "--db", shop).status != 0
    assert forerun("explain", QUESTION, "--db", shop).status == 0


@pytest.mark.parametrize(("question", "db"), [("", "{shop}"), ("how many?", "nowhere.sqlite")])
def test_errors_are_those_of_ask(forerun: Run, shop: str, question: str, db: str) -> None:
    """What the asker can put right is told in the same words, and as the same JSON."""
    db = db.format(shop=shop)
    asked, explained = (forerun(name, question, "--db", db) for name in ("ask", "explain"))
    assert (explained.status, explained.err) == (asked.status, asked.err)
    assert explained.status == 2
    as_json = json.loads(forerun("explain", question, "--db", db, "--json").out)
    assert as_json["error"]["message"] in explained.err


def test_an_answer_shows_its_reading(forerun: Run, shop: str) -> None:
    """The reading stands above the SQL of every answer of the parser."""
    done = forerun("ask", QUESTION, "--db", shop)
    assert "Read as: number of customers; for each region" in done.out
    assert done.out.index("Read as:") < done.out.index("SELECT")


def test_guess(forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """--guess answers below the answer threshold, and a note says that it is a guess."""
    monkeypatch.setenv("FORERUN_ANSWER_THRESHOLD", "0.9999")
    assert forerun("ask", QUESTION, "--db", shop).status == 3
    done = forerun("ask", QUESTION, "--db", shop, "--guess")
    assert done.status == 0
    assert "Note: This is a guess, right with a probability of" in done.err
