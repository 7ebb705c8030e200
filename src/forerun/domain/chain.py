"""Lines of which none can be changed, taken out or moved unseen: each holds a hash of all before.

S. Haber, W. S. Stornetta: How to Time-Stamp a Digital Document, 1991. Whoever can write to the
place where the lines are kept can also make a whole new chain, or cut its end off. Against that,
note the last hash elsewhere now and then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b

START = "0" * 32
"""What the first line has for the hash of the one before it."""


def linked_hash(said: Sequence[str | int | float | None], previous_hash: str) -> str:
    """Of a line that says this and follows the one with `previous_hash`; 32 hex digits.

    Over a JSON list: no two different lines are the same text.
    """
    line = json.dumps([*said, previous_hash])
    return blake2b(line.encode(), digest_size=16).hexdigest()
