"""Another process: reads a JSON array a line, does what it says, writes what came of it."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from typing import Any

import anyio
import anyio.to_thread

from forerun.ports import Scope, SharedCache
from tests.adapters.caches.places import Place, labels


async def main(place: Place) -> None:
    heard: list[tuple[float, Scope]] = []
    async with place.open() as cache, anyio.create_task_group() as group:

        def on_purge(scope: Scope) -> None:
            heard.append((time.time(), scope))

        group.start_soon(cache.hear_purges, on_purge)
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            what, *words = json.loads(line)
            done = await _do(cache, heard, what, words)
            sys.stdout.write(json.dumps(done) + "\n")
            sys.stdout.flush()
        group.cancel_scope.cancel()


async def _do(cache: SharedCache, heard: list[tuple[float, Scope]], what: str, words: Any) -> Any:
    match what:
        case "ready":  # it hears
            while not heard:
                await anyio.sleep(0.005)
            return True
        case "get":
            return await cache.get(words)
        case "put many":
            for number in range(words[0]):
                await cache.put(f"{words[1]}{number}", "x" * words[2], labels("orders"), 600)
            return True
        case "purge":
            before = time.time()
            return [await cache.purge(Scope(*words)), before]
        case "heard":  # so many, in all
            with anyio.fail_after(30):
                while len(heard) < words[0]:
                    await anyio.sleep(0.005)
            return [[at, scope.tenant, scope.database, scope.table] for at, scope in heard]
        case "lease":
            return await cache.lease(*words)
    raise AssertionError(what)


if __name__ == "__main__":
    anyio.run(partial(main, Place(**json.loads(sys.argv[1]))))
