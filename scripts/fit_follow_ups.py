"""Measure, and fit, how follow-up questions change the plan before them.

    python scripts/fit_follow_ups.py CONVERSATIONS.jsonl DATABASES_DIR [--fit] [--verdicts FOLDER]

Weights are always judged on databases that they were not fitted on: each database is left out
once. A turn is an example twice over: after the gold SQL of the turn before, where a plan can say
it, and after what the parser itself made of that turn. The weights are fitted by maximum marginal
likelihood over the edits whose rows agree with the gold's, on top of the parser's own weights,
which stay as they are; the confidence by logistic regression on what they put first.

Then the conversations are held as `forerun eval` holds them, with the parser's own history: once
answering everything, once answering what is sure enough. Needs the `dev` extra (numpy).
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np

from forerun.domain import Turn
from forerun.lab.evaluation.locating import Source, find_sources
from forerun.lab.evaluation.reading import Dialogue, Item, read_questions
from forerun.lab.training.examples import TODAY, catalog_of
from forerun.lab.training.judging import Judge, judging
from forerun.parsing import assurance, emission, follow_up, following, index, ranking
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate
from forerun.parsing.recalling import recall

PACKAGE = Path(following.__file__).parent
SEED = 0
EPOCHS = 8
SETTLED = 3
STEP = 0.15
SHRINK = 4e-3
SMALLEST = 0.03
AT_MOST = 160
VETOED = 0.2
CALM = 20.0
"""How strongly a Gaussian prior holds the confidence back: there are only some hundred follow-ups.
With 30, fewer are answered and no more of these right. A third fewer are with the lower end of a
Venn-Abers interval (Vovk, Petej and Fedorova 2015), with odds scaled by databases left out (Platt
1999) or moderated by the weights' uncertainty (MacKay 1992): more right after gold, not after own.
"""
RARE = 0.15
"""The least scale of a sign."""
START: Mapping[str, float] = {"~unchanged": -3.0, "~select=keep": -0.5}
"""What candidates are first ranked with, so that nothing fitted on a database is judged on it."""
THRESHOLDS = (0.85, 0.8, 0.7)
HEADER = """\
# Written by scripts/fit_follow_ups.py: name, weight. Fitted on the development conversations of
# SParC and CoSQL (CC BY-SA 4.0). Holds no question, query or value of these.
"""

T = TypeVar("T", "Example", "Outcome")
Weights: TypeAlias = Mapping[str, float]
Job: TypeAlias = Callable[..., list[T]]


@dataclass(frozen=True)
class Example:
    """A follow-up with its candidates: the parser's own score, features of the edit, right?"""

    id: str
    db: str
    candidates: tuple[tuple[float, tuple[str, ...], bool], ...]


@dataclass(frozen=True)
class Outcome:
    """One turn of a held conversation."""

    id: str
    db: str
    position: int
    right: bool = False
    sure: float = 0.0
    sql: str = ""
    follows: bool = False
    """Whether it was read as going on from the turn before."""
    signs: Mapping[str, float] = field(default_factory=dict)
    vetoed: bool = False
    earlier: float = 1.0
    """How sure it was of the turn before."""


@dataclass(frozen=True)
class Desk:
    """One database with everything said about it."""

    db: str
    source: Source
    dialogues: list[Dialogue]
    kept: Path | None
    """Where verdicts on SQL are kept."""

    def judging(self) -> AbstractContextManager[Judge]:
        return judging(self.source, self.kept)


def examples(desk: Desk, weights: Weights) -> list[Example]:
    """Every follow-up about one database, after the gold before it and after our own."""
    found = []
    known = index.build(catalog_of(desk.source.path))
    with desk.judging() as judge:
        for dialogue in desk.dialogues:
            own: Plan | None = None
            for at, item in enumerate(dialogue.items):
                before = recall(dialogue.items[at - 1].golds[0], known) if at else None
                bases = [base for base in dict.fromkeys((before, own)) if base is not None]
                for base in bases if at else []:
                    found.append(_example(item, base, known, weights, judge))
                ranked = _ranked(item, own, known, weights)
                own = ranked[0].plan if ranked else own
    return found


def _example(item: Item, base: Plan, known: index.Index, weights: Weights, judge: Judge) -> Example:
    alone = propose(item.question, known, TODAY, ranking.weights())
    _, ranked = following.propose_after(*alone, base, known, _scales(weights), AT_MOST)
    judged = []
    for candidate in ranked:
        features = tuple(f for f in candidate.features if f[0] == "~")
        own = candidate.score - sum(weights.get(f, 0.0) for f in features)
        right = judge.right(item, emission.sql(candidate.plan, known.dialect))
        judged.append((own, features, right))
    return Example(item.id, item.db, tuple(judged))


