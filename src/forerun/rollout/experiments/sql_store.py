"""Experiments in the tables of a file or a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from forerun.errors import BadInput, Unavailable
from forerun.ports import SQLStore, Transaction
from forerun.rollout.experiments import tables
from forerun.rollout.experiments.auditing import first_misfit, linked
from forerun.rollout.experiments.lifecycle import Experiment, State
from forerun.rollout.experiments.plan import Arm
from forerun.rollout.experiments.records import Exposure, Mismatch, Outcome, Pair
from forerun.rollout.experiments.rows import (
    checked,
    exposure_row,
    line_from,
    line_row,
    mismatch_from,
    mismatch_row,
    outcome_row,
    pair_from,
    pair_row,
    seen_from,
)
from forerun.rollout.experiments.store import (
    FLAG,
    SHADOW,
    Act,
    AlreadyRunning,
    AuditEntry,
    KeyTaken,
    Seen,
    UnknownExperiment,
    VersionConflict,
)
from forerun.rollout.experiments.written import experiment_from_text, experiment_to_text
from forerun.rollout.flags import ROLLOUT

Result = TypeVar("Result")


class SQLExperimentStore:
    """See `ExperimentStore`. Its tables are those of `tables.LAYOUT`."""

    def __init__(self, store: SQLStore) -> None:
        self._store = store

    async def create(self, experiment: Experiment, act: Act) -> Experiment:
        text = experiment_to_text(experiment)

        def create(tx: Transaction) -> Experiment:
            if (done := _done(tx, act, experiment)) is not None:
                return done
            if tx.rows(tables.TEXT_OF, experiment.id):
                raise BadInput(
                    f"There is an experiment {experiment.id} already.", "Give it another id."
                )
            number = _append(tx, experiment.id, act, None, text)
            tx.change(tables.CREATE, experiment.id, number, text)
            return experiment

        return await self._store.write(create)

    async def save(self, experiment: Experiment, expected_version: int, act: Act) -> Experiment:
        if experiment.version <= expected_version:
            raise ValueError("A changed experiment has a later version than before.")
        text = experiment_to_text(experiment)

        def save(tx: Transaction) -> Experiment:
            if (done := _done(tx, act, experiment)) is not None:
                return done
            before = _text_of(tx, experiment.id)
            _expect(_experiment(before), expected_version)
            _take_flag(tx, experiment)
            _append(tx, experiment.id, act, before, text)
            tx.change(tables.SAVE, text, experiment.id)
            return experiment

        return await self._store.write(save)

    async def done(self, idempotency_key: str) -> AuditEntry | None:
        checked([(idempotency_key,)])
        return await self._store.read(lambda tx: _line_with_key(tx, idempotency_key))

    async def read(self, id_: str) -> Experiment:
        return await self._of(id_, lambda tx: _experiment(_text_of(tx, id_)))

    async def all(self) -> Sequence[Experiment]:
        return await self._store.read(
            lambda tx: [_experiment(text) for (text,) in tx.rows(tables.ALL)]
        )

    async def assign(self, id_: str, unit: str, arm: Arm, at: float) -> Arm:
        """Most units have one already: only a new one waits for its turn to write."""
        row = checked([(id_, unit, arm.value, float(at))])
        found = await self._store.read(lambda tx: tx.rows(tables.ARM_OF, id_, unit))
        if found:
            return Arm(found[0][0])

        def assign(tx: Transaction) -> Arm:
            tx.add("assignments", row)
            [(given,)] = tx.rows(tables.ARM_OF, id_, unit)
            return Arm(given)

        return await self._change(id_, assign)

    async def assigned(self, id_: str) -> dict[Arm, int]:
        rows = await self._of(id_, lambda tx: tx.rows(tables.ASSIGNED, id_))
        return dict.fromkeys(Arm, 0) | {Arm(arm): count for arm, count in rows}

    async def add_exposures(self, id_: str, exposures: Sequence[Exposure]) -> int:
        rows = checked(exposure_row(id_, exposure) for exposure in exposures)
        return await self._change(id_, lambda tx: tx.add("exposures", rows))

    async def add_outcomes(self, id_: str, outcomes: Sequence[Outcome]) -> int:
        def add(tx: Transaction) -> int:
            [(last,)] = tx.rows(tables.LAST_OUTCOME, id_)
            numbered = enumerate(outcomes, last + 1)
            rows = checked(outcome_row(id_, number, outcome) for number, outcome in numbered)
            return tx.add("outcomes", rows)

        return await self._change(id_, add)

    async def seen(self, id_: str, since: float = 0.0) -> Sequence[Seen]:
        return await self._of(
            id_, lambda tx: list(map(seen_from, tx.rows(tables.SEEN, id_, float(since))))
        )

    async def add_pairs(self, id_: str, pairs: Sequence[Pair]) -> int:
        def add(tx: Transaction) -> int:
            [(last,)] = tx.rows(tables.LAST_PAIR, id_)
            numbered = enumerate(pairs, last + 1)
            return tx.add(
                "pairs", checked(pair_row(id_, number, pair) for number, pair in numbered)
            )

        return await self._change(id_, add)

    async def pairs(self, id_: str, since: float = 0.0) -> Sequence[Pair]:
        return await self._of(
            id_, lambda tx: list(map(pair_from, tx.rows(tables.PAIRS, id_, float(since))))
        )

    async def add_mismatch(self, id_: str, mismatch: Mismatch) -> None:
        def add(tx: Transaction) -> None:
            [(last,)] = tx.rows(tables.LAST_MISMATCH, id_)
            tx.add("mismatches", checked([mismatch_row(id_, last + 1, mismatch)]))

        await self._change(id_, add)

    async def mismatches(self, id_: str, most: int = 100) -> Sequence[Mismatch]:
        def latest(tx: Transaction) -> list[Mismatch]:
            return list(map(mismatch_from, tx.rows(tables.MISMATCHES, id_, most)))

        return await self._of(id_, latest)

    async def note(self, flag: str, act: Act, before: str | None, after: str) -> None:
        def note(tx: Transaction) -> None:
            if _line_with_key(tx, act.idempotency_key) is None:
                _append(tx, FLAG + flag, act, before, after)

        await self._store.write(note)

    async def audit(self, id_: str | None = None) -> Sequence[AuditEntry]:
        if id_ is None:
            return await self._store.read(_trail)
        return await self._of(id_, lambda tx: list(map(line_from, tx.rows(tables.LINES_OF, id_))))

    async def verify_audit(self) -> int | None:
        trail, kept = await self._store.read(lambda tx: (_trail(tx), tx.rows(tables.KEPT)))
        return first_misfit(trail, dict(kept))

    async def aclose(self) -> None:
        await self._store.aclose()

    async def _of(self, id_: str, work: Callable[[Transaction], Result]) -> Result:
        """Read something of an experiment that there must be."""
        return await self._store.read(_where_it_is(id_, work))

    async def _change(self, id_: str, work: Callable[[Transaction], Result]) -> Result:
        """Add something to an experiment that there must be."""
        return await self._store.write(_where_it_is(id_, work), lasting=False)


def _where_it_is(
    id_: str, work: Callable[[Transaction], Result]
) -> Callable[[Transaction], Result]:
    checked([(id_,)])

    def after_a_look(tx: Transaction) -> Result:
        if id_ != SHADOW and not id_.startswith(FLAG):
            _text_of(tx, id_)
        return work(tx)

    return after_a_look


def _text_of(tx: Transaction, id_: str) -> str:
    if not (rows := tx.rows(tables.TEXT_OF, id_)):
        raise UnknownExperiment(
            f"There is no experiment {id_}.", "List them: forerun experiment list."
        )
    return str(rows[0][0])


def _experiment(text: str) -> Experiment:
    try:
        return experiment_from_text(text)
    except ValueError as broken:
        raise Unavailable(
            f"An experiment is kept in a form that cannot be read: {broken}",
            "Its last good form is in the audit trail: forerun experiment audit.",
        ) from broken


def _take_flag(tx: Transaction, experiment: Experiment) -> None:
    """Who runs has the flag alone; who does not gives it back. Raises `AlreadyRunning`."""
    if experiment.state is not State.RUNNING:
        tx.change(tables.AT_REST, experiment.id)
        return
    tx.add("running", [(ROLLOUT, experiment.id)])
    [(holder,)] = tx.rows(tables.RUNNING, ROLLOUT)
    if holder != experiment.id:
        other = _experiment(_text_of(tx, holder))
        raise AlreadyRunning(
            f"The experiment {other.plan.name} is running; one runs at a time.",
            f"Stop {holder} first, or wait for its end.",
        )


def _expect(kept: Experiment, version: int) -> None:
    if kept.version != version:
        raise VersionConflict(
            f"The experiment {kept.plan.name} has been changed by somebody else: it is at version "
            f"{kept.version}, {kept.state.value}, and no longer at {version}.",
            "Read it again, and decide anew.",
        )


def _done(tx: Transaction, act: Act, wanted: Experiment) -> Experiment | None:
    """What the act has given before, by its idempotency key. Raises `KeyTaken` where the key
    stands for something else."""
    entry = _line_with_key(tx, act.idempotency_key)
    if entry is None:
        return None
    is_flag = entry.experiment.startswith(FLAG)
    given = wanted if is_flag else _experiment(entry.after)
    if is_flag or entry.act.action != act.action or _aim(given) != _aim(wanted):
        raise KeyTaken(
            f"The idempotency key {act.idempotency_key!r} was used before, to {entry.act.action} "
            f"the experiment {entry.experiment}.",
            "Take a new key for each thing that is to be done, and the old one to repeat it.",
        )
    return given


def _aim(experiment: Experiment) -> tuple[object, ...]:
    """What an act wants of an experiment; not when, why and by whom, which a repetition changes."""
    return (experiment.id, experiment.plan, experiment.state, experiment.step)


def _line_with_key(tx: Transaction, key: str | None) -> AuditEntry | None:
    rows = tx.rows(tables.LINE_WITH_KEY, key) if key is not None else []
    return line_from(rows[0]) if rows else None


def _trail(tx: Transaction) -> list[AuditEntry]:
    return list(map(line_from, tx.rows(tables.LINES)))


def _append(tx: Transaction, id_: str, act: Act, before: str | None, after: str) -> int:
    """Add a line to the audit trail, and give its number."""
    rows = tx.rows(tables.LAST_LINE)
    last = (int(rows[0][0]), str(rows[0][1])) if rows else None
    as_kept = replace(act, at=float(act.at) + 0.0)  # no database has a zero below zero
    entry = linked(last, id_, as_kept, before, after)
    [row] = checked([line_row(entry)])
    tx.change(tables.ADD_LINE, *row)
    return entry.number
