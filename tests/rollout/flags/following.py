"""A process that follows a flag file and says when its questions change their path.

    python -m tests.rollout.flags.following FILE

It writes `ready`, and then, whenever that is another one, the arm that all of twenty people have.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from forerun.domain import Strategy
from forerun.rollout.flags import Flags, Rollout
from tests.rollout.flags.files import OPEN_GATE, PEOPLE


async def follow(path: Path) -> None:
    flags = Flags(path, OPEN_GATE)
    await flags.open()
    assign, before = Rollout(flags).assign, set[Strategy]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(flags.watch)
        await anyio.sleep(0.3)
        say("ready")
        while True:
            arms = {assign(each).arm for each in PEOPLE[:20]}
            if len(arms) == 1 and arms != before:  # both: the file changed between two of them
                say(*arms)
                before = arms
            await anyio.sleep(0.001)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(follow, Path(sys.argv[1]))
