"""What docs/caching.md promises of every answer, against the log of a `World`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forerun.caching.sizes import size_of
from forerun.domain import Answer, CacheLayer, Shelf, Status, Usage
from forerun.ports import Labels
from tests.caching.scenes import MAKERS, POLICY, Made, Shown, World
from tests.caching.shop import topic_of

A_MOMENT_S = 1e-3
"""Two readings of the clock at the same moment may differ by as much as a float does."""
RESERVE_S = 0.06
"""So long before its deadline somebody may be shown what is kept."""


def check(world: World, shown: Shown) -> None:
    """Raises AssertionError where a promise was broken."""
    if shown.answer is None:
        _is_excused(world, shown)
        return
    answer, made = shown.answer, _making_of(world, shown.answer)
    assert (answer.question, answer.trace_id) == (shown.question.text, shown.question.id)
    if not answer.cache.hit:
        assert made.question.id == shown.question.id, "an answer of somebody else, as if new"
        assert answer.cache.layer is None
        assert _says(answer) == _says(made.answer), "not what was made"
    else:
        _check_hit(world, shown, answer, made)


def check_memory(world: World) -> None:
    """Nothing is left under way, and no memory is larger than it may be."""
    for process in world.processes:
        memory = process.layers.memory
        sizes = [(size_of(entry), size) for entry, size in memory._entries.values()]
        assert memory.bytes == sum(size for _, size in sizes) <= memory.max_bytes
        assert all(now == then for now, then in sizes), "what is kept was changed"
        assert process.is_idle


def _check_hit(world: World, shown: Shown, answer: Answer, made: Made) -> None:
    assert answer.usage == Usage()
    assert not answer.trace.spans
    _is_for_this_asker(shown, made)
    age_s = answer.cache.age_s
    assert age_s is not None
    assert age_s >= shown.at - made.began_at - A_MOMENT_S, "older than it says"
    is_marked = any(warning.startswith("This was answered") for warning in answer.warnings)
    if answer.cache.layer is CacheLayer.FLIGHT:
        _was_under_way(world, shown, answer, made)
        return
    assert answer.status in (Status.ANSWERED, Status.CLARIFY)
    is_cut = answer.partial or made.more
    assert not is_cut, "not to be kept"
    assert topic_of(made.question).name not in ("dice", "moment"), "not to be kept"
    if topic_of(made.question).name == "today":
        assert made.question.now.date() == shown.question.now.date(), "another day's answer"
    assert made.answer is not None
    if is_marked:
        assert _says(answer, skipped=1) == _says(made.answer), "not what was made"
        _had_to_stand_in(world, shown, answer, made)
    else:
        assert _says(answer) == _says(made.answer), "not what was made"
        _is_still_right(world, shown, made)
    _was_not_purged(world, made, shown.at, made.began_at)


def _making_of(world: World, answer: Answer) -> Made:
    assert answer.reading is not None
    return world.made[int(answer.reading)]


def _is_for_this_asker(shown: Shown, made: Made) -> None:
    assert made.ask.who == shown.ask.who, "a foreign answer"
    assert topic_of(made.question) == topic_of(shown.question), "the answer to something else"


def _is_still_right(world: World, shown: Shown, made: Made) -> None:
    """As a fresh run would be at a moment since it was asked, or as long before as is allowed."""
    grace_s = 0.0 if world.tells == "all" else POLICY.max_stale_s
    since = shown.asked_at - grace_s - A_MOMENT_S
    states = world.shop_of(shown.ask).states_between(since, shown.at)
    right = [repr(state.right(made.question)) for state in states]
    assert made.rows in right, "a stale answer"
    unclear = topic_of(made.question).name == "unclear"
    lasts_s = POLICY.negative_ttl_s if unclear else POLICY.ttl_s
    if grace_s:
        lasts_s = min(lasts_s, grace_s)
    assert shown.at - made.began_at <= lasts_s + (shown.at - shown.asked_at) + A_MOMENT_S, "too old"


def _had_to_stand_in(world: World, shown: Shown, answer: Answer, made: Made) -> None:
    age_s = shown.at - made.began_at
    assert age_s <= POLICY.stale_if_error_s + A_MOMENT_S, "too old to stand in"
    assert "could not be had" in answer.cache.reason
    assert answer.status is Status.ANSWERED
    deadline_at = shown.asked_at + shown.ask.patience_s
    failed = any(shown.asked_at <= at <= shown.at for at in world.failures)
    assert failed or shown.at > deadline_at - RESERVE_S, "a new answer could be had"


def _was_under_way(world: World, shown: Shown, answer: Answer, made: Made) -> None:
    assert made.answer is not None
    assert _says(answer) == _says(made.answer), "not what was made"
    if made.answer.status is not Status.FAILED:
        _is_still_right(world, shown, made)
    _was_not_purged(world, made, shown.asked_at, made.began_at)


def _was_not_purged(world: World, made: Made, at: float, began_at: float) -> None:
    answer = made.answer
    assert answer is not None
    database = MAKERS[made.ask.who.makers][0]
    labels = Labels(Shelf.ANSWERS, made.ask.who.tenant, database, answer.tables)
    for purged in world.purged:
        if purged.ended_at < at - A_MOMENT_S and purged.scope.covers(labels):
            assert began_at >= purged.began_at, "a purged answer"


def _is_excused(world: World, shown: Shown) -> None:
    """Nothing was shown: something failed, or the time was up."""
    failed = any(shown.asked_at <= at <= shown.at for at in world.failures)
    late = shown.at > shown.asked_at + shown.ask.patience_s - RESERVE_S
    assert failed or late, shown.error


def _says(answer: Answer | None, skipped: int = 0) -> Mapping[str, Any]:
    """What of an answer is the same for whoever is shown it, as text that nobody can change."""
    assert answer is not None
    return {
        "status": answer.status,
        "sql": answer.sql,
        "rows": repr(answer.rows),
        "chart": repr(answer.chart),
        "clarification": answer.clarification,
        "failure": answer.failure,
        "warnings": answer.warnings[skipped:],
        "tables": answer.tables,
        "partial": answer.partial,
        "volatile": answer.volatile,
    }
