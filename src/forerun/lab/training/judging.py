"""Whether SQL gives the gold's rows, asked of each query once: verdicts are kept in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from forerun.comparing import COMPARED_ROWS
from forerun.domain import Kind, Outcome, ResultColumn, Rows
from forerun.lab.evaluation.engines import Result
from forerun.lab.evaluation.locating import Source
from forerun.lab.evaluation.reading import Item
from forerun.lab.evaluation.scoring import Examiner, GoldFailed
from forerun.running import grouped


class Judge:
    """Of one database and its variants."""

    def __init__(self, examiner: Examiner, known: dict[str, bool]) -> None:
        self._examiner = examiner
        self._known = known
        self._rows: dict[str, Rows | None] = {}

    def right(self, item: Item, sql: str) -> bool:
        """Strictly: on the database and every variant. Raises `GoldFailed`."""
        asked = "\n".join((item.id, *item.golds, *item.variants, str(item.ordered), sql))
        key = blake2b(asked.encode(), digest_size=12).hexdigest()
        if key not in self._known:
            self._known[key] = self._examiner.score(item, sql).strict
        return self._known[key]

    def outcomes(self, queries: Sequence[str]) -> tuple[Outcome, ...]:
        """What the queries give on the database itself, compared as an answer's rivals are."""
        for query in queries:
            if query not in self._rows:
                self._rows[query] = _rows(self._examiner.result(query))
        return grouped([self._rows[query] for query in queries])

    def has_gold(self, item: Item) -> bool:
        """False where the gold does not run here."""
        try:
            self.right(item, item.golds[0])
        except GoldFailed:
            return False
        return True


def _rows(result: Result | None) -> Rows | None:
    if result is None:
        return None
    columns = (ResultColumn(str(at), "", Kind.OTHER) for at in range(result.width))
    return Rows(tuple(columns), result.rows[:COMPARED_ROWS], len(result.rows) > COMPARED_ROWS)


@contextmanager
def judging(source: Source, kept: Path | None) -> Iterator[Judge]:
    """A judge that remembers what it said earlier in the file `kept` (None: only now)."""
    there = kept is not None and kept.is_file()
    known = json.loads(kept.read_text("utf-8")) if kept is not None and there else {}
    before = len(known)
    with Examiner(source, str(source.path)) as examiner:
        yield Judge(examiner, known)
    if kept is not None and len(known) > before:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(known), "utf-8")
