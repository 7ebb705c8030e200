"""How long after a kill another process still sends somebody ahead: in real time."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from forerun.lab.rollout.service import GATE_OPEN, PEOPLE
from forerun.rollout.flags import ROLLOUT, Change, Editor, Flags

LONGEST_LINE = 1_000
LONGEST_WAIT_S = 30.0


async def kill_times_ms(flag_file: Path, rounds: int) -> list[float]:
    """From the call to the moment that the other process assigns only sequential.

    Raises `TimeoutError` where that does not happen. The file ends killed.
    """
    flags = Flags(flag_file, GATE_OPEN)
    await flags.open()
    editor, luck = Editor(flags), random.Random(rounds)  # noqa: S311 - not to be in step with it
    command = [sys.executable, "-m", "forerun.lab.rollout.following", str(flag_file)]
    try:
        await _everybody_parallel(flags, editor)
        async with await anyio.open_process(command, stderr=None) as follower:
            assert follower.stdout is not None  # noqa: S101 - it is a pipe
            lines = BufferedByteReceiveStream(follower.stdout)
            taken = []
            for _ in range(rounds):
                await editor.lift(ROLLOUT, who=PEOPLE, why="To measure the kill.")
                await _heard(lines, parallel=True)
                await anyio.sleep(luck.uniform(0.02, 0.1))
                called_at = time.monotonic()
                await editor.kill(ROLLOUT, who=PEOPLE, why="To measure it.")
                told = await _heard(lines, parallel=False)
                taken.append(1000 * (told["at"] - called_at))
            follower.terminate()
            return taken
    finally:
        flags.close()


async def _everybody_parallel(flags: Flags, editor: Editor) -> None:
    state = flags.in_force()
    assert state is not None  # noqa: S101 - the simulation has written it
    change = Change(ROLLOUT, terms={"stage": "live", "percentage": None})
    why = "To measure the kill."
    await editor.set(change, expected_version=state.version, who=PEOPLE, why=why)


async def _heard(lines: BufferedByteReceiveStream, *, parallel: bool) -> dict[str, Any]:
    """The first line that tells of it."""
    with anyio.fail_after(LONGEST_WAIT_S):
        while True:
            line = await lines.receive_until(b"\n", LONGEST_LINE)
            told: dict[str, Any] = json.loads(line)
            if (told["parallel"] > 0) is parallel:
                return told