def _ranked(item: Item, base: Plan | None, known: index.Index, weights: Weights) -> list[Candidate]:
    alone = propose(item.question, known, TODAY, ranking.weights())
    if base is None:
        return alone[1]
    return following.propose_after(*alone, base, known, _scales(weights))[1]


def _scales(weights: Weights) -> following.Scales:
    return following.Scales(ranking.weights(), weights)


def fit(data: Iterable[Example]) -> dict[str, float]:
    """Maximise the likelihood of right candidates (AdaGrad); the parser's score is given."""
    weights: dict[str, float] = defaultdict(float)
    squares: dict[str, float] = defaultdict(lambda: 1.0)
    useful = [e for e in data if 0 < sum(ok for *_, ok in e.candidates) < len(e.candidates)]
    draw = random.Random(SEED)  # noqa: S311 - not for secrets
    total: dict[str, float] = defaultdict(float)
    for epoch in range(EPOCHS):
        draw.shuffle(useful)
        for example in useful:
            for feature, slope in _slopes(example, weights).items():
                slope += SHRINK * weights[feature]
                squares[feature] += slope * slope
                weights[feature] -= STEP * slope / math.sqrt(squares[feature])
        if epoch >= SETTLED:
            for feature, weight in weights.items():
                total[feature] += weight / (EPOCHS - SETTLED)
    return {f: round(w, 2) for f, w in sorted(total.items()) if abs(w) >= SMALLEST}


def _slopes(example: Example, weights: Mapping[str, float]) -> dict[str, float]:
    """Gradient of the negative log likelihood of one example."""
    scores = [own + sum(weights.get(f, 0.0) for f in fs) for own, fs, _ in example.candidates]
    highest = max(scores)
    masses = [math.exp(score - highest) for score in scores]
    total = sum(masses)
    rights = sum(m for m, (*_, ok) in zip(masses, example.candidates, strict=True) if ok)
    rights = max(rights, 1e-9 * total)
    slopes: dict[str, float] = defaultdict(float)
    for mass, (_, features, ok) in zip(masses, example.candidates, strict=True):
        slope = mass / total - (mass / rights if ok else 0.0)
        if abs(slope) > 1e-4:
            for feature in features:
                slopes[feature] += slope
    return slopes


# --- conversations held


def hold(
    desk: Desk, weights: Weights, threshold: float, sure_of: Weights, after_gold: bool = False
) -> list[Outcome]:
    """Every conversation about one database; what was not sure enough makes what follows unsure."""
    found: list[Outcome] = []
    known = index.build(catalog_of(desk.source.path))
    with desk.judging() as judge:
        table = Table(known, weights, sure_of, judge)
        for dialogue in desk.dialogues:
            previous: Turn | None = None
            for at, item in enumerate(dialogue.items):
                if after_gold and at:
                    before = dialogue.items[at - 1]
                    previous = Turn(before.question, before.question, before.golds[0])
                outcome, previous = table.turn(item, at, previous, threshold)
                found.append(outcome)
    return found


@dataclass(frozen=True)
class Table:
    """Where one conversation is held."""

    known: index.Index
    weights: Weights
    sure_of: Weights
    judge: Judge

    def turn(
        self, item: Item, at: int, previous: Turn | None, threshold: float
    ) -> tuple[Outcome, Turn | None]:
        outcome, scales = Outcome(item.id, item.db, at), _scales(self.weights)
        if previous is None:
            alone = propose(item.question, self.known, TODAY, scales.plans)
            understood = follow_up.Understood(item.question, *alone)
        else:
            understood = follow_up.understand(item.question, previous, self.known, TODAY, scales)
        if not understood.says_something:
            return outcome, previous
        best, sure = understood.candidates[0], understood.sure(0, self.sure_of)
        sql = emission.sql(best.plan, self.known.dialect)
        outcome = replace(outcome, right=self.judge.right(item, sql), sure=sure, sql=sql)
        text = understood.standalone(sure)
        turn = Turn(item.question, text, sql, sure=1.0 if sure >= threshold else sure)
        if understood.earlier is not None:
            signs = dict(assurance.signs(understood.lattice, understood.candidates))
            vetoed = assurance.most(understood.lattice, best) <= VETOED
            told = understood.earlier
            outcome = replace(outcome, follows=True, signs=signs, vetoed=vetoed, earlier=told)
        return outcome, turn


def fit_confidence(data: Sequence[Outcome]) -> dict[str, float]:
    """Logistic regression by Newton's method, each sign on its own scale."""
    names = sorted({sign for outcome in data for sign in outcome.signs})
    rows = [[1.0, *(outcome.signs.get(name, 0.0) for name in names)] for outcome in data]
    x, y = np.array(rows), np.array([float(outcome.right) for outcome in data])
    scale = np.maximum(x.std(axis=0), RARE)
    scale[0] = 1.0
    x /= scale
    shrink = np.diag([1e-6, *([CALM] * len(names))])
    w = np.zeros(x.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-x @ w))
        curve = (x * (p * (1 - p))[:, None]).T @ x + shrink
        w -= np.linalg.solve(curve, x.T @ (p - y) + shrink @ w)
    return dict(zip(["bias", *names], map(float, w / scale), strict=True))


