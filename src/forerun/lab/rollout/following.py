"""Another process that follows the flag file: it tells each change of what it assigns, and when.

    python -m forerun.lab.rollout.following flags.json

One line of JSON for each change: how many of its units are parallel, on the clock that all
processes of a machine share. It goes on until it is ended.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import anyio

from forerun.domain import Strategy
from forerun.rollout.flags import Context, Flags, Overrides, Rollout

UNITS = tuple(Context(f"session {number}") for number in range(50))
LOOK_EVERY_S = 0.001


async def follow(path: Path) -> None:
    """Until cancelled."""
    flags = Flags(path, Overrides(enabled=True))
    await flags.open()
    rollout, told = Rollout(flags), -1
    async with anyio.create_task_group() as group:
        group.start_soon(flags.watch)
        while True:
            parallel = sum(rollout.assign(unit).arm is Strategy.PARALLEL for unit in UNITS)
            if parallel != told:
                told = parallel
                line = json.dumps({"parallel": parallel, "at": time.monotonic()})
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            await anyio.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    anyio.run(follow, Path(sys.argv[1]))
