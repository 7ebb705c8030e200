"""Metrics of several workers behind one port: whichever is scraped tells of them all.

Each writes its own into a folder every few seconds; a scrape adds the others' to its own, each
series with the label `worker`. Prometheus' own mode for several processes sums them instead, and
has neither exemplars nor gauges that are asked for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client.core import Exemplar, Metric, Sample
from prometheus_client.registry import Collector

from forerun.telemetry.metrics import exposed

GONE_AFTER_S = 60.0
"""A worker that has written nothing for so long is no more."""
_ENDING = ".metrics.json"


class Workers(Collector):
    """The worker's own metrics, and those that the others have written."""

    def __init__(self, own: Collector, folder: Path, name: str) -> None:
        self._own = own
        self._folder = folder
        self._name = name

    def write(self) -> None:
        """For the others to read: whole or not at all. Raises `OSError`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        families = [_written(family) for family in self._own.collect()]
        place = self._folder / f"{self._name}{_ENDING}"
        unfinished = place.with_suffix(".new")
        unfinished.write_text(json.dumps(families), encoding="utf-8")
        unfinished.replace(place)

    def text(self, accept: str) -> tuple[bytes, str]:
        """See `Metrics.text`; of all workers."""
        return exposed(self, accept)

    def remove(self) -> None:
        """It ends: its series with it."""
        with suppress(OSError):
            (self._folder / f"{self._name}{_ENDING}").unlink()

    def collect(self) -> Iterator[Metric]:
        """Families of the same name become one, as the format wants it."""
        found: dict[str, Metric] = {}
        for worker, families in [(self._name, self._own.collect()), *self._others()]:
            for family in families:
                whole = found.setdefault(family.name, _like(family))
                whole.samples += [_marked(sample, worker) for sample in family.samples]
        yield from found.values()

    def _others(self) -> Iterator[tuple[str, Iterable[Metric]]]:
        for place in sorted(self._folder.glob(f"*{_ENDING}")):
            name = place.name.removesuffix(_ENDING)
            if name == self._name:
                continue
            with suppress(OSError, ValueError, TypeError):
                if time.time() - place.stat().st_mtime > GONE_AFTER_S:
                    place.unlink()
                else:
                    yield name, list(map(_read, json.loads(place.read_text(encoding="utf-8"))))


def _like(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type, family.unit)


def _marked(sample: Sample, worker: str) -> Sample:
    return sample._replace(labels={**sample.labels, "worker": worker})


def _written(family: Metric) -> list[Any]:
    samples = [
        [s.name, s.labels, s.value, None if s.exemplar is None else list(s.exemplar)]
        for s in family.samples
    ]
    return [family.name, family.documentation, family.type, family.unit, samples]


def _read(parts: list[Any]) -> Metric:
    name, documentation, type_, unit, samples = parts
    family = Metric(name, documentation, type_, unit)
    for sample, labels, value, exemplar in samples:
        said = None if exemplar is None else Exemplar(*exemplar)
        family.samples.append(Sample(sample, labels, value, None, said))
    return family
