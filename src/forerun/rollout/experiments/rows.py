"""What is kept of experiments as rows of tables, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from forerun.errors import BadInput
from forerun.ports import SQLValue
from forerun.rollout.experiments.plan import Arm
from forerun.rollout.experiments.records import Exposure, Mismatch, Outcome, Pair, Verdict
from forerun.rollout.experiments.store import Act, AuditEntry, Seen

Row: TypeAlias = Sequence[SQLValue]

# A hundred thousand rows are read at once: a look into a dict is quicker than a call of the enum.
_ARMS = {arm.value: arm for arm in Arm}
_VERDICTS = {verdict.value: verdict for verdict in Verdict}


def checked(rows: Iterable[Row]) -> list[Row]:
    """The same rows. Raises `BadInput` for what one database or the other would not keep as it is:
    NUL or half a character in a text, NaN and infinities."""
    kept = list(rows)
    for row in kept:
        for value in row:
            if isinstance(value, str):
                _check_text(value)
            elif isinstance(value, float) and not math.isfinite(value):
                raise BadInput(
                    f"A number to keep is {value}.", "Report finite times and costs only."
                )
    return kept


def _check_text(text: str) -> None:
    whole = "\0" not in text
    if whole and not text.isascii():
        whole = text.encode(errors="replace").decode() == text
    if not whole:
        raise BadInput(
            f"A text to keep holds a NUL, or half a character: {text[:50]!r}.", "Leave it out."
        )


def exposure_row(id_: str, exposure: Exposure) -> Row:
    e = exposure
    return (id_, e.request, e.unit, e.arm.value, e.stratum, float(e.at))


def outcome_row(id_: str, number: int, outcome: Outcome) -> Row:
    o = outcome
    cost = None if o.cost_usd is None else float(o.cost_usd)
    about = (float(o.seconds), o.verdict.value, o.served.value, float(o.at), cost)
    return (id_, number, o.request, *about)


def seen_from(row: Sequence[Any]) -> Seen:
    unit, arm, stratum, seconds, verdict, served, at = row
    return Seen(unit, _ARMS[arm], stratum, seconds, _VERDICTS[verdict], _ARMS[served], at)


def pair_row(id_: str, number: int, pair: Pair) -> Row:
    p = pair
    seconds = (float(p.control_s), float(p.candidate_s))
    ended = (p.control.value, p.candidate.value, int(p.same), float(p.at))
    return (id_, number, p.request, p.stratum, int(p.of_control), *seconds, *ended)


def pair_from(row: Sequence[Any]) -> Pair:
    request, stratum, of_control, control_s, candidate_s, control, candidate, same, at = row
    ended = (_VERDICTS[control], _VERDICTS[candidate])
    return Pair(request, stratum, bool(of_control), control_s, candidate_s, *ended, bool(same), at)


def mismatch_row(id_: str, number: int, mismatch: Mismatch) -> Row:
    m = mismatch
    traces = (m.sequential_trace, m.parallel_trace)
    return (
        id_, number, m.request, m.question, m.difference, m.sequential_sql, m.parallel_sql,
        *traces, float(m.at),
    )  # fmt: skip


def mismatch_from(row: Sequence[Any]) -> Mismatch:
    return Mismatch(*row)


def line_row(entry: AuditEntry) -> Row:
    act = entry.act
    said = (act.actor, act.action, act.reason, act.at, act.idempotency_key)
    told = (entry.before, entry.after, entry.previous_hash, entry.hash)
    return (entry.number, entry.experiment, *said, *told)


def line_from(row: Sequence[Any]) -> AuditEntry:
    number, experiment, *said, before, after, previous_hash, hash_ = row
    return AuditEntry(number, experiment, Act(*said), before, after, previous_hash, hash_)
