"""How late an event loop is beside threads that never pause, by the interpreter's switch interval.

    python scripts/measure_switching.py

Prints, for no, one and three busy threads, the milliseconds by which a loop that sleeps for 2 ms
over and over wakes late (median, p95), and what the threads got done in a second.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from threading import Event, Thread
from time import perf_counter

from forerun.api.switching import KEPT_FOR_S

THREADS = (0, 1, 3)
INTERVALS_S = (0.005, 0.001, KEPT_FOR_S)
TURNS, SLEEP_S = 600, 0.002


@dataclass(slots=True)
class Busy:
    """A thread of nothing but Python."""

    stopping: Event
    done: int = 0

    def work(self) -> None:
        while not self.stopping.is_set():
            sum(number * number for number in range(20_000))
            self.done += 1


async def lateness_s() -> list[float]:
    late = []
    for _ in range(TURNS):
        began = perf_counter()
        await asyncio.sleep(SLEEP_S)
        late.append(perf_counter() - began - SLEEP_S)
    return sorted(late)


def measured(threads: int, interval_s: float) -> str:
    sys.setswitchinterval(interval_s)
    stopping, began = Event(), perf_counter()
    busy = [Busy(stopping) for _ in range(threads)]
    running = [Thread(target=each.work) for each in busy]
    for thread in running:
        thread.start()
    late = asyncio.run(lateness_s())
    seconds = perf_counter() - began
    stopping.set()
    for thread in running:
        thread.join()
    a_second = sum(each.done for each in busy) / seconds
    p50, p95 = (1_000 * late[int(share * TURNS)] for share in (0.5, 0.95))
    return f"{threads:7}  {1_000 * interval_s:6.1f} ms  {p50:7.2f}  {p95:7.2f}  {a_second:8.0f}\n"


def main() -> None:
    before = sys.getswitchinterval()
    sys.stdout.write("threads   interval  late p50      p95  work a second\n")
    for threads in THREADS:
        for interval_s in INTERVALS_S:
            sys.stdout.write(measured(threads, interval_s))
    sys.setswitchinterval(before)


if __name__ == "__main__":
    main()