# --- telling


def report(data: Sequence[Outcome], threshold: float) -> Iterator[str]:
    """Question match, coverage and precision: of all turns, and by the turn's position."""
    parts = {"all turns": list(data), "follow-ups": [o for o in data if o.position]}
    parts |= {f"turn {n}": [o for o in data if o.position + 1 == n] for n in (1, 2, 3)}
    parts["turn 4 and later"] = [o for o in data if o.position >= 3]
    for name, part in parts.items():
        told = [o for o in part if o.sure >= threshold]
        right = sum(o.right for o in told)
        yield (
            f"  {name}: {len(part)} asked, match {right / max(len(part), 1):.3f}, "
            f"coverage {len(told) / max(len(part), 1):.3f}, "
            f"precision {right / max(len(told), 1):.3f}"
        )


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


# --- running


@dataclass
class Office:
    """All desks, worked at two at a time."""

    desks: list[Desk]

    @property
    def databases(self) -> list[str]:
        return [desk.db for desk in self.desks]

    def work(self, job: Job[T], given: Callable[[str], tuple[Any, ...]]) -> list[T]:
        """`job(desk, *given(database))` at every desk."""
        with ProcessPoolExecutor(2) as pool:
            waiting = [pool.submit(job, desk, *given(desk.db)) for desk in self.desks]
            return [one for each in waiting for one in each.result()]


def office(conversations: Path, databases: Path, kept: Path | None) -> Office:
    sources, groups = find_sources(databases), defaultdict(list)
    for dialogue in read_questions(conversations):
        groups[dialogue.db].append(dialogue)
    desks = []
    for db, dialogues in sorted(groups.items(), key=lambda group: -len(group[1])):
        source = sources.of(dialogues[0].items[0])
        if source is None:
            raise SystemExit(f"There is no database {db} under {databases}.")
        desks.append(Desk(db, source, dialogues, kept and kept / f"{db}.json"))
    return Office(desks)


def without_each(
    fitting: Callable[[list[T]], dict[str, float]], data: Sequence[T], databases: Sequence[str]
) -> dict[str, dict[str, float]]:
    """For every database, what is fitted on the others."""
    return {db: fitting([one for one in data if one.db != db]) for db in databases}


def _given(weights: Mapping[str, Weights], db: str) -> tuple[Weights]:
    return (weights[db],)


def _careful(
    weights: Mapping[str, Weights], sure: Mapping[str, Weights], threshold: float, db: str
) -> tuple[Weights, float, Weights]:
    return weights[db], threshold, sure[db]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("conversations", type=Path)
    arguments.add_argument("databases", type=Path)
    arguments.add_argument("--rounds", type=int, default=1, help="of proposing and fitting")
    arguments.add_argument("--verdicts", type=Path, help="folder where verdicts on SQL are kept")
    arguments.add_argument("--fit", action="store_true", help="write the package's weights anew")
    chosen = arguments.parse_args()

    staff = office(chosen.conversations, chosen.databases, chosen.verdicts)
    weights: Mapping[str, Weights] = dict.fromkeys(staff.databases, START)
    for _ in range(chosen.rounds):
        data = staff.work(examples, partial(_given, weights))
        weights = without_each(fit, data, staff.databases)
        if chosen.fit:
            write(PACKAGE / "follow_up_weights.txt", fit(data), 2)

    none: Weights = {}
    _say("After the gold of the turn before, everything answered:")
    after_gold = staff.work(hold, lambda db: (weights[db], 0.0, none, True))
    _say(*report(after_gold, 0.0))
    calm = [o for o in after_gold if o.follows and not o.vetoed and o.earlier == 1.0]
    sure = without_each(fit_confidence, calm, staff.databases)
    if chosen.fit:
        write(PACKAGE / "follow_up_confidence.txt", fit_confidence(calm), 3)
    for threshold in THRESHOLDS:
        _say(f"After the gold of the turn before, answered from {threshold}:")
        settled = staff.work(hold, lambda db: (weights[db], 0.0, sure[db], True))
        _say(*report(settled, threshold))
    _say("With its own history, everything answered:")
    _say(*report(staff.work(hold, lambda db: (weights[db], 0.0, none)), 0.0))
    for threshold in THRESHOLDS:
        _say(f"With its own history, answered from {threshold}:")
        held = staff.work(hold, partial(_careful, weights, sure, threshold))
        _say(*report(held, threshold))


def write(path: Path, weights: Weights, digits: int) -> None:
    lines = "".join(f"{name}\t{value:.{digits}f}\n" for name, value in sorted(weights.items()))
    path.write_text(HEADER + lines, "utf-8")


if __name__ == "__main__":
    main()
