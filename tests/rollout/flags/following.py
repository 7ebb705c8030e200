"""A process that follows a flag file and says when its questions change their path.

    python -m tests.rollout.flags.following FILE

It writes `ready`, then at each change the arms of twenty people: `sequential`, `parallel`, `both`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from forerun.rollout.flags import Flags, Rollout
from tests.rollout.flags.files import OPEN_GATE, PEOPLE


async def follow(path: Path) -> None:
    flags = Flags(path, OPEN_GATE)
    await flags.open()
    assign, before = Rollout(flags).assign, ""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(flags.watch)
        await anyio.sleep(0.3)
        say("ready")
        while True:
            arms = {assign(each).arm.value for each in PEOPLE[:20]}
            now = arms.pop() if len(arms) == 1 else "both"
            if now != before:
                say(now)
            before = now
            await anyio.sleep(0.001)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(follow, Path(sys.argv[1]))
