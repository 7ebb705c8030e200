"""A trace for Perfetto."""

from __future__ import annotations

import json
from collections import defaultdict

from forerun.telemetry.chrome import chrome_trace
from forerun.telemetry.deriving import Deriving
from forerun.telemetry.documents import spans_from
from forerun.telemetry.sampling import Sampler
from forerun.telemetry.store import Kept
from tests.telemetry.samples import fell_back


def test_every_span_is_drawn_and_no_thread_overlaps_itself() -> None:
    """Within a thread each event is before, after, or wholly inside another: a stack."""
    [derived] = Deriving(Sampler(1.0), content=False, metrics=None, log=None).of([fell_back()])
    kept = Kept(derived.written.outcome, spans_from(str(derived.written.document)))
    told = chrome_trace(kept)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    drawn = [event for event in told["traceEvents"] if event["ph"] == "X"]
    assert sorted(str(event["name"]) for event in drawn) == sorted(s.name for s in kept.spans)
    threads: dict[object, list[tuple[float, float]]] = defaultdict(list)
    for event in drawn:
        start, length = float(str(event["ts"])), float(str(event["dur"]))
        threads[event["tid"]].append((start, start + length))
    assert len(threads) >= 4
    for times in threads.values():
        for start, end in times:
            for other, until in times:
                inside = (start <= other and until <= end) or (other <= start and end <= until)
                assert inside or end <= other or until <= start
