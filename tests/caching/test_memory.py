"""The first level: never more than its bytes, and nothing of what was purged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.caching import Memory
from forerun.caching import memory as memory_module
from forerun.caching.entries import Alias, Entry
from forerun.caching.memory import REMEMBERED_PURGES
from forerun.caching.sizes import size_of
from forerun.domain import Answer, Question, Shelf
from forerun.ports import Labels, Scope, Version
from tests.caching.making import answer_to

ASKED = Question("how many?", now=datetime(2026, 3, 4, tzinfo=UTC))


def entry(
    key: str, tenant: str = "red", table: str = "orders", value: Answer | Alias | None = None
) -> Entry:
    labels = Labels(Shelf.ANSWERS, tenant, "shop-1", frozenset({table}))
    return Entry(key, labels, Version("1", "1"), 0.0, 60.0, value or answer_to(ASKED))


def test_another_tenant_gets_nothing_even_by_the_right_key() -> None:
    """The entry says whose it is, and is believed."""
    memory = Memory(10_000)
    assert memory.put(entry("key"), 0)
    assert memory.get("key", "red") is not None
    assert memory.get("key", "blue") is None


def test_the_least_used_goes_first() -> None:
    """What was asked for lately stays."""
    size = size_of(entry("a"))
    memory = Memory(3 * size)
    for key in "abc":
        memory.put(entry(key), 0)
    memory.get("a", "red")
    memory.put(entry("d"), 0)
    assert [key for key in "abcd" if memory.get(key, "red")] == ["a", "c", "d"]
    assert (memory.bytes, memory.evicted, len(memory)) == (3 * size, 1, 3)


def test_what_is_larger_than_all_is_not_kept_and_drives_nothing_out() -> None:
    """One huge answer does not empty the cache."""
    memory = Memory(3 * size_of(entry("a")))
    memory.put(entry("a"), 0)
    assert not memory.put(entry("b", value=answer_to(ASKED, summary="x" * 100_000)), 0)
    assert memory.get("a", "red") is not None
    assert not Memory(0).put(entry("a"), 0)


def test_a_purge_reaches_what_was_under_way_when_it_came() -> None:
    """Only what it covers: another tenant's is put all the same."""
    memory = Memory(100_000)
    since = memory.purges
    memory.purge(Scope(tenant="red", table="ORDERS"))
    assert not memory.put(entry("a"), since)
    assert memory.put(entry("b", tenant="blue"), since)
    assert memory.put(entry("c", table="visits"), since)
    assert memory.put(entry("a"), memory.purges)


def test_more_purges_than_are_remembered_cover_everything() -> None:
    """What began before the oldest that is known of is not trusted."""
    memory = Memory(100_000)
    for _ in range(REMEMBERED_PURGES + 1):
        memory.purge(Scope(tenant="somebody"))
    assert not memory.put(entry("a"), 0)
    assert memory.put(entry("a"), 1)


@dataclass(frozen=True)
class Step:
    key: str
    tenant: str
    table: str
    length: int
    what: str


STEPS = st.builds(
    Step,
    st.sampled_from("abcdef"),
    st.sampled_from(("red", "blue")),
    st.sampled_from(("orders", "visits")),
    st.integers(0, 6_000),
    st.sampled_from(("put", "put", "put", "get", "remove", "purge")),
)


@given(st.lists(STEPS, max_size=40))
def test_bytes_are_counted_and_bounded_whatever_is_done(steps: list[Step]) -> None:
    """The sum over the entries, at most the bound; and `status` counts the same."""
    memory = Memory(16_000)
    for step in steps:
        match step.what:
            case "put":
                value = answer_to(ASKED, summary="x" * step.length)
                memory.put(entry(step.key, step.tenant, step.table, value), memory.purges)
            case "get":
                memory.get(step.key, step.tenant)
            case "remove":
                memory.remove(step.key)
            case "purge":
                scope = Scope(tenant=step.tenant, table=step.table)
                memory.purge(scope)
                kept = [held.labels for held, _ in memory._entries.values()]
                assert not any(scope.covers(labels) for labels in kept)
        assert memory.bytes == sum(size_of(held) for held, _ in memory._entries.values())
        assert memory.bytes <= memory.max_bytes
        status = memory.status(5.0)
        assert sum(group.bytes for group in status) == memory.bytes
        assert sum(group.entries for group in status) == len(memory)


def test_the_size_of_what_is_kept_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """To tell how large a great result is takes a while."""
    told: list[Entry] = []

    def nine(entry: Entry) -> int:
        told.append(entry)
        return 9

    monkeypatch.setattr(memory_module, "size_of", nine)
    memory, kept = Memory(10_000), entry("a")
    memory.put(kept, 0)
    assert [memory.size(kept), memory.size(kept), len(told)] == [9, 9, 1]
