"""How much is going on in this process. Speculation is what gives way first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from anyio import Semaphore


@dataclass
class Load:
    """Counts, kept by one event loop."""

    most_speculations: int = 128
    """Branches ahead of time, over all questions. Beyond it none is launched; nobody queues."""
    most_parallel: int = 64
    """Questions of the parallel arm: its bulkhead. They keep their places while they fall back, so
    that they never take one of the sequential arm's. What is above goes sequentially at once."""
    most_sequential: int = 128
    """Questions of the sequential arm: its bulkhead. What is above waits for its turn."""
    shed_above: int = 48
    """With more questions than this in flight nothing is done ahead of time."""
    questions: int = 0
    parallel: int = 0
    speculations: int = 0
    _places: Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._places = Semaphore(max(self.most_sequential, 1), fast_acquire=True)

    @contextmanager
    def question(self) -> Iterator[None]:
        self.questions += 1
        try:
            yield
        finally:
            self.questions -= 1

    @contextmanager
    def on_parallel(self) -> Iterator[None]:
        self.parallel += 1
        try:
            yield
        finally:
            self.parallel -= 1

    @asynccontextmanager
    async def on_sequential(self) -> AsyncIterator[None]:
        """Whoever came first goes first."""
        async with self._places:
            yield

    def sheds(self) -> str | None:
        """Why nothing is launched now."""
        if self.questions > self.shed_above:
            return (
                f"{self.questions} questions are in flight; above {self.shed_above} none is helped"
            )
        if self.speculations >= self.most_speculations:
            return f"{self.speculations} branches run ahead already, the most there may be"
        return None

    def full(self) -> str | None:
        """Why no further question may take the parallel path now."""
        if self.parallel >= self.most_parallel:
            return f"{self.parallel} questions are on the parallel path, the most there may be"
        return None
