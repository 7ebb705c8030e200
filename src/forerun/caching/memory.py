"""The first level: entries of this process, bounded by their bytes; the least used go first."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from forerun.caching.entries import Entry
from forerun.caching.sizes import size_of
from forerun.domain import Shelf, ShelfStatus
from forerun.ports import Scope

REMEMBERED_PURGES = 1_000


@dataclass
class Memory:
    """Entries by key. A purge also reaches what was under way when it came."""

    max_bytes: int
    bytes: int = 0
    evicted: int = 0
    _entries: OrderedDict[str, tuple[Entry, int]] = field(default_factory=OrderedDict)
    _purges: deque[Scope] = field(default_factory=lambda: deque(maxlen=REMEMBERED_PURGES))
    _purged: int = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def purges(self) -> int:
        """How many there were so far: to be noted before making what is to be put."""
        return self._purged

    def get(self, key: str, tenant: str) -> Entry | None:
        found = self._entries.get(key)
        if found is None or not found[0].is_of(key, tenant):
            return None
        self._entries.move_to_end(key)
        return found[0]

    def size(self, entry: Entry) -> int:
        """In bytes, near enough. Of what is kept it is known: to tell it takes a while."""
        kept, size = self._entries.get(entry.key, (None, 0))
        return size if kept is entry else size_of(entry)

    def put(self, entry: Entry, since: int) -> bool:
        """Keep it, unless it has been purged since `since`, or is too large for the whole cache."""
        size = self.size(entry)
        if size > self.max_bytes or self.was_purged(entry, since):
            return False
        self.remove(entry.key)
        self._entries[entry.key] = entry, size
        self.bytes += size
        while self.bytes > self.max_bytes:
            _, (_, gone) = self._entries.popitem(last=False)
            self.bytes -= gone
            self.evicted += 1
        return True

    def remove(self, key: str) -> None:
        _, size = self._entries.pop(key, (None, 0))
        self.bytes -= size

    def was_purged(self, entry: Entry, since: int) -> bool:
        missed = self._purged - since
        if missed > len(self._purges):
            return True
        recent = list(self._purges)[len(self._purges) - missed :]
        return any(scope.covers(entry.labels) for scope in recent)

    def purge(self, scope: Scope) -> int:
        """Drop what `scope` covers; how many."""
        self._purges.append(scope)
        self._purged += 1
        gone = [key for key, (entry, _) in self._entries.items() if scope.covers(entry.labels)]
        for key in gone:
            self.remove(key)
        return len(gone)

    def status(self, now: float) -> list[ShelfStatus]:
        """What is kept, by shelf, tenant and database."""
        groups: dict[tuple[Shelf, str, str], list[tuple[Entry, int]]] = {}
        for entry, size in self._entries.values():
            labels = entry.labels
            of_it = groups.setdefault((labels.shelf, labels.tenant, labels.database), [])
            of_it.append((entry, size))
        return [
            ShelfStatus(
                *group,
                entries=len(members),
                bytes=sum(size for _, size in members),
                oldest_s=max(entry.age_s(now) for entry, _ in members),
            )
            for group, members in sorted(groups.items())
        ]
