"""Records as rows of the tables, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from forerun.app.serving.asked import Owner
from forerun.app.serving.teaching.records import (
    GoldenStatus,
    Judgement,
    KeptFeedback,
    KeptGolden,
    KeptTerm,
)
from forerun.catalog import words
from forerun.domain import Term
from forerun.ports import SQLValue

Row = tuple[Any, ...]


def feedback_row(kept: KeptFeedback, number: int) -> tuple[SQLValue, ...]:
    return (
        kept.owner.tenant,
        kept.owner.user,
        kept.answer,
        number,
        kept.database,
        kept.question,
        kept.judgement.value,
        kept.at,
        kept.comment,
        kept.corrected_sql,
        kept.golden,
        kept.said_by,
    )


def feedback_from(row: Row) -> KeptFeedback:
    tenant, user, answer, number, database, question, judgement, at, comment, sql, *more = row
    golden, said_by = more
    said = (Judgement(judgement), at, comment, sql, golden, number, said_by)
    return KeptFeedback(Owner(tenant, user), answer, database, question, *said)


def golden_row(kept: KeptGolden, number: int) -> tuple[SQLValue, ...]:
    return (
        kept.tenant,
        kept.id,
        number,
        kept.database,
        kept.question,
        kept.key,
        kept.sql,
        kept.status.value,
        kept.proposed_by,
        kept.at,
        json.dumps(kept.warnings),
        kept.version,
    )


def golden_from(row: Row) -> KeptGolden:
    tenant, id_, number, database, question, _, sql, status, by, at, warnings, version = row
    said = (database, question, sql, GoldenStatus(status), by, at, tuple(json.loads(warnings)))
    return KeptGolden(tenant, id_, *said, version, number)


def term_key(term: Term) -> str:
    """What names share that mean the same."""
    return " ".join(words.stems(term.name))


def term_row(kept: KeptTerm, number: int) -> tuple[SQLValue, ...]:
    said = json.dumps(asdict(kept.term))
    key = (kept.tenant, kept.id, number, kept.database, term_key(kept.term))
    return (*key, said, kept.changed_by, kept.at, kept.version)


def term_from(row: Row) -> KeptTerm:
    tenant, id_, number, database, _, said, by, at, version = row
    kept = json.loads(said)
    term = Term(**{**kept, "synonyms": tuple(kept["synonyms"])})
    return KeptTerm(tenant, id_, database, term, by, at, version, number)
