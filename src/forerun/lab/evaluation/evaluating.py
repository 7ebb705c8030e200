"""Put questions with known answers, and count how many come out right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from forerun.app import Forerun
from forerun.lab.evaluation.examining import Examination, OpenAsker
from forerun.lab.evaluation.loading import check_server
from forerun.lab.evaluation.locating import Source, Sources, find_sources
from forerun.lab.evaluation.marking import Mark
from forerun.lab.evaluation.predictions import Predictions
from forerun.lab.evaluation.reading import Dialogue, Item, read_questions
from forerun.lab.evaluation.reporting import Report, report

OnProgress: TypeAlias = Callable[[int, int, str], None]
"""Called with the questions done, the questions in all, and the database being asked about."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What to ask, and where the databases are."""

    questions: Path
    databases: Path
    variants: Path | None = None
    """Folder of changed copies; by default `variants/` in the databases' folder or above it."""
    postgres: str | None = None
    """URL of a server on which `.sql` dumps may be loaded into scratch databases."""
    out: Path | None = None
    """Where predictions are written; those that it already holds are not asked for again."""
    limit: int | None = None
    """Only the first so many lines of the questions."""


def _silent(done: int, total: int, database: str) -> None:
    """No progress is shown."""


async def evaluate(
    benchmark: Benchmark, open_asker: OpenAsker = Forerun, on_progress: OnProgress = _silent
) -> Report:
    """Ask everything, compare the answers with the gold, and report.

    One database after the other: opened once, asked everything, closed, then compared. What a
    single question does, however bad, is counted as its outcome. Errors: `BadInput` for files
    that cannot be used, `Unavailable` where the PostgreSQL server does not answer.
    """
    dialogues = read_questions(benchmark.questions)[: benchmark.limit]
    sources = find_sources(benchmark.databases, benchmark.variants)
    if benchmark.postgres:
        await check_server(benchmark.postgres)
    tally = _Tally(sum(len(dialogue.items) for dialogue in dialogues), on_progress)
    marks: list[Mark] = []
    with Predictions(benchmark.out) as predictions:
        examination = Examination(open_asker, predictions, benchmark.postgres, tally.one_more)
        for source, group in _by_database(dialogues, sources):
            marks += await examination.of_database(source, group)
            tally.reached(len(marks), group[0].db)
    return report(dialogues, marks)


@dataclass(slots=True)
class _Tally:
    """How far the questions are; those that need no asking are counted with their database."""

    total: int
    on_progress: OnProgress
    done: int = 0

    def one_more(self, item: Item) -> None:
        self.reached(self.done + 1, item.db)

    def reached(self, done: int, database: str) -> None:
        self.done = done
        self.on_progress(done, self.total, database)


def _by_database(
    dialogues: Sequence[Dialogue], sources: Sources
) -> Iterator[tuple[Source | None, list[Dialogue]]]:
    """The dialogues about each database, in the order in which the databases first occur."""
    groups: dict[tuple[str, str | None], list[Dialogue]] = {}
    for dialogue in dialogues:
        groups.setdefault((dialogue.db, dialogue.items[0].dialect), []).append(dialogue)
    for group in groups.values():
        yield sources.of(group[0].items[0]), group
