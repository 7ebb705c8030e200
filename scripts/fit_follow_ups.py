"""Measure, and fit, how follow-up questions change the plan before them.

    python scripts/fit_follow_ups.py CONVERSATIONS.jsonl DATABASES_DIR [--fit] [--cache FILE]

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
import json
import math
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from forerun.lab.evaluation.locating import Source, find_sources
from forerun.lab.evaluation.reading import Dialogue, Item, read_questions
from forerun.lab.evaluation.scoring import Examiner, GoldFailed
from forerun.parsing import assurance, confidence, emission, following, index, parser, ranking
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate
from forerun.parsing.recalling import recall
from fit_parser import TODAY, _catalog, read_weights

PACKAGE = Path(following.__file__).parent
SEED = 0
EPOCHS = 6
STEP = 0.15
SHRINK = 4e-3
SMALLEST = 0.03
AT_MOST = 160
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)
HEADER = """\
# Written by scripts/fit_follow_ups.py: name, weight. Fitted on the development conversations of
# SParC and CoSQL (CC BY-SA 4.0). Holds no question, query or value of these.
"""

Weights = Mapping[str, float]


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
    right: bool
    signs: Mapping[str, float]
    vetoed: bool
    sure: float
    follows: bool
    edited: bool = False
    question: str = ""
    sql: str = ""
    gold: str = ""


class Judge:
    """Whether a query is right, remembered from run to run."""

    def __init__(self, examiner: Examiner, known: dict[str, bool | None]) -> None:
        self._examiner = examiner
        self._known = known
        self.learnt: dict[str, bool | None] = {}

    def right(self, item: Item, sql: str) -> bool:
        key = f"{item.id}\t{sql}"
        if key not in self._known:
            try:
                self._known[key] = self._examiner.score(item, sql).strict
            except GoldFailed:
                self._known[key] = None
            self.learnt[key] = self._known[key]
        return bool(self._known[key])


@dataclass
class Desk:
    """One database with everything said about it."""

    db: str
    source: Source
    dialogues: list[Dialogue]
    known: dict[str, bool | None] = field(default_factory=dict)


def examples(desk: Desk, weights: Weights) -> tuple[list[Example], dict[str, bool | None]]:
    """Every follow-up about one database, after the gold before it and after our own."""
    found = []
    known = index.build(_catalog(desk.source.path))
    with Examiner(desk.source, str(desk.source.path)) as examiner:
        judge = Judge(examiner, desk.known)
        for dialogue in desk.dialogues:
            own: Plan | None = None
            for at, item in enumerate(dialogue.items):
                before = recall(dialogue.items[at - 1].golds[0], known) if at else None
                bases = [base for base in dict.fromkeys((before, own)) if base is not None]
                for base in bases if at else []:
                    found.append(_example(item, base, known, weights, judge))
                ranked = _ranked(item, own, known, weights)[1]
                own = ranked[0].plan if ranked else own
        return found, judge.learnt


def _example(
    item: Item, base: Plan, known: index.Index, weights: Weights, judge: Judge
) -> Example:
    _, ranked = following.propose_after(
        item.question, base, known, TODAY, ranking.weights(), weights, AT_MOST
    )
    judged = []
    for candidate in ranked:
        features = tuple(f for f in candidate.features if f[0] == "~")
        own = candidate.score - sum(weights.get(f, 0.0) for f in features)
        right = judge.right(item, emission.sql(candidate.plan, known.dialect))
        judged.append((own, features, right))
    return Example(item.id, item.db, tuple(judged))


def _ranked(
    item: Item, base: Plan | None, known: index.Index, weights: Weights
) -> tuple[Lattice, list[Candidate]]:
    if base is None:
        return propose(item.question, known, TODAY, ranking.weights())
    return following.propose_after(item.question, base, known, TODAY, ranking.weights(), weights)


def fit(data: Iterable[Example]) -> dict[str, float]:
    """Maximise the likelihood of right candidates (AdaGrad); the parser's score is given."""
    weights: dict[str, float] = defaultdict(float)
    squares: dict[str, float] = defaultdict(lambda: 1.0)
    useful = [e for e in data if 0 < sum(ok for *_, ok in e.candidates) < len(e.candidates)]
    draw = random.Random(SEED)  # noqa: S311 - not for secrets
    for _ in range(EPOCHS):
        draw.shuffle(useful)
        for example in useful:
            for feature, slope in _slopes(example, weights).items():
                slope += SHRINK * weights[feature]
                squares[feature] += slope * slope
                weights[feature] -= STEP * slope / math.sqrt(squares[feature])
    return {f: round(w, 2) for f, w in sorted(weights.items()) if abs(w) >= SMALLEST}


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


