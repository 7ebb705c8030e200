"""What a simulated model says: a function of the seed, the prompt and the sample alone.

Whether it is right hangs on the job, the question and what is asked about (the refused query, the
query under review), so that another system's writer meets the luck of ours. The stated confidence
and the narrator's wording hang on every byte of the prompt: an answer shows what it was made from.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from sqlglot import exp

from forerun import syntax
from forerun.testing.playbook import Asked
from forerun.testing.simulator.case import Case
from forerun.testing.simulator.errors import ErrorRates
from forerun.testing.simulator.jobs import About, Job

Luck: TypeAlias = random.Random
Draw: TypeAlias = Callable[..., Luck]
"""Luck by whatever it is to hang on."""

SUMMARIES = (
    "The rows answer the question as it was asked.",
    "These are the rows that the question asks for, in the order of the result.",
    "The result holds what was asked for and nothing else.",
    "What was asked for can be read from the rows as they stand.",
)
SUGGESTIONS = ("How has this changed over time?", "How does this differ by region?")
OBJECTION = "It answers another question: a condition is missing."
ADVICE = "Keep every condition of the question."


@dataclass(frozen=True, slots=True)
class Said:
    """A reply up to the end of what matters, and the prose after it."""

    matter: str
    prose: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of whom, and which draw of it."""

    job: Job
    case: Case
    asked: Asked
    sample: int

    @property
    def about(self) -> About:
        return About(self.asked.user)


def say(call: Call, errors: ErrorRates, draw: Draw) -> Said:
    """The reply, in JSON where a shape is given, else in the words that the prompt asks for."""
    match call.job.kind:
        case Job.ANALYST:
            return _tables(call, errors, draw)
        case Job.FOLLOW_UP:
            question = call.case.question
            return _either(call, {"question": question}, question)
        case Job.REVIEWER:
            return _verdict(call, errors, draw)
        case Job.NARRATOR:
            return _summary(call, draw)
    return _query(call, errors, draw)


def _tables(call: Call, errors: ErrorRates, draw: Draw) -> Said:
    luck = draw(Job.ANALYST, call.case.question, call.sample)
    added: list[str] = []
    if luck.random() >= errors.slice_right and (possible := call.about.not_chosen):
        missing = call.case.missing_table
        added = [missing if missing in possible else luck.choice(possible)]
    return _either(call, {"tables": added}, "\n".join(added) or "NONE")


def _query(call: Call, errors: ErrorRates, draw: Draw) -> Said:
    case, about = call.case, call.about
    rate = errors.repair_right if call.job is Job.REPAIR else errors.writer_right
    luck = draw(call.job.kind, case.question, about.refused, call.sample)
    right = luck.random() < rate
    right = right and _understood(call, errors, draw) and _shown_enough(call, errors, draw)
    possible = (case.sql, case.same_sql) if right else (case.broken_sql, case.wrong_sql)
    # Told that its query is wrong, a writer does not send it again.
    fresh = [sql for sql in possible if sql.strip() != about.refused_query] or possible
    sql = fresh[0] if right and not call.sample else luck.choice(fresh)
    confidence = round(0.8 + 0.15 * draw(*_every_byte(call)).random(), 2)
    if call.asked.shape is None:
        return Said(f"```sql\n{sql}\n```", f"\nReading: {case.question}\nConfidence: {confidence}")
    rest = {"reading": case.question, "confidence": confidence, "clarify": "", "choices": []}
    whole = json.dumps({"sql": sql, **rest, "unanswerable": ""})
    end = len(json.dumps({"sql": sql})) - 1
    return Said(whole[:end], whole[end:])


def _understood(call: Call, errors: ErrorRates, draw: Draw) -> bool:
    """Whether our writer knows what the asker's own words refer to, where it is told no others.

    The peer that is always told those alone is taken to know.
    """
    if call.job is not Job.WRITER or call.about.question != call.case.asked:
        return True
    if call.case.asked == call.case.question:
        return True
    return draw("own words", call.case.question).random() < errors.own_words_right


def _shown_enough(call: Call, errors: ErrorRates, draw: Draw) -> bool:
    """Whether our writer sees all tables that it needs: the analyst would add none, or in vain."""
    missing = call.case.missing_table
    if call.job is not Job.WRITER or not missing or call.about.shows(missing):
        return True
    if draw(Job.ANALYST, call.case.question, 0).random() < errors.slice_right:
        return True
    return draw("added in vain", call.case.question).random() < errors.added_needlessly


def _verdict(call: Call, errors: ErrorRates, draw: Draw) -> Said:
    """A query counts as right unless it is the wrong one, however that is written."""
    about = call.about
    under_review = plainly_written(about.query, about.dialect)
    wrong = under_review == plainly_written(call.case.wrong_sql, about.dialect)
    objects = errors.reviewer_catches if wrong else errors.reviewer_objects_wrongly
    luck = draw(call.job.kind, call.case.question, under_review, call.sample)
    if luck.random() >= objects:
        return _either(call, {"problem": "", "advice": "", "correct": True}, "CORRECT")
    fields = {"problem": OBJECTION, "advice": ADVICE, "correct": False}
    return _either(call, fields, f"WRONG: {OBJECTION} {ADVICE}")


def _summary(call: Call, draw: Draw) -> Said:
    summary = draw(*_every_byte(call)).choice(SUMMARIES)
    words = "\n".join((summary, *(f"- {suggestion}" for suggestion in SUGGESTIONS)))
    return _either(call, {"summary": summary, "suggestions": SUGGESTIONS}, words)


def _every_byte(call: Call) -> tuple[object, ...]:
    return call.job.kind, call.asked.system, call.asked.user, call.sample


def _either(call: Call, fields: Mapping[str, object], words: str) -> Said:
    return Said(words if call.asked.shape is None else json.dumps(fields))


@lru_cache(maxsize=16_384)
def plainly_written(sql: str, dialect: str) -> str:
    """As the gate writes it, but for quotes and case of names."""
    try:
        tree = syntax.read(sql, dialect)
        for name in tuple(tree.find_all(exp.Identifier)):
            name.replace(exp.to_identifier(name.name.lower(), quoted=False))
        return syntax.write(tree, dialect)
    except syntax.UNREADABLE:
        return sql
