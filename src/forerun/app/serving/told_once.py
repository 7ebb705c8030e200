"""What every process of a service finds at its start is told by one of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO

SAID = b"said"


@dataclass(frozen=True, slots=True)
class ToldOnce:
    """Among the processes that have this folder; without one there is only this process."""

    folder: str | None = None

    @contextmanager
    def telling(self, said: str) -> Iterator[bool]:
        """Inside the block, whether it is ours to say; meanwhile the others wait. Who dies amid it
        has said nothing, and the next one does: said twice rather than never."""
        if self.folder is None:
            yield True
            return
        name = blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
        with ExitStack() as held:
            try:
                file = (Path(self.folder) / f"told-{name}").open("a+b", buffering=0)
                _alone(held.enter_context(file))
                file.seek(0)
                is_ours = not file.read()
            except OSError:
                yield True
                return
            yield is_ours
            if is_ours:
                with suppress(OSError):
                    file.write(SAID)


def _alone(opened: IO[bytes]) -> None:
    """Until it is closed, or its process has ended."""
    if sys.platform == "win32":
        return
    import fcntl

    fcntl.flock(opened, fcntl.LOCK_EX)