def top(example: Example, weights: Weights) -> bool:
    best = max(
        example.candidates, key=lambda c: c[0] + sum(weights.get(f, 0.0) for f in c[1]),
        default=(0.0, (), False),
    )  # fmt: skip
    return best[2]


# --- conversations held


def hold(
    desk: Desk, weights: Weights, threshold: float, sure_of: Weights, gold: bool = False
) -> tuple[list[Outcome], dict[str, bool | None]]:
    """Every conversation about one database; only what is answered becomes history."""
    found = []
    known = index.build(_catalog(desk.source.path))
    with Examiner(desk.source, str(desk.source.path)) as examiner:
        judge = Judge(examiner, desk.known)
        for dialogue in desk.dialogues:
            base: Plan | None = None
            earlier = 1.0
            for at, item in enumerate(dialogue.items):
                if gold:
                    base = recall(dialogue.items[at - 1].golds[0], known) if at else None
                outcome, plan = _turn(item, at, base, known, weights, judge, sure_of)
                if outcome.edited:
                    outcome = replace(outcome, sure=outcome.sure * earlier)
                found.append(outcome)
                if plan is not None and not gold:
                    base = recall(emission.sql(plan, known.dialect), known) or plan
                    earlier = 1.0 if outcome.sure >= threshold else outcome.sure
        return found, judge.learnt


def _turn(
    item: Item, at: int, base: Plan | None, known: index.Index, weights: Weights, judge: Judge,
    sure_of: Weights,
) -> tuple[Outcome, Plan | None]:  # fmt: skip
    lattice, ranked = _ranked(item, base, known, weights)
    follows = base is not None
    if not ranked:
        return Outcome(item.id, item.db, at, False, {}, True, 0.0, follows), None
    sql = emission.sql(ranked[0].plan, known.dialect)
    signs = dict(assurance.signs(lattice, ranked) if follows else confidence.signs(lattice, ranked))
    vetoed = assurance.is_vetoed(lattice, ranked[0])
    if follows:
        sure = assurance.sure(signs, vetoed, sure_of)
    else:
        sure = parser.alone_sure(lattice, ranked, 0)
    edited = "~edit" in ranked[0].features
    right = judge.right(item, sql)
    return Outcome(
        item.id, item.db, at, right, signs, vetoed, sure, follows, edited, item.question, sql,
        item.golds[0],
    ), ranked[0].plan  # fmt: skip


def fit_confidence(data: Sequence[Outcome]) -> dict[str, float]:
    """Logistic regression by Newton's method."""
    names = sorted({sign for outcome in data for sign in outcome.signs})
    rows = [[1.0, *(outcome.signs.get(name, 0.0) for name in names)] for outcome in data]
    x, y = np.array(rows), np.array([float(outcome.right) for outcome in data])
    shrink = np.diag([1e-6, *([3.0] * len(names))])
    w = np.zeros(x.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-x @ w))
        curve = (x * (p * (1 - p))[:, None]).T @ x + shrink
        w -= np.linalg.solve(curve, x.T @ (p - y) + shrink @ w)
    return dict(zip(["bias", *names], map(float, w), strict=True))


# --- telling


def report(data: Sequence[Outcome], threshold: float) -> Iterator[str]:
    answered = [o for o in data if o.sure >= threshold]
    yield (
        f"threshold {threshold}: match {_share(o.right for o in answered) * len(answered) / len(data):.3f}, "
        f"coverage {len(answered) / len(data):.3f}, precision {_share(o.right for o in answered):.3f}"
    )
    for name, part in (
        *((f"turn {n}", [o for o in data if o.position + 1 == n]) for n in (1, 2, 3)),
        ("turn 4 and later", [o for o in data if o.position >= 3]),
    ):
        told = [o for o in part if o.sure >= threshold]
        yield (
            f"  {name}: {len(part)} asked, match {sum(o.right for o in told) / len(part):.3f}, "
            f"coverage {len(told) / len(part):.3f}, precision {_share(o.right for o in told):.3f}"
        )


def _share(cases: Iterable[bool]) -> float:
    listed = list(cases)
    return sum(listed) / max(len(listed), 1)
