"""The lexicon distilled from WordNet: what it holds, and when it is asked."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from forerun.catalog import words
from forerun.domain import Catalog, Column, Kind, Table
from forerun.parsing import confidence, lexicon, parse
from forerun.parsing import index as indexing
from forerun.parsing.lattice import build
from forerun.parsing.schema import Entity, Field

ROOT = Path(__file__).parents[2]
FILE = Path(lexicon.__file__).with_name("wordnet.txt")
LINE = re.compile(r"[a-z]+(?: [a-z]+)?\t(?:[a-z ]+:[1-9],?)*\t(?:[a-z ]+:[1-9],?)*")
NOW = datetime(2026, 1, 1).astimezone()


def table(name: str, *columns: str) -> Table:
    return Table(name, tuple(Column(c, "VARCHAR", Kind.TEXT) for c in columns), rows=3)


def links(question: str, *tables: Table) -> dict[str, set[tuple[str, str]]]:
    """Words of the question → what they mean, and how well they agree."""
    index = indexing.build(Catalog("stage", "sqlite", tables))
    return {
        mention.text: {
            (link.target.name if isinstance(link.target, Field) else link.target.key, link.quality)
            for link in mention.links
            if isinstance(link.target, Field | Entity)
        }
        for mention in build(question, index, NOW.date()).mentions
    }


def test_the_lexicon_is_small_sorted_and_holds_no_names() -> None:
    """Less than a megabyte of sorted lines, stems in small letters only, its source on top."""
    text = FILE.read_text("utf-8")
    lines = text.splitlines()
    body = [line for line in lines if not line.startswith("#")]
    assert len(text) < 1_000_000
    assert "WordNet 3.0, Copyright 2006 by Princeton University" in lines[0]
    assert "WordNet 3.0 Copyright 2006" in FILE.with_name("LICENSE-wordnet.txt").read_text("utf-8")
    assert body == sorted(body)
    assert len({line.split("\t")[0] for line in body}) == len(body)
    assert [line for line in body if not LINE.fullmatch(line)] == []


def test_a_word_for_the_same_finds_the_table_and_the_column() -> None:
    """A vocalist is a singer, a surname a last name: what no name of the catalog says itself."""
    found = links("Show the surname of all vocalists", table("singers", "last_name", "age"))
    assert found == {"surname": {("last_name", "wordnet")}, "vocalists": {("singers", "wordnet")}}


def test_a_more_general_word_is_marked_as_such() -> None:
    """A musician need not be a singer."""
    found = links("How many musicians are there?", table("singers", "age"))
    assert found == {"musicians": {("singers", "wordnet-near")}}


@pytest.mark.parametrize(
    ("question", "tables", "expected"),
    [
        ("vocalists", (table("singers", "age"), table("vocalists", "age")), "vocalists"),
        ("vocalists", (table("singers", "age"), table("bands", "lead_vocalist")), "lead_vocalist"),
    ],
    ids=["exact", "tail"],
)
def test_a_name_that_agrees_is_never_overruled(
    question: str, tables: tuple[Table, ...], expected: str
) -> None:
    """The lexicon is not asked about a word that a name or a part of one explains."""
    assert {name for name, _ in links(question, *tables)[question]} == {expected}


def test_a_word_for_half_of_what_is_true_or_not_of_a_row_does_not_stand_for_it() -> None:
    """ "Present" is a time, but those who are present are not those who work full time."""
    full_time = Column(
        "is_full_time", "VARCHAR", Kind.TEXT, samples=("T", "F"), samples_complete=True
    )
    clerks = Table("clerks", (full_time,), rows=3)
    assert "present" not in links("clerks present", clerks)
    months = table("clerks", "full_time")
    assert links("clerks present", months)["present"] == {("full_time", "wordnet")}


def test_capitals_inside_a_question_and_stop_words_mean_nothing_else() -> None:
    """A name that the data does not hold stays unknown, whatever it means as a word."""
    assert links("Which age has Vocalist?", table("singers", "age")) == {"age": {("age", "exact")}}


def test_a_noun_left_out_is_as_bad_as_an_unknown_one() -> None:
    """Words that only the lexicon knows are used, or the draft is not sure."""
    catalog = Catalog("stage", "sqlite", (table("singers", "name"), table("albums", "title")))
    question = "How many musicians are there?"
    parsed = parse(question, catalog, NOW)
    assert parsed.drafts[0].sql == "SELECT COUNT(*) AS number_of_singers FROM singers"
    assert parsed.drafts[0].confidence <= confidence._FAR_FETCHED
    assert parse(question, catalog, NOW) == parsed


def test_phrases_are_looked_up_by_their_stems() -> None:
    """Both words of a phrase count; an unknown word has no others."""
    same, _ = lexicon.related(words.stems("telephone number"))
    assert words.stems("phone number") in same
    assert lexicon.related(("zzz",)) == ((), ())


NOUNS = """\
00000001 18 n 02 singer 0 vocalist 0 002 @ 00000002 n 0000 + 00000004 v 0101 | who sings
00000002 18 n 01 musician 0 002 ~ 00000001 n 0000 ~i 00000003 n 0000 | who makes music
00000003 18 n 02 Ella 0 Fitzgerald 0 001 @i 00000002 n 0000 | a musician
"""
INDEX = """\
  1 a line of the licence
ella n 1 1 @ 1 0 00000003
musician n 1 1 ~ 1 1 00000002
singer n 1 1 @ 1 1 00000001
vocalist n 1 1 @ 1 1 00000001
"""
COUNTS = "musician%1:18:00:: 1 5\nsinger%1:18:00:: 1 5\nvocalist%1:18:00:: 1 3\n"


def test_distilling_keeps_common_words_and_no_names(tmp_path: Path) -> None:
    """The same files give the same bytes: synonyms, then the more and the less general."""
    made = []
    for name, text in {
        "data.noun": NOUNS, "index.noun": INDEX, "cntlist.rev": COUNTS,
        "data.verb": "00000004 36 v 01 sing 0 001 + 00000001 n 0101 01 + 02 00 | to make music\n",
        "index.verb": "sing v 1 0 1 1 00000004\n", "data.adj": "", "index.adj": "",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text, "utf-8")
    for name in ("one", "two"):
        script = [ROOT / "scripts" / "distil_wordnet.py", tmp_path, "--out", tmp_path / name]
        subprocess.run([sys.executable, *map(str, script)], check=True)
        made.append((tmp_path / name).read_bytes())
    body = [line for line in made[0].decode().splitlines() if not line.startswith("#")]
    assert made[0] == made[1]
    assert body == [
        "musician\t\tsinger:9,vocalist:9",
        "sing\tsinger:9\t",
        "singer\tsing:9,vocalist:9\tmusician:9",
        "vocalist\tsinger:9\tmusician:9",
    ]


def test_a_family_explains_a_phrase_of_which_one_word_is_known() -> None:
    """A family name is a last name, not some name of a family."""
    found = links("Show the family name of students", table("students", "last_name", "age"))
    assert found["family name"] == {("last_name", "stripped")}


def test_what_is_only_a_kind_of_it_is_marked_as_such() -> None:
    """An undergraduate is a student, yet not every student is one."""
    found = links("How many undergraduates are there?", table("students", "age"))
    assert found == {"undergraduates": {("students", "wordnet-near")}}
