"""What every process of a service finds at its start is told by one of them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ToldOnce:
    """Among the processes that have this folder; without one there is only this process."""

    folder: str | None = None

    def is_first(self, said: str) -> bool:
        """Whether nobody has said it yet: then it is ours to say. Said twice rather than never."""
        if self.folder is None:
            return True
        name = blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
        try:
            (Path(self.folder) / f"told-{name}").touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError:
            return True
        return True
